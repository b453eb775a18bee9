/**
 * Sends every packet several times, by the kernel: an eBPF program on a device's way out (tc(8), direct action) gives copies
 * of what is sent through the device to another one, each with other inner addresses. A copy costs a fraction of another
 * send, and is another conversation's packet to its receiver.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { interfaceIndex } from '../src/linux/interface.js';
import { addressOf, errno } from '../src/linux/libc.js';
import { closeSocket } from '../src/linux/socket.js';

/** The outer IPv4 header's identification, where replay.ts writes where bytes of the inner addresses are: one in its lower byte, one in its upper; 0 for none. */
const IDENTIFICATION = 14 + 4;
/** Copies are told apart by the upper bits of these bytes. */
const MOST_COPIES = 8;
const COPY_SHIFT = 5;

// Registers, of which r6 to r9 outlast calls, and r10 is the stack's end.
const [R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const SKB_STORE_BYTES = 9;
const CLONE_REDIRECT = 13;
const SKB_LOAD_BYTES = 26;
/** The device that packets are sent through drops them itself: to drop them here would look like a failed send. */
const TC_ACT_OK = 0;

/** An instruction: opcode, registers, offset, constant (struct bpf_insn). */
type Instruction = [op: number, dst: number, src: number, offset: number, imm: number];
const set = (dst: number, imm: number): Instruction => [0xb7, dst, 0, 0, imm];
const copy = (dst: number, src: number): Instruction => [0xbf, dst, src, 0, 0];
const and = (dst: number, imm: number): Instruction => [0x57, dst, 0, 0, imm];
const shiftRight = (dst: number, imm: number): Instruction => [0x77, dst, 0, 0, imm];
const add = (dst: number, imm: number): Instruction => [0x07, dst, 0, 0, imm];
const xor = (dst: number, imm: number): Instruction => [0xa7, dst, 0, 0, imm];
const bigEndian16 = (dst: number): Instruction => [0xdc, dst, 0, 0, 16];
const load8 = (dst: number, src: number, offset: number): Instruction => [0x71, dst, src, offset, 0];
const load16 = (dst: number, src: number, offset: number): Instruction => [0x69, dst, src, offset, 0];
const store8 = (dst: number, src: number, offset: number): Instruction => [0x73, dst, src, offset, 0];
const skipIfZero = (dst: number, count: number): Instruction => [0x15, dst, 0, count, 0];
const call = (helper: number): Instruction => [0x85, 0, 0, 0, helper];
const EXIT: Instruction = [0x95, 0, 0, 0, 0];
/** Where one or two bytes on the stack are, from its end. */
const BYTES = -8;

/** Calls a helper for `length` bytes of the packet, at the offset that `where` puts into r2; the bytes are on the stack. */
function packetBytes(helper: number, where: readonly Instruction[], length: number): Instruction[] {
  const stack = [copy(R3, R10), add(R3, BYTES)];
  return [copy(R1, R6), ...where, ...stack, set(R4, length), set(R5, 0), call(helper)];
}

/** r7 is the identification, r8 and r9 are the two bytes. */
function program(copies: number, to: number): Instruction[] {
  const places = [
    [copy(R2, R7), and(R2, 0xff)],
    [copy(R2, R7), shiftRight(R2, 8)],
  ];
  const load = [R8, R9].flatMap((byte, i) => [
    ...packetBytes(SKB_LOAD_BYTES, places[i], 1),
    load8(byte, R10, BYTES),
  ]);
  const out = [
    copy(R6, R1),
    set(R8, 0),
    set(R9, 0),
    ...packetBytes(SKB_LOAD_BYTES, [set(R2, IDENTIFICATION)], 2),
    load16(R7, R10, BYTES),
    bigEndian16(R7),
    skipIfZero(R7, load.length),
    ...load,
  ];
  for (let i = 0; i < copies; i++) {
    const change = [R8, R9].flatMap((byte, place) => [
      copy(R1, byte),
      xor(R1, i << COPY_SHIFT),
      store8(R10, R1, BYTES),
      ...packetBytes(SKB_STORE_BYTES, places[place], 1),
    ]);
    out.push(skipIfZero(R7, change.length), ...change);
    out.push(copy(R1, R6), set(R2, to), set(R3, 0), call(CLONE_REDIRECT));
  }
  out.push(set(R0, TC_ACT_OK), EXIT);
  return out;
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

const SYS_BPF = process.arch === 'arm64' ? 280 : 321;
const BPF_PROG_LOAD = 5;
const BPF_OBJ_PIN = 6;
const BPF_PROG_TYPE_SCHED_CLS = 3;
const lib = koffi.load(null);
const syscall: (number: number, command: number, attributes: Uint8Array, size: number) => number = lib.func(
  'syscall',
  'long',
  ['long', 'long', 'void *', 'long'],
);

function bpf(command: number, attributes: DataView, what: string): number {
  const result = syscall(SYS_BPF, command, new Uint8Array(attributes.buffer), attributes.byteLength);
  if (result < 0) throw new Error(`cannot ${what}: errno ${errno()}`);
  return result;
}

/** Sends what goes out of `from` out of `to`, `copies` times: up to {@link MOST_COPIES}. Takes root. */
export function copyPackets(from: string, to: string, copies: number): void {
  if (copies > MOST_COPIES) throw new Error(`${copies} copies: there are inner addresses for ${MOST_COPIES}`);
  const code = assemble(program(copies, interfaceIndex(to)));
  const license = new TextEncoder().encode('GPL\0');
  const log = new Uint8Array(1 << 16);
  const load = new DataView(new ArrayBuffer(128));
  load.setUint32(0, BPF_PROG_TYPE_SCHED_CLS, true);
  load.setUint32(4, code.length / 8, true);
  load.setBigUint64(8, addressOf(code), true);
  load.setBigUint64(16, addressOf(license), true);
  load.setUint32(24, 1, true);
  load.setUint32(28, log.length, true);
  load.setBigUint64(32, addressOf(log), true);
  let fd: number;
  try {
    fd = bpf(BPF_PROG_LOAD, load, 'load the copying program');
  } catch (e) {
    throw new Error(`${(e as Error).message}\n${Buffer.from(log).toString('latin1').split('\0')[0]}`);
  }
  // tc takes a program by a name in a bpf file system.
  const directory = mkdtempSync(join(tmpdir(), 'ml-bench-bpf-'));
  run('mount', '-t', 'bpf', 'bpf', directory);
  try {
    const path = join(directory, 'copies');
    const name = new TextEncoder().encode(`${path}\0`);
    const pin = new DataView(new ArrayBuffer(16));
    pin.setBigUint64(0, addressOf(name), true);
    pin.setUint32(8, fd, true);
    bpf(BPF_OBJ_PIN, pin, `pin the copying program to ${path}`);
    run('tc', 'qdisc', 'add', 'dev', from, 'clsact');
    run('tc', 'filter', 'add', 'dev', from, 'egress', 'bpf', 'direct-action', 'object-pinned', path);
  } finally {
    run('umount', directory);
    rmdirSync(directory);
    closeSocket(fd);
  }
}

function run(command: string, ...words: string[]): void {
  const done = spawnSync(command, words, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command} ${words.join(' ')}: ${done.stderr}`);
}
