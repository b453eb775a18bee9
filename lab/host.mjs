// A busy host of the lab: serves HTTP (80) and DNS (53), and keeps talking to its peer.
//
//     node lab/host.mjs PEER PEER6 NOBODY [--backup]
//
// NOBODY is an address where no host answers. With --backup, it sends its peer a large file repeatedly.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import http from 'node:http';
import net from 'node:net';

const [peer, peer6, nobody, backup] = process.argv.slice(2);
if (nobody === undefined) {
  process.stderr.write('usage: node host.mjs PEER PEER6 NOBODY [--backup]\n');
  process.exit(2);
}
/** Time for the peer to start: the lab should not show refused connections that it has caused itself. */
const START_MS = 4000;
const ROUND_MS = 1000;
const TIMEOUT_MS = 800;
const BACKUP = Buffer.alloc(400_000, 'backup ');
const PAGES = [2000, 9000, 40_000];
const A = 1;
const NXDOMAIN = 3;

/** Resolves names under lab. to 10.20.0.80, and answers NXDOMAIN for others (RFC 1035 section 4). */
function answerName(query) {
  const known = query.includes(Buffer.from('\x03lab\x00', 'latin1'));
  const answer = Buffer.concat([
    query,
    Buffer.from(known ? [0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, 10, 20, 0, 80] : []),
  ]);
  answer.writeUInt16BE(0x8180 | (known ? 0 : NXDOMAIN), 2);
  answer.writeUInt16BE(known ? 1 : 0, 6);
  return answer;
}

function serve() {
  http
    .createServer((request, response) => {
      request.resume();
      request.on('end', () => response.end('x'.repeat(Number(request.url?.slice(1)) || 0)));
    })
    .listen(80, '::');
  const names = dgram.createSocket('udp6');
  names.on('message', (query, from) => names.send(answerName(query), from.port, from.address));
  names.bind(53, '::', () => process.stdout.write('serving\n'));
}

const settled = (begin) =>
  new Promise((done) => {
    const timer = setTimeout(done, TIMEOUT_MS);
    begin(() => {
      clearTimeout(timer);
      done();
    });
  });

/** Fetches /bytes, or sends `body` there. */
const page = (host, bytes, body) =>
  settled((done) => {
    const request = http.request(
      { host, path: `/${bytes}`, method: body ? 'POST' : 'GET', agent: false },
      (response) => response.resume().on('close', done),
    );
    request.on('error', done);
    request.end(body);
  });

const ask = (name) =>
  settled((done) => {
    const labels = name.split('.').map((l) => `${String.fromCharCode(l.length)}${l}`);
    const query = Buffer.concat([
      Buffer.from([Math.random() * 256, Math.random() * 256, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
      Buffer.from(`${labels.join('')}\0`, 'latin1'),
      Buffer.from([0, A, 0, 1]),
    ]);
    const socket = dgram.createSocket('udp4', () => {
      socket.close();
      done();
    });
    socket.send(query, 53, peer);
  });

/** Opens a connection that is refused, or gets no answer. */
const knock = (host, port) =>
  settled((done) => {
    const socket = net.connect({ host, port });
    socket.on('error', done);
    socket.on('connect', () => socket.destroy());
    socket.on('close', done);
    setTimeout(() => socket.destroy(), TIMEOUT_MS / 2);
  });

const ping = (host) =>
  settled((done) => {
    const child = spawn('ping', ['-c', '1', '-W', '1', host], { stdio: 'ignore' });
    child.on('error', (error) => {
      process.stderr.write(`ping: ${error.message}\n`);
      done();
    });
    child.on('exit', done);
  });

async function round(n) {
  await Promise.all([
    page(peer, PAGES[n % PAGES.length]),
    page(peer6, PAGES[(n + 1) % PAGES.length]),
    ask('www.lab'),
    ask('wpad.example'),
    knock(peer, 8443),
    n % 3 === 0 && knock(nobody, 443),
    ping(n % 2 === 0 ? peer : peer6),
    backup && page(peer, 0, BACKUP),
  ]);
}

serve();
await new Promise((done) => setTimeout(done, START_MS));
for (let n = 0; ; n++) {
  const next = new Promise((done) => setTimeout(done, ROUND_MS));
  await round(n);
  await next;
}
