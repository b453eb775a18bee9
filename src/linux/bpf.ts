/**
 * Classic BPF programs for sockets: an assembler with labels (linux/filter.h,
 * Documentation/networking/filter.rst).
 *
 * A program reads a packet by offset; a load beyond its end terminates the program with 0, which drops the
 * packet.
 */
import { check } from './errors.js';
import * as libc from './libc.js';
import { SO_ATTACH_FILTER, SOL_SOCKET } from './socket.js';

/** Load sizes. */
const SIZE = { w: 0x00, h: 0x08, b: 0x10 } as const;
type Size = keyof typeof SIZE;

const LD = 0x00;
const LDX = 0x01;
const ST = 0x02;
const STX = 0x03;
const ALU = 0x04;
const JMP = 0x05;
const RET = 0x06;
const MISC = 0x07;
const ABS = 0x20;
const IND = 0x40;
const MEM = 0x60;
const MSH = 0xa0;
const IMM = 0x00;
const K = 0x00;
const X = 0x08;
const A = 0x10;
const ALU_OPS = { add: 0x00, mul: 0x20, and: 0x50, lsh: 0x60, rsh: 0x70, xor: 0xa0 } as const;
const JUMPS = { jeq: 0x10, jgt: 0x20, jge: 0x30, jset: 0x40 } as const;
const TAX = 0x00;
const TXA = 0x80;

/** Absolute offset of the kernel's ancillary data, and of skb->protocol (host byte order) in it. */
export const SKF_AD_PROTOCOL = 0xfffff000;
/** Of a random number, anew for every load. */
export const SKF_AD_RANDOM = SKF_AD_PROTOCOL + 56;

/** The longest program that the kernel accepts (BPF_MAXINSNS); jumps reach 255 instructions ahead. */
const MAX_INSTRUCTIONS = 4096;

/** A filter's result that accepts a whole packet: more bytes than any packet has. */
export const ACCEPT = 0x40000;

interface Instruction {
  code: number;
  k: number;
  whenTrue: string | null;
  whenFalse: string | null;
}

/**
 * A program under construction: one method per instruction, labels for jumps. A label of null falls through.
 */
export class BpfProgram {
  private readonly instructions: Instruction[] = [];
  private readonly labels = new Map<string, number>();

  private emit(code: number, k = 0, whenTrue: string | null = null, whenFalse: string | null = null): this {
    this.instructions.push({ code, k: k >>> 0, whenTrue, whenFalse });
    return this;
  }

  /** @throws RangeError for a name that is there already */
  label(name: string): this {
    if (this.labels.has(name)) throw new RangeError(`BPF label ${name} is in two places`);
    this.labels.set(name, this.instructions.length);
    return this;
  }

  /** A = packet[k], big endian. */
  load(size: Size, k: number): this {
    return this.emit(LD | SIZE[size] | ABS, k);
  }

  /** A = packet[X + k], big endian. */
  loadX(size: Size, k: number): this {
    return this.emit(LD | SIZE[size] | IND, k);
  }

  /** X = 4 * (packet[k] & 15): an IPv4 header's length. */
  loadHeaderLength(k: number): this {
    return this.emit(LDX | SIZE.b | MSH, k);
  }

  /** X = k. */
  setX(k: number): this {
    return this.emit(LDX | IMM, k);
  }

  /** A = k. */
  setA(k: number): this {
    return this.emit(LD | IMM, k);
  }

  /** M[k] = A, M[k] = X, A = M[k], X = M[k]; 16 words. */
  storeA(k: number): this {
    return this.emit(ST, k);
  }
  storeX(k: number): this {
    return this.emit(STX, k);
  }
  fetchA(k: number): this {
    return this.emit(LD | MEM, k);
  }
  fetchX(k: number): this {
    return this.emit(LDX | MEM, k);
  }

  /** A = A op k. */
  alu(op: keyof typeof ALU_OPS, k: number): this {
    return this.emit(ALU | ALU_OPS[op] | K, k);
  }

  /** A = A op X. */
  aluX(op: keyof typeof ALU_OPS): this {
    return this.emit(ALU | ALU_OPS[op] | X);
  }

  /** X = A, A = X. */
  tax(): this {
    return this.emit(MISC | TAX);
  }
  txa(): this {
    return this.emit(MISC | TXA);
  }

  /** Compares A with k. */
  jump(test: keyof typeof JUMPS, k: number, whenTrue: string | null, whenFalse: string | null = null): this {
    return this.emit(JMP | JUMPS[test] | K, k, whenTrue, whenFalse);
  }

  goto(label: string): this {
    return this.emit(JMP, 0, label);
  }

  /** Returns: a filter's result is how many bytes to pass on; 0 drops. */
  answer(k: number): this {
    return this.emit(RET | K, k);
  }

  answerA(): this {
    return this.emit(RET | A);
  }

  /**
   * The program as an array of struct sock_filter: u16 code, u8 jt, u8 jf, u32 k, host byte order.
   *
   * @throws RangeError for an unknown label, a backward jump, or one too far.
   */
  assemble(): Uint8Array {
    const n = this.instructions.length;
    if (n > MAX_INSTRUCTIONS) throw new RangeError(`a BPF program of ${n} instructions is too long`);
    const out = new Uint8Array(n * 8);
    const view = new DataView(out.buffer);
    this.instructions.forEach((ins, at) => {
      view.setUint16(at * 8, ins.code, true);
      if (ins.code === JMP) {
        view.setUint32(at * 8 + 4, this.distance(at, ins.whenTrue, 0xffff), true);
        return;
      }
      out[at * 8 + 2] = this.distance(at, ins.whenTrue, 0xff);
      out[at * 8 + 3] = this.distance(at, ins.whenFalse, 0xff);
      view.setUint32(at * 8 + 4, ins.k, true);
    });
    return out;
  }

  private distance(from: number, label: string | null, limit: number): number {
    if (label === null) return 0;
    const to = this.labels.get(label);
    if (to === undefined) throw new RangeError(`BPF label ${label} is nowhere`);
    const distance = to - from - 1;
    if (distance < 0 || distance > limit)
      throw new RangeError(`BPF label ${label} is ${distance} instructions away`);
    return distance;
  }
}

/** struct sock_fprog: u16 length, then (at 8) the program's address. The program must outlive its use. */
export function sockFprog(program: Uint8Array): Uint8Array {
  const fprog = new Uint8Array(16);
  const view = new DataView(fprog.buffer);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, libc.addressOf(program), true);
  return fprog;
}

/** Attaches a filter to a socket, replacing the previous one. */
export function attachFilter(fd: number, program: Uint8Array): void {
  const fprog = sockFprog(program);
  check(libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog, fprog.length), 'attach a socket filter');
}
