/**
 * Makes an interface receive a capture's packets at a given rate, as from a network card with its own driver.
 * An eBPF program fills frames (XDP); the kernel makes packets from their pages and receives them in batches.
 * So the benchmark does not pay for sending or for a second interface.
 *
 *   npx tsx bench/inject.ts CAPTURE INTERFACE --rate PACKETS/S --seconds S [--mac MAC] [--send]
 *     [--bursts N --burst PACKETS]
 *
 * Run it in the interface's network namespace, as root. It prints one JSON object: packets received, seconds.
 * The capture is repeated, each time with other inner addresses, so that its conversations are new. `--mac`
 * is the packets' destination MAC address. With `--send` the interface sends them, so that its peer of a veth
 * pair receives them, and an XDP program there sees them. With `--bursts` they come as fast as the kernel can
 * receive them, some at a time; then `cpu` is what that took, in seconds.
 */
import { parseArgs } from 'node:util';
import { loadXdp, type Shared, share } from '../src/linux/ebpf/bpf.js';
import {
  add,
  addressOfValue,
  addTo,
  and,
  assemble,
  call,
  copy,
  EXIT,
  type Instruction,
  load8,
  load16,
  load32,
  load64,
  multiply,
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  set,
  shiftLeft,
  shiftRight,
  store8,
  store64,
} from '../src/linux/ebpf/program.js';
import { interfaceIndex } from '../src/linux/interface.js';
import { innerAddresses, readCapture } from './capture.js';
import { ifAbove, ifAtLeast, ifNotAbove, ifZero, runOnFrames, subtract, xor } from './ebpf.js';

// Helpers, and return values of an XDP program (linux/bpf.h).
const KTIME_GET_NS = 5;
const ADJUST_TAIL = 65;
const STORE_BYTES = 190;
const REDIRECT = 23;
const XDP_DROP = 1;
const XDP_PASS = 2;
/** The offsets of the packet's start and end in a struct xdp_md. */
const DATA = 0;
const DATA_END = 4;

/** The program gets frames of this length, and cuts them. A power of two. */
const LONGEST = 2048;
/** A record: the packet's length minus one and innerAddresses(), 16 bits each; then the packet. */
const HEADER = 4;
/**
 * The program's state, 64 bits each: position of the next record, number of repetitions, packets so far, and
 * start time (nanoseconds of the kernel's monotonic clock).
 */
const [POSITION, ROUND, PACKETS, START] = [0, 8, 16, 24];
const STATE = 32;
/** Times have this many binary digits below a nanosecond. */
const PARTS = 10;
/** In which a receiver reads what a burst left it. */
const PAUSE_MS = 200;
/** How far programs can reach from an address (the kernel's BPF_MAX_VAR_OFF). */
const FARTHEST = 1 << 29;

/**
 * @param size bytes of all records
 * @param period between packets, in the smallest unit of time
 * @param last what decides where a packet goes
 */
function program(
  state: Shared,
  records: Shared,
  size: number,
  period: number,
  last: readonly Instruction[],
): Instruction[] {
  /** Changes a byte by r1. The register has the byte's offset in the packet. */
  const change = (place: number): Instruction[] => [
    load32(R2, R6, DATA),
    load32(R3, R6, DATA_END),
    addTo(R2, place),
    copy(R4, R2),
    add(R4, 1),
    ...ifNotAbove(R4, R3, [load8(R5, R2, 0), xor(R5, R1), store8(R2, R5, 0)]),
  ];
  return [
    copy(R6, R1),
    ...addressOfValue(R7, state.fd),
    ...addressOfValue(R8, records.fd),
    // Drops frames until a packet is due.
    call(KTIME_GET_NS),
    load64(R1, R7, START),
    ...ifZero(R1, [copy(R1, R0), store64(R7, R1, START)]),
    subtract(R0, R1),
    shiftLeft(R0, PARTS),
    load64(R2, R7, PACKETS),
    copy(R1, R2),
    multiply(R1, period),
    ...ifAbove(R1, R0, [set(R0, XDP_DROP), EXIT]),
    add(R2, 1),
    store64(R7, R2, PACKETS),
    load64(R1, R7, POSITION),
    ...ifAtLeast(R1, size, [load64(R2, R7, ROUND), add(R2, 1), store64(R7, R2, ROUND), set(R1, 0)]),
    addTo(R8, R1),
    load16(R9, R8, 0),
    and(R9, LONGEST - 1),
    add(R9, 1),
    add(R1, HEADER),
    addTo(R1, R9),
    store64(R7, R1, POSITION),
    copy(R1, R6),
    copy(R2, R9),
    add(R2, -LONGEST),
    call(ADJUST_TAIL),
    copy(R1, R6),
    set(R2, 0),
    copy(R3, R8),
    add(R3, HEADER),
    copy(R4, R9),
    call(STORE_BYTES),
    // The same change in both addresses keeps the two directions in one conversation. A packet without
    // addresses has one byte changed twice, back to what it was.
    load64(R1, R7, ROUND),
    load16(R9, R8, 2),
    copy(R0, R9),
    and(R0, 0xff),
    ...change(R0),
    shiftRight(R9, 8),
    ...change(R9),
    ...last,
    EXIT,
  ];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '5' },
    mac: { type: 'string' },
    send: { type: 'boolean', default: false },
    bursts: { type: 'string', default: '0' },
    burst: { type: 'string', default: '0' },
  },
});
const [capture, name] = positionals;

const { bytes, offsets, lengths } = readCapture(capture, LONGEST, values.mac);
const size = lengths.reduce((sum, length) => sum + HEADER + length, 0);
const longest = size + HEADER + LONGEST;
if (longest >= FARTHEST)
  throw new Error(`${longest} bytes are more than a program reaches: take fewer packets`);
const records = share(longest);
const header = new DataView(records.mapping.buffer);
const packets = new Uint8Array(records.mapping.buffer);
let at = 0;
for (const [i, o] of offsets.entries()) {
  header.setUint16(at, lengths[i] - 1, true);
  header.setUint16(at + 2, innerAddresses(bytes, o), true);
  packets.set(bytes.subarray(o, o + lengths[i]), at + HEADER);
  at += HEADER + lengths[i];
}
const state = share(STATE);
const bursts = Number(values.bursts);
// In a burst, every frame is a packet that is due.
const period = bursts > 0 ? 0 : Math.round((1e9 / Number(values.rate)) * 2 ** PARTS);
const index = interfaceIndex(name);
const last = values.send ? [set(R1, index), set(R2, 0), call(REDIRECT)] : [set(R0, XDP_PASS)];
const filler = loadXdp(assemble(program(state, records, size, period, last)), 'inject');

const start = process.hrtime.bigint();
let cpu = 0;
if (bursts === 0) runOnFrames(filler, index, LONGEST, Number(values.seconds));
for (let i = 0; i < bursts; i++) {
  const before = process.cpuUsage();
  runOnFrames(filler, index, LONGEST, Number(values.seconds), Number(values.burst));
  const { user, system } = process.cpuUsage(before);
  cpu += (user + system) / 1e6;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
const sent = Number(new DataView(state.mapping.buffer).getBigUint64(PACKETS, true));
process.stdout.write(`${JSON.stringify({ sent, seconds, cpu })}\n`);
