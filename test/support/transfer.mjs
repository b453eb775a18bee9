/**
 * TCP transfers for tests in network namespaces, as requested by lines of standard input; one process for all
 * of them. Digests are the SHA-256 of the transferred bytes.
 *
 *     node transfer.mjs PORT
 *
 *     receive               `listening`, then `received DIGEST` of one connection
 *     cancel                stops waiting for that connection
 *     send ADDRESS BYTES    `sent DIGEST`, or `failed CODE`
 *
 * A refused sender retries for up to two minutes: the receiver may be about to listen.
 */
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const PORT = Number(process.argv[2]);
const PATIENCE_MS = 120_000;

const say = (line) => process.stdout.write(`${line}\n`);
let cancel = () => {};

function receive() {
  const sockets = new Set();
  const server = createServer((socket) => {
    const hash = createHash('sha256');
    sockets.add(socket);
    socket.on('data', (bytes) => hash.update(bytes));
    socket.on('error', () => {});
    socket.on('end', () => {
      socket.end();
      // The next receiver listens on the same port.
      server.close(() => say(`received ${hash.digest('hex')}`));
    });
  });
  cancel = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  server.listen(PORT, '::', () => say('listening'));
}

/** Bytes without a repetition at the distance of a segment. */
function dataOf(bytes) {
  const data = Buffer.alloc(bytes);
  for (let i = 0, x = 1; i < data.length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    data[i] = x >>> 16;
  }
  return data;
}

function send(address, bytes) {
  const data = dataOf(bytes);
  const digest = createHash('sha256').update(data).digest('hex');
  const end = Date.now() + PATIENCE_MS;
  const attempt = () => {
    const socket = connect(PORT, address, () => socket.end(data));
    socket.resume();
    socket.on('close', (failed) => failed || say(`sent ${digest}`));
    socket.on('error', (e) => {
      if (e.code === 'ECONNREFUSED' && Date.now() < end) setTimeout(attempt, 20);
      else say(`failed ${e.code}`);
    });
  };
  attempt();
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, address, bytes] = line.split(' ');
  if (command === 'receive') receive();
  else if (command === 'cancel') cancel();
  else send(address, Number(bytes));
}
process.exit(0);
