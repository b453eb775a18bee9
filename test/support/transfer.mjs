/**
 * One TCP transfer, for tests in network namespaces; both sides print the SHA-256 of what went over.
 *
 *     node transfer.mjs receive PORT
 *     node transfer.mjs send ADDRESS PORT BYTES
 *
 * A sender that is refused asks again, for up to ten seconds: a receiver it cannot see may be about to
 * listen.
 */
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';

const [command, ...rest] = process.argv.slice(2);
const hash = createHash('sha256');

if (command === 'receive') {
  const server = createServer((socket) => {
    socket.on('data', (bytes) => hash.update(bytes));
    socket.on('end', () => {
      process.stdout.write(`${hash.digest('hex')}\n`);
      socket.end();
      server.close();
    });
  });
  server.listen(Number(rest[0]), '::', () => process.stdout.write('listening\n'));
} else {
  const [address, port, bytes] = rest;
  // Bytes that repeat at no distance a segment could have.
  const data = Buffer.alloc(Number(bytes));
  for (let i = 0, x = 1; i < data.length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    data[i] = x >>> 16;
  }
  const patience = Date.now() + 10_000;
  const send = () => {
    const socket = connect(Number(port), address, () => {
      socket.end(data);
      socket.on('close', () => process.stdout.write(`${hash.update(data).digest('hex')}\n`));
    });
    socket.resume();
    socket.on('error', (e) => {
      if (e.code !== 'ECONNREFUSED' || Date.now() > patience) throw e;
      setTimeout(send, 20);
    });
  };
  send();
}
