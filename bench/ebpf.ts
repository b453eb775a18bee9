/**
 * The eBPF that the benchmarks need (bpf(2)): instructions, memory shared between programs and this process,
 * and running XDP programs on frames.
 */
import koffi from 'koffi';
import { addressOf, ERRNO, errno } from '../src/linux/libc.js';
import { Mapping } from '../src/linux/memory.js';

// Registers; calls preserve r6 to r9.
export const [R0, R1, R2, R3, R4, R5, R6, R7, R8, R9] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** An instruction: opcode, registers, offset, constant (struct bpf_insn). */
export type Instruction = [op: number, dst: number, src: number, offset: number, imm: number];
export const set = (dst: number, imm: number): Instruction => [0xb7, dst, 0, 0, imm];
export const copy = (dst: number, src: number): Instruction => [0xbf, dst, src, 0, 0];
export const add = (dst: number, imm: number): Instruction => [0x07, dst, 0, 0, imm];
export const addTo = (dst: number, src: number): Instruction => [0x0f, dst, src, 0, 0];
export const subtract = (dst: number, src: number): Instruction => [0x1f, dst, src, 0, 0];
export const multiply = (dst: number, imm: number): Instruction => [0x27, dst, 0, 0, imm];
export const and = (dst: number, imm: number): Instruction => [0x57, dst, 0, 0, imm];
export const xor = (dst: number, src: number): Instruction => [0xaf, dst, src, 0, 0];
export const shiftLeft = (dst: number, imm: number): Instruction => [0x67, dst, 0, 0, imm];
export const shiftRight = (dst: number, imm: number): Instruction => [0x77, dst, 0, 0, imm];
export const load8 = (dst: number, src: number, offset: number): Instruction => [0x71, dst, src, offset, 0];
export const load16 = (dst: number, src: number, offset: number): Instruction => [0x69, dst, src, offset, 0];
export const load32 = (dst: number, src: number, offset: number): Instruction => [0x61, dst, src, offset, 0];
export const load64 = (dst: number, src: number, offset: number): Instruction => [0x79, dst, src, offset, 0];
export const store8 = (dst: number, src: number, offset: number): Instruction => [0x73, dst, src, offset, 0];
export const store64 = (dst: number, src: number, offset: number): Instruction => [0x7b, dst, src, offset, 0];
export const call = (helper: number): Instruction => [0x85, 0, 0, 0, helper];
export const EXIT: Instruction = [0x95, 0, 0, 0, 0];
type Condition = (dst: number, operand: number, instructions: readonly Instruction[]) => Instruction[];
/**
 * Each runs the instructions only under its condition: dst is 0; is at least a constant; is above, or not
 * above, another register.
 */
export const ifZero = (dst: number, instructions: readonly Instruction[]): Instruction[] => [
  [0x55, dst, 0, instructions.length, 0],
  ...instructions,
];
export const ifAtLeast: Condition = (dst, imm, instructions) => [
  [0xa5, dst, 0, instructions.length, imm],
  ...instructions,
];
export const ifAbove: Condition = (dst, src, instructions) => [
  [0xbd, dst, src, instructions.length, 0],
  ...instructions,
];
export const ifNotAbove: Condition = (dst, src, instructions) => [
  [0x2d, dst, src, instructions.length, 0],
  ...instructions,
];
const BPF_PSEUDO_MAP_VALUE = 2;
/** The address of shared memory: an instruction of double length. */
export const addressOfShared = (dst: number, memory: Shared): Instruction[] => [
  [0x18, dst, BPF_PSEUDO_MAP_VALUE, 0, memory.fd],
  [0, 0, 0, 0, 0],
];

const SYS_BPF = process.arch === 'arm64' ? 280 : 321;
const BPF_MAP_CREATE = 0;
const BPF_PROG_LOAD = 5;
const BPF_PROG_TEST_RUN = 10;
const BPF_MAP_TYPE_ARRAY = 2;
const BPF_F_MMAPABLE = 1 << 10;
const BPF_PROG_TYPE_XDP = 6;
const BPF_F_TEST_XDP_LIVE_FRAMES = 1 << 1;
const ITIMER_REAL = 0;
const PAGE = 4096;

const libc = koffi.load(null);
const syscall: (number: number, command: number, attributes: Uint8Array, size: number) => number = libc.func(
  'syscall',
  'long',
  ['long', 'long', 'void *', 'long'],
);
/** `value` is a struct itimerval: interval and value, each in seconds and microseconds of 64 bits. */
const setitimer: (which: number, value: Uint8Array, old: null) => number = libc.func(
  'int setitimer(int which, void *value, void *old)',
);

