/**
 * Runs a classic BPF program over packets (linux/filter.h; McCanne and Jacobson, "The BSD Packet Filter",
 * 1993).
 *
 * A program attached to a socket sees packets without the VLAN tags that the kernel removed; run here, it
 * sees frames as they were on the wire, from interfaces and captures alike.
 */
import { u16, u32 } from '../wire/bytes.js';

/** Instruction classes, in the low three bits of the code. */
const LD = 0x00;
const LDX = 0x01;
const ST = 0x02;
const STX = 0x03;
const ALU = 0x04;
const JMP = 0x05;
const RET = 0x06;
const CLASS = 0x07;

/** Where a load takes its value from. */
const IMM = 0x00;
const ABS = 0x20;
const IND = 0x40;
const MEM = 0x60;
const LEN = 0x80;
const MODE = 0xe0;
/** The size of a load. */
const HALF = 0x08;
const BYTE = 0x10;
const SIZE = 0x18;
const OPERATION = 0xf0;
/** The operand is X, not k. */
const FROM_X = 0x08;
const RET_A = 0x10;
const TXA = 0x80;

export class PacketFilter {
  private readonly code: Uint16Array;
  private readonly jumpTrue: Uint8Array;
  private readonly jumpFalse: Uint8Array;
  private readonly k: Uint32Array;
  private readonly memory = new Uint32Array(16);

  /**
   * @param program an array of struct sock_filter, as libpcap compiles it: its jumps lead forward, to its own
   * instructions
   */
  constructor(program: Uint8Array) {
    const n = program.length / 8;
    const view = new DataView(program.buffer, program.byteOffset);
    this.code = new Uint16Array(n);
    this.jumpTrue = new Uint8Array(n);
    this.jumpFalse = new Uint8Array(n);
    this.k = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      this.code[i] = view.getUint16(i * 8, true);
      this.jumpTrue[i] = program[i * 8 + 2];
      this.jumpFalse[i] = program[i * 8 + 3];
      this.k[i] = view.getUint32(i * 8 + 4, true);
    }
  }

  /**
   * Whether the packet from `o` up to `end` passes. A load beyond the end rejects it, as in the kernel.
   *
   * @param length bytes it had on the wire
   */
  passes(b: Uint8Array, o: number, end: number, length: number): boolean {
    const { code, k, memory } = this;
    const n = code.length;
    let a = 0;
    let x = 0;
    for (let pc = 0; pc < n; pc++) {
      const c = code[pc];
      switch (c & CLASS) {
        case LD: {
          const mode = c & MODE;
          if (mode === ABS || mode === IND) {
            const at = o + k[pc] + (mode === IND ? x : 0);
            const size = c & SIZE;
            if (at + (size === BYTE ? 1 : size === HALF ? 2 : 4) > end) return false;
            a = size === BYTE ? b[at] : size === HALF ? u16(b, at) : u32(b, at);
          } else if (mode === MEM) a = memory[k[pc]];
          else a = mode === LEN ? length : k[pc];
          break;
        }
        case LDX: {
          const mode = c & MODE;
          if (mode === IMM) x = k[pc];
          else if (mode === MEM) x = memory[k[pc]];
          else if (mode === LEN) x = length;
          else {
            // BPF_MSH: the length of an IPv4 header.
            const at = o + k[pc];
            if (at >= end) return false;
            x = (b[at] & 0x0f) << 2;
          }
          break;
        }
        case ST:
          memory[k[pc]] = a;
          break;
        case STX:
          memory[k[pc]] = x;
          break;
        case ALU: {
          const operand = (c & FROM_X) !== 0 ? x : k[pc];
          const operation = c & OPERATION;
          if (operand === 0 && (operation === ALU_DIV || operation === ALU_MOD)) return false;
          a = calculate(operation, a, operand);
          break;
        }
        case JMP: {
          const operation = c & OPERATION;
          if (operation === JUMP_ALWAYS) pc += k[pc];
          else {
            const operand = (c & FROM_X) !== 0 ? x : k[pc];
            pc += compare(operation, a, operand) ? this.jumpTrue[pc] : this.jumpFalse[pc];
          }
          break;
        }
        case RET:
          return ((c & SIZE) === RET_A ? a : k[pc]) !== 0;
        default:
          if ((c & 0xf8) === TXA) a = x;
          else x = a;
      }
    }
    return false;
  }
}

const ALU_DIV = 0x30;
const ALU_MOD = 0x90;

/** BPF_ADD, _SUB, _MUL, _DIV, _OR, _AND, _LSH, _RSH, _NEG, _MOD, _XOR on unsigned 32-bit numbers. */
function calculate(operation: number, a: number, operand: number): number {
  switch (operation) {
    case 0x00:
      return (a + operand) >>> 0;
    case 0x10:
      return (a - operand) >>> 0;
    case 0x20:
      return Math.imul(a, operand) >>> 0;
    case ALU_DIV:
      return Math.floor(a / operand);
    case 0x40:
      return (a | operand) >>> 0;
    case 0x50:
      return (a & operand) >>> 0;
    case 0x60:
      return operand > 31 ? 0 : (a << operand) >>> 0;
    case 0x70:
      return operand > 31 ? 0 : a >>> operand;
    case 0x80:
      return -a >>> 0;
    case ALU_MOD:
      return a % operand;
    default:
      return (a ^ operand) >>> 0;
  }
}

const JUMP_ALWAYS = 0x00;

/** BPF_JEQ, _JGT, _JGE, _JSET. */
function compare(operation: number, a: number, operand: number): boolean {
  switch (operation) {
    case 0x10:
      return a === operand;
    case 0x20:
      return a > operand;
    case 0x30:
      return a >= operand;
    default:
      return (a & operand) !== 0;
  }
}
