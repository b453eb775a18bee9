/**
 * Transfers files over TCP and UDP, for tests in an emulated host. One process does all transfers, because
 * each start is slow there.
 *
 *     node guest-transfer.mjs receive DIRECTORY      writes DIRECTORY/tcp-SENDER and DIRECTORY/udp-SENDER
 *     node guest-transfer.mjs send FILE ADDRESS…     prints one line per address: the result
 */
import { createSocket } from 'node:dgram';
import { createWriteStream, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const TCP_PORT = 5201;
const UDP_PORT = 5202;
/** Bytes of file per datagram: every tenth datagram exceeds one packet. */
const sizeOf = (n) => (n % 10 === 9 ? 4000 : 1200);
const WINDOW = 8;
const AGAIN_MS = 1000;
/** Ends a transfer that hangs; an emulated host on a busy machine is slow. */
const GIVE_UP_MS = 240_000;

const [command, ...rest] = process.argv.slice(2);
if (command === 'receive') receive(rest[0]);
else for (const address of rest.slice(1)) console.log(address, await tcp(address), await udp(address));

function receive(directory) {
  const server = createServer((socket) => {
    const sender = socket.remoteAddress.replace('::ffff:', '');
    socket.pipe(createWriteStream(`${directory}/tcp-${sender}`)).on('finish', () => socket.end());
  });
  const files = new Map();
  const socket = createSocket('udp6', (datagram, { address, port }) => {
    const sender = address.replace('::ffff:', '');
    if (!files.has(sender)) files.set(sender, openSync(`${directory}/udp-${sender}`, 'w'));
    writeSync(files.get(sender), datagram, 8, datagram.length - 8, datagram.readUInt32BE(4));
    socket.send(datagram.subarray(0, 4), port, address);
  });
  socket.bind(UDP_PORT, '::', () =>
    server.listen({ host: '::', port: TCP_PORT, allowHalfOpen: true }, () =>
      writeFileSync(`${directory}/ready`, ''),
    ),
  );
}

function tcp(address) {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: TCP_PORT });
    const give = (how) => {
      socket.destroy();
      resolve(`tcp ${how}`);
    };
    socket.setTimeout(GIVE_UP_MS, () => give('timed out'));
    socket.on('error', (e) => give(e.code));
    // The other end closes after it has written everything.
    socket.on('end', () => give('ok'));
    socket.resume();
    socket.end(readFileSync(rest[0]));
  });
}

/** Sends up to eight datagrams at a time, and repeats each until it is acknowledged. */
function udp(address) {
  const file = readFileSync(rest[0]);
  const pieces = [];
  for (let at = 0; at < file.length; at += sizeOf(pieces.length - 1)) {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(pieces.length, 0);
    head.writeUInt32BE(at, 4);
    pieces.push(Buffer.concat([head, file.subarray(at, at + sizeOf(pieces.length))]));
  }
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const waiting = new Set();
    let next = 0;
    const send = (n) => socket.send(pieces[n], UDP_PORT, address);
    const fill = () => {
      for (; waiting.size < WINDOW && next < pieces.length; next++) {
        waiting.add(next);
        send(next);
      }
      if (waiting.size === 0) give('ok');
    };
    const again = setInterval(() => waiting.forEach(send), AGAIN_MS);
    const late = setTimeout(() => give(`timed out at ${next} of ${pieces.length}`), GIVE_UP_MS);
    const give = (how) => {
      clearInterval(again);
      clearTimeout(late);
      socket.close();
      resolve(`udp ${how}`);
    };
    socket.on('message', (ack) => {
      if (waiting.delete(ack.readUInt32BE(0))) fill();
    });
    fill();
  });
}
