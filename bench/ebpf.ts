/** The eBPF that only the benchmarks need: conditions, and running XDP programs on frames (bpf(2)). */
import koffi from 'koffi';
import { attributes, bpf } from '../src/linux/ebpf/bpf.js';
import type { Instruction } from '../src/linux/ebpf/program.js';
import { LinuxError } from '../src/linux/errors.js';
import { addressOf } from '../src/linux/libc.js';

export const subtract = (dst: number, src: number): Instruction => [0x1f, dst, src, 0, 0];
export const xor = (dst: number, src: number): Instruction => [0xaf, dst, src, 0, 0];
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

const BPF_PROG_TEST_RUN = 10;
const BPF_F_TEST_XDP_LIVE_FRAMES = 1 << 1;
const ITIMER_REAL = 0;

/** `value` is a struct itimerval: interval and value, each in seconds and microseconds of 64 bits. */
const setitimer: (which: number, value: Uint8Array, old: null) => number = koffi
  .load(null)
  .func('int setitimer(int which, void *value, void *old)');

/**
 * Runs an XDP program for some seconds, on frames that an interface of this network namespace seems to have
 * received (BPF_PROG_TEST_RUN, live frames: Linux 5.18). The kernel receives what the program passes, in
 * batches of up to 64 frames.
 *
 * @param length the length of the frame that the program gets each time; its bytes are those of any earlier
 * frame
 * @param frames after which it ends, too
 */
export function runOnFrames(
  program: number,
  interfaceIndex: number,
  length: number,
  seconds: number,
  frames = 0xffffffff,
): void {
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
  run.setUint32(32, frames, true);
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
  try {
    bpf(BPF_PROG_TEST_RUN, run, 'run the program on frames');
  } catch (e) {
    if (!(e instanceof LinuxError) || e.code !== 'EINTR') throw e;
  }
  process.off('SIGALRM', ended);
}
