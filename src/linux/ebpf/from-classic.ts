/**
 * Classic BPF in an XDP program: what socket filters look for, an XDP program looks for by the same
 * instructions (bpf.ts).
 */
import { SKF_AD_PROTOCOL } from '../bpf.js';
import {
  add,
  addTo,
  and,
  copy,
  copy32,
  type EbpfProgram,
  type Instruction,
  load8,
  load16,
  load32,
  load64,
  R1,
  R2,
  R3,
  R4,
  R7,
  R8,
  R10,
  set,
  shiftLeft,
  store64,
  swap16,
  swap32,
} from './program.js';

/** Where a translated program begins to count bytes, and the packet's end: addresses that the caller sets. */
export const START = R3;
export const END = R4;
/** The accumulator, and with it the answer; the index register. */
export const ANSWER = R7;
const A = R7;
const X = R8;

/** What SKF_AD_PROTOCOL loads: a word of the stack that the caller sets. */
export const PROTOCOL = -8;
/** The scratch words lie below it. */
const scratch = (k: number): number => PROTOCOL - 8 * (k + 1);

/**
 * Headers end before this offset: the verifier accepts no index that might be anything, and no packet has so
 * many headers.
 */
const FARTHEST = 4095;

// Classes, sizes and modes of classic instructions (linux/filter.h).
const [LD, LDX, ST, STX, ALU, JMP, RET, MISC] = [0, 1, 2, 3, 4, 5, 6, 7];
const SIZES = new Map([
  [0x00, 4],
  [0x08, 2],
  [0x10, 1],
]);
const [IMM, ABS, IND, MEM, MSH] = [0x00, 0x20, 0x40, 0x60, 0xa0];
const BY_X = 0x08;
const JA = 0x05;
const JUMPS = new Map([
  [0x10, 'equal'],
  [0x20, 'above'],
  [0x30, 'atLeast'],
  [0x40, 'anyBit'],
] as const);
const RETURNS_A = 0x16;
const TXA = 0x87;

/**
 * Adds a classic program, which leaves its answer in {@link ANSWER}, and goes on behind it. As everywhere, a
 * load beyond the packet's end answers 0. It changes r1, r2, and the index register; nothing before it may
 * rely on the scratch words.
 *
 * @param classic struct sock_filter, as BpfProgram.assemble gives it
 * @param name begins the names of its labels
 * @throws RangeError for an instruction that no program of ours has
 */
export function addClassic(p: EbpfProgram, classic: Uint8Array, name: string): void {
  const view = new DataView(classic.buffer, classic.byteOffset, classic.byteLength);
  const at = (i: number): string => `${name} ${i}`;
  const end = `${name} end`;
  const out = `${name} out`;
  p.do(set(A, 0), set(X, 0));
  for (const k of scratchWords(view)) p.do(store64(R10, X, scratch(k)));
  for (let i = 0; i * 8 < view.byteLength; i++) {
    const code = view.getUint16(i * 8, true);
    const whenTrue = view.getUint8(i * 8 + 2);
    const whenFalse = view.getUint8(i * 8 + 3);
    const k = view.getUint32(i * 8 + 4, true);
    p.label(at(i));
    switch (code & 7) {
      case LD:
        load(p, code, k, out);
        break;
      case LDX:
        loadIndex(p, code, k, out);
        break;
      case ST:
        p.do(store64(R10, A, scratch(k)));
        break;
      case STX:
        p.do(store64(R10, X, scratch(k)));
        break;
      case ALU:
        // The same operations have the same numbers, and work on 32 bits.
        p.do((code & BY_X) !== 0 ? [code, A, X, 0, 0] : [code, A, 0, 0, k | 0]);
        break;
      case JMP: {
        if (code === JA) {
          p.goto(at(i + 1 + k));
          break;
        }
        const comparison = JUMPS.get((code & 0xf0) as 0x10);
        if (comparison === undefined || (code & BY_X) !== 0) throw unknown(code);
        p.when32(A, comparison, k, at(i + 1 + whenTrue));
        if (whenFalse !== 0) p.goto(at(i + 1 + whenFalse));
        break;
      }
      case RET:
        if (code !== RETURNS_A) p.do(set(A, k | 0));
        p.goto(end);
        break;
      case MISC:
        p.do(code === TXA ? copy32(A, X) : copy32(X, A));
        break;
    }
  }
  p.label(out).do(set(A, 0)).label(end);
}

const unknown = (code: number): RangeError =>
  new RangeError(`classic BPF 0x${code.toString(16)} is new here`);

/** The scratch words that a program uses: the verifier lets none be read that nothing was written to. */
function scratchWords(view: DataView): Set<number> {
  const words = new Set<number>();
  for (let at = 0; at < view.byteLength; at += 8) {
    const code = view.getUint16(at, true);
    const kind = code & 7;
    if (kind === ST || kind === STX || code === (LD | MEM) || code === (LDX | MEM))
      words.add(view.getUint32(at + 4, true));
  }
  return words;
}

function load(p: EbpfProgram, code: number, k: number, out: string): void {
  const size = SIZES.get(code & 0x18);
  const mode = code & 0xe0;
  if (mode === IMM) p.do(set(A, k | 0));
  else if (mode === MEM) p.do(load64(A, R10, scratch(k)));
  else if (k === SKF_AD_PROTOCOL && mode === ABS) p.do(load64(A, R10, PROTOCOL));
  else if (size === undefined || k > FARTHEST || (mode !== ABS && mode !== IND)) throw unknown(code);
  else if (mode === ABS) loadFrom(p, START, A, k, size, out);
  else {
    p.do(copy32(R1, X)).when(R1, 'above', FARTHEST, out).do(addTo(R1, START));
    loadFrom(p, R1, A, k, size, out);
  }
}

function loadIndex(p: EbpfProgram, code: number, k: number, out: string): void {
  const mode = code & 0xe0;
  if (mode === IMM) p.do(set(X, k | 0));
  else if (mode === MEM) p.do(load64(X, R10, scratch(k)));
  else if (mode === MSH) {
    loadFrom(p, START, X, k, 1, out);
    p.do(and(X, 15), shiftLeft(X, 2));
  } else throw unknown(code);
}

/** Loads bytes in network order, if the packet has them. */
function loadFrom(p: EbpfProgram, from: number, to: number, k: number, size: number, out: string): void {
  p.do(copy(R2, from), add(R2, k + size)).whenRegister(R2, 'above', END, out);
  const loads: Record<number, Instruction[]> = {
    1: [load8(to, from, k)],
    2: [load16(to, from, k), swap16(to)],
    4: [load32(to, from, k), swap32(to)],
  };
  p.do(...loads[size]);
}