/** @param may an error number that is not a failure */
function bpf(command: number, attributes: DataView, what: string, may?: number): number {
  const result = syscall(SYS_BPF, command, new Uint8Array(attributes.buffer), attributes.byteLength);
  if (result < 0 && errno() !== may) throw new Error(`cannot ${what}: errno ${errno()}`);
  return result;
}

/** A union bpf_attr, in this machine's byte order. */
const attributes = (): DataView => new DataView(new ArrayBuffer(128));

/** An array map with one value, mapped into this process. */
export interface Shared {
  readonly fd: number;
  readonly buffer: ArrayBuffer;
}

/** How far programs can reach from an address (the kernel's BPF_MAX_VAR_OFF). */
const FARTHEST = 1 << 29;

/** @param length bytes, up to 512 MiB */
export function share(length: number): Shared {
  if (length >= FARTHEST)
    throw new Error(`${length} bytes are more than a program reaches: take fewer packets`);
  const create = attributes();
  create.setUint32(0, BPF_MAP_TYPE_ARRAY, true);
  create.setUint32(4, 4, true);
  create.setUint32(8, length, true);
  create.setUint32(12, 1, true);
  create.setUint32(16, BPF_F_MMAPABLE, true);
  const fd = bpf(BPF_MAP_CREATE, create, `share ${length} bytes with a program`);
  return { fd, buffer: Mapping.shared(fd, Math.ceil(length / PAGE) * PAGE).buffer };
}

/** @returns the program's descriptor. Needs root. */
export function loadXdp(instructions: readonly Instruction[]): number {
  const code = assemble(instructions);
  const license = new TextEncoder().encode('GPL\0');
  const log = new Uint8Array(1 << 16);
  const load = attributes();
  load.setUint32(0, BPF_PROG_TYPE_XDP, true);
  load.setUint32(4, code.length / 8, true);
  load.setBigUint64(8, addressOf(code), true);
  load.setBigUint64(16, addressOf(license), true);
  load.setUint32(24, 1, true);
  load.setUint32(28, log.length, true);
  load.setBigUint64(32, addressOf(log), true);
  try {
    return bpf(BPF_PROG_LOAD, load, 'load the program');
  } catch (e) {
    throw new Error(`${(e as Error).message}\n${Buffer.from(log).toString('latin1').split('\0')[0]}`);
  }
}

/**
 * Runs an XDP program for some seconds, on frames that an interface of this network namespace seems to have
 * received (BPF_PROG_TEST_RUN, live frames: Linux 5.18). The kernel receives what the program passes, in
 * batches of up to 64 frames.
 *
 * @param length the length of the frame that the program gets each time; its bytes are those of any earlier
 * frame
 */
export function runOnFrames(program: number, interfaceIndex: number, length: number, seconds: number): void {
  const frame = new Uint8Array(length);
  // struct xdp_md
  const context = new Uint32Array(6);
  context[1] = length;
  context[3] = interfaceIndex;
  const contextBytes = new Uint8Array(context.buffer);
  const run = attributes();
  run.setUint32(0, program, true);
  run.setUint32(8, frame.length, true);
  run.setBigUint64(16, addressOf(frame), true);
  run.setUint32(32, 0xffffffff, true);
  run.setUint32(40, contextBytes.length, true);
  run.setBigUint64(48, addressOf(contextBytes), true);
  run.setUint32(64, BPF_F_TEST_XDP_LIVE_FRAMES, true);
  // A signal ends it. It is one call, because the kernel needs some 30 ms to begin and end each run.
  const ended = (): void => {};
  process.on('SIGALRM', ended);
  const timer = new BigInt64Array([
    0n,
    0n,
    BigInt(Math.trunc(seconds)),
    BigInt(Math.round((seconds % 1) * 1e6)),
  ]);
  setitimer(ITIMER_REAL, new Uint8Array(timer.buffer), null);
  bpf(BPF_PROG_TEST_RUN, run, 'run the program on frames', ERRNO.EINTR);
  process.off('SIGALRM', ended);
}

function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, [op, dst, src, offset, imm]] of instructions.entries()) {
    view.setUint8(i * 8, op);
    view.setUint8(i * 8 + 1, dst | (src << 4));
    view.setInt16(i * 8 + 2, offset, true);
    view.setInt32(i * 8 + 4, imm, true);
  }
  return bytes;
}
