/**
 * Sends a capture's packets through an interface, from memory, at full speed or at a given rate.
 *
 *   npx tsx bench/replay.ts CAPTURE INTERFACE [--rate PACKETS/S] [--mac MAC] [--seconds S]
 *
 * Prints one JSON object: packets sent, seconds. `--mac` is the packets' destination MAC address. `--seconds`
 * repeats the capture for that long, each time with other inner addresses, so that its conversations are new.
 */
import { parseArgs } from 'node:util';
import { AF_PACKET, sockaddrLl } from '../src/linux/address.js';
import { attachFilter } from '../src/linux/bpf.js';
import { dropAll } from '../src/linux/input-filter.js';
import { interfaceIndex } from '../src/linux/interface.js';
import { ERRNO } from '../src/linux/libc.js';
import { Messages } from '../src/linux/messages.js';
import { POLLOUT, PollSet } from '../src/linux/poll.js';
import { bindSocket, openSocket, SOCK_RAW, SOL_PACKET, setIntOption } from '../src/linux/socket.js';
import { innerAddresses, readCapture } from './capture.js';

const PACKET_QDISC_BYPASS = 20;
const BATCH = 64;
const LONGEST = 2048;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '0' },
    mac: { type: 'string' },
    seconds: { type: 'string', default: '0' },
  },
});
const [capture, name] = positionals;
const rate = Number(values.rate);
const duration = Number(values.seconds);

const { bytes, offsets, lengths } = readCapture(capture, LONGEST, values.mac);
const inner = duration > 0 ? offsets.map((o) => innerAddresses(bytes, o)) : [];

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
let round = 0;
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
    messages.bytes.set(bytes.subarray(o, o + lengths[next + i]), at);
    messages.setOut(i, lengths[next + i], 0);
    if (round > 0 && inner[next + i] > 0) {
      // The same change in both addresses keeps the two directions in one conversation.
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
