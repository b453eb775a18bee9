/**
 * Sends a capture's packets through an interface, from memory, as fast as it takes them or at a rate.
 *
 *   npx tsx bench/replay.ts CAPTURE INTERFACE [--rate PACKETS/S] [--mac MAC] [--seconds S] [--copied] [--at MS] [--round N]
 *
 * Prints one JSON object: packets sent, seconds. `--mac` is the destination MAC the packets get. `--seconds` repeats the
 * capture for that long, each time with other inner addresses, so that its conversations are new ones. `--copied` sends
 * to where copies.ts copies packets: it tells it where their inner addresses are. `--at` is when to begin, milliseconds since
 * 1970; `--round` numbers the first time through the capture, so that two that send at the same time send different ones.
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
import { checksum } from '../src/wire/checksum.js';

const PACKET_QDISC_BYPASS = 20;
const BATCH = 64;
const LONGEST = 2048;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '0' },
    mac: { type: 'string' },
    seconds: { type: 'string', default: '0' },
    at: { type: 'string', default: '0' },
    round: { type: 'string', default: '0' },
    copied: { type: 'boolean', default: false },
  },
});
const [capture, name] = positionals;
const rate = Number(values.rate);
const duration = Number(values.seconds);

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

/**
 * Where the packet at `o` has a byte of its inner source address (bits 0 to 7) and the same byte of its inner destination
 * address (bits 8 to 15), from its start; 0 for one without addresses. The generator's encapsulations, all over IPv4.
 */
function innerAddresses(o: number): number {
  const gre = o + 14 + 20;
  const flags = file[gre];
  const protocol = file.readUInt16BE(gre + 2);
  const optional = [0x80, 0x20, 0x10].filter((bit) => (flags & bit) !== 0).length * 4;
  let at = gre + 4 + optional + (protocol === 0x88be && (flags & 0x10) !== 0 ? 8 : 0) + 12;
  while (file.readUInt16BE(at) === 0x8100) at += 4;
  const type = file.readUInt16BE(at);
  const ip = at + 2 - o;
  if (type === 0x0800) return (ip + 13) | ((ip + 17) << 8);
  if (type === 0x86dd) return (ip + 13) | ((ip + 29) << 8);
  return 0;
}
const inner = duration > 0 || values.copied ? offsets.map(innerAddresses) : [];
if (values.copied) {
  for (const [i, o] of offsets.entries()) {
    const ip = o + 14;
    file.writeUInt16BE(inner[i], ip + 4);
    file.writeUInt16BE(0, ip + 10);
    file.writeUInt16BE(checksum(file, ip, ip + 20), ip + 10);
  }
}

const fd = openSocket(AF_PACKET, SOCK_RAW, 0);
attachFilter(fd, dropAll());
if (!values.copied) {
  setIntOption(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1, 'the way past the queueing discipline');
}
bindSocket(fd, sockaddrLl(0, interfaceIndex(name)), name);
const writable = new PollSet(1);
writable.add(fd, POLLOUT);
const messages = new Messages(BATCH, LONGEST);

// Others are to be left the processor until then, but not for long.
while (Date.now() < Number(values.at)) writable.wait(0);
const start = process.hrtime.bigint();
const elapsed = (): number => Number(process.hrtime.bigint() - start) / 1e9;
let sent = 0;
let round = Number(values.round);
/** The next packet of the capture. */
let next = 0;
for (;;) {
  const now = elapsed();
  if (duration > 0 ? now >= duration : sent === offsets.length) break;
  const due = rate === 0 ? Number.POSITIVE_INFINITY : Math.floor(now * rate);
  const n = Math.min(BATCH, due - sent, offsets.length - next);
  if (n <= 0) continue;
  for (let i = 0; i < n; i++) {
    const o = offsets[next + i];
    const at = messages.offset(i);
    messages.bytes.set(file.subarray(o, o + lengths[next + i]), at);
    messages.setOut(i, lengths[next + i], 0);
    if (round > 0 && inner[next + i] > 0) {
      // The same in both: the two directions of a conversation stay one.
      messages.bytes[at + (inner[next + i] & 0xff)] ^= round;
      messages.bytes[at + (inner[next + i] >>> 8)] ^= round;
    }
  }
  for (let first = 0; first < n; ) {
    const took = messages.send(fd, first, n - first);
    if (took > 0) first += took;
    else if (-took === ERRNO.EAGAIN || -took === ERRNO.ENOBUFS) writable.wait(1);
    else throw new Error(`sending failed with errno ${-took}`);
  }
  sent += n;
  next += n;
  if (duration > 0 && next === offsets.length) {
    next = 0;
    round++;
  }
}
process.stdout.write(`${JSON.stringify({ sent, seconds: elapsed() })}\n`);
