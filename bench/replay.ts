/**
 * Sends a capture's packets through an interface, from memory, as fast as it takes them or at a rate.
 *
 *   npx tsx bench/replay.ts CAPTURE INTERFACE [--rate PACKETS/S] [--mac MAC]
 *
 * Prints one JSON object: packets sent, seconds. `--mac` is the destination MAC the packets get.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AF_PACKET, sockaddrLl } from '../src/linux/address.js';
import { attachFilter } from '../src/linux/bpf.js';
import { dropAll } from '../src/linux/gre-filter.js';
import { interfaceIndex } from '../src/linux/interface.js';
import { ERRNO } from '../src/linux/libc.js';
import { Messages } from '../src/linux/messages.js';
import { POLLOUT, PollSet } from '../src/linux/poll.js';
import { bindSocket, openSocket, SOCK_RAW, SOL_PACKET, setIntOption } from '../src/linux/socket.js';

const PACKET_QDISC_BYPASS = 20;
const BATCH = 64;
const LONGEST = 2048;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rate: { type: 'string', default: '0' }, mac: { type: 'string' } },
});
const [capture, name] = positionals;
const rate = Number(values.rate);

// The generator writes classic pcap of this machine's byte order: records of 16 bytes and a packet.
const file = readFileSync(capture);
const offsets: number[] = [];
const lengths: number[] = [];
for (let o = 24; o + 16 <= file.length; ) {
  const length = file.readUInt32LE(o + 8);
  offsets.push(o + 16);
  lengths.push(Math.min(length, LONGEST));
  o += 16 + length;
}
if (values.mac !== undefined) {
  const mac = values.mac.split(':').map((h) => Number.parseInt(h, 16));
  for (const o of offsets) file.set(mac, o);
}

const fd = openSocket(AF_PACKET, SOCK_RAW, 0);
attachFilter(fd, dropAll());
setIntOption(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1, 'the way past the queueing discipline');
bindSocket(fd, sockaddrLl(0, interfaceIndex(name)), name);
const writable = new PollSet(1);
writable.add(fd, POLLOUT);
const messages = new Messages(BATCH, LONGEST);

const start = process.hrtime.bigint();
const elapsed = (): number => Number(process.hrtime.bigint() - start) / 1e9;
let sent = 0;
while (sent < offsets.length) {
  const due = rate === 0 ? offsets.length : Math.floor(elapsed() * rate);
  const n = Math.min(BATCH, due - sent, offsets.length - sent);
  if (n <= 0) continue;
  for (let i = 0; i < n; i++) {
    const o = offsets[sent + i];
    messages.bytes.set(file.subarray(o, o + lengths[sent + i]), messages.offset(i));
    messages.setOut(i, lengths[sent + i], 0);
  }
  for (let first = 0; first < n; ) {
    const took = messages.send(fd, first, n - first);
    if (took > 0) first += took;
    else if (-took === ERRNO.EAGAIN || -took === ERRNO.ENOBUFS) writable.wait(1);
    else throw new Error(`sending failed with errno ${-took}`);
  }
  sent += n;
}
process.stdout.write(`${JSON.stringify({ sent, seconds: elapsed() })}\n`);
