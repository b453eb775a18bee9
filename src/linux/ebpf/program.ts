/**
 * eBPF programs (Documentation/bpf/standardization/instruction-set.rst): instructions, and an assembler with
 * labels. Registers have 64 bits; a call takes its arguments in r1 to r5, which it overwrites, and answers in
 * r0. r6 to r9 outlive it, and r10 is where the stack of 512 bytes ends.
 */
export const [R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** An instruction: opcode, registers, offset, constant (struct bpf_insn). */
export type Instruction = [op: number, dst: number, src: number, offset: number, imm: number];
export const set = (dst: number, imm: number): Instruction => [0xb7, dst, 0, 0, imm];
export const copy = (dst: number, src: number): Instruction => [0xbf, dst, src, 0, 0];
/** Copies the lower 32 bits, and clears the upper ones. */
export const copy32 = (dst: number, src: number): Instruction => [0xbc, dst, src, 0, 0];
export const add = (dst: number, imm: number): Instruction => [0x07, dst, 0, 0, imm];
export const addTo = (dst: number, src: number): Instruction => [0x0f, dst, src, 0, 0];
export const multiply = (dst: number, imm: number): Instruction => [0x27, dst, 0, 0, imm];
/** What is left of the lower 32 bits. */
export const modulo32 = (dst: number, imm: number): Instruction => [0x94, dst, 0, 0, imm];
export const and = (dst: number, imm: number): Instruction => [0x57, dst, 0, 0, imm];
export const shiftLeft = (dst: number, imm: number): Instruction => [0x67, dst, 0, 0, imm];
export const shiftRight = (dst: number, imm: number): Instruction => [0x77, dst, 0, 0, imm];
export const load8 = (dst: number, src: number, offset: number): Instruction => [0x71, dst, src, offset, 0];
export const load16 = (dst: number, src: number, offset: number): Instruction => [0x69, dst, src, offset, 0];
export const load32 = (dst: number, src: number, offset: number): Instruction => [0x61, dst, src, offset, 0];
export const load64 = (dst: number, src: number, offset: number): Instruction => [0x79, dst, src, offset, 0];
export const store8 = (dst: number, src: number, offset: number): Instruction => [0x73, dst, src, offset, 0];
export const store64 = (dst: number, src: number, offset: number): Instruction => [0x7b, dst, src, offset, 0];
/** Adds to memory, whoever else does at the same time. */
export const atomicAdd64 = (dst: number, src: number, offset: number): Instruction => [
  0xdb,
  dst,
  src,
  offset,
  0,
];
/** Between host and network byte order. */
export const swap16 = (dst: number): Instruction => [0xdc, dst, 0, 0, 16];
export const swap32 = (dst: number): Instruction => [0xdc, dst, 0, 0, 32];
export const call = (helper: number): Instruction => [0x85, 0, 0, 0, helper];
export const EXIT: Instruction = [0x95, 0, 0, 0, 0];

const BPF_PSEUDO_MAP_FD = 1;
const BPF_PSEUDO_MAP_VALUE = 2;
/** A map, for calls that take one: an instruction of double length. */
export const mapOf = (dst: number, fd: number): Instruction[] => [
  [0x18, dst, BPF_PSEUDO_MAP_FD, 0, fd],
  [0, 0, 0, 0, 0],
];
/** The address of the value of an array map that has one. */
export const addressOfValue = (dst: number, fd: number): Instruction[] => [
  [0x18, dst, BPF_PSEUDO_MAP_VALUE, 0, fd],
  [0, 0, 0, 0, 0],
];

/** Comparisons, unsigned, of 64 bits; of the lower 32 bits. */
const JUMPS = { equal: 0x15, above: 0x25, atLeast: 0x35, anyBit: 0x45, unequal: 0x55 } as const;
export type Comparison = keyof typeof JUMPS;
const TO_32_BITS = 1;
const BY_REGISTER = 0x08;
const GOTO = 0x05;

/** A program under construction: instructions, and jumps forward to labels. */
export class EbpfProgram {
  private readonly instructions: Instruction[] = [];
  private readonly jumps: { readonly at: number; readonly label: string }[] = [];
  private readonly labels = new Map<string, number>();

  do(...instructions: readonly Instruction[]): this {
    this.instructions.push(...instructions);
    return this;
  }

  /** @throws RangeError for a name that is there already */
  label(name: string): this {
    if (this.labels.has(name)) throw new RangeError(`eBPF label ${name} is in two places`);
    this.labels.set(name, this.instructions.length);
    return this;
  }

  goto(label: string): this {
    return this.jump([GOTO, 0, 0, 0, 0], label);
  }

  /** Jumps if the register compares so with a constant, which is extended by its sign. */
  when(dst: number, comparison: Comparison, imm: number, label: string): this {
    return this.jump([JUMPS[comparison], dst, 0, 0, imm | 0], label);
  }

  /** The same for the register's lower 32 bits. */
  when32(dst: number, comparison: Comparison, imm: number, label: string): this {
    return this.jump([JUMPS[comparison] + TO_32_BITS, dst, 0, 0, imm | 0], label);
  }

  /** Jumps if the register compares so with another one. */
  whenRegister(dst: number, comparison: Comparison, src: number, label: string): this {
    return this.jump([JUMPS[comparison] | BY_REGISTER, dst, src, 0, 0], label);
  }

  private jump(instruction: Instruction, label: string): this {
    this.jumps.push({ at: this.instructions.length, label });
    return this.do(instruction);
  }

  /**
   * The program as an array of struct bpf_insn, in host byte order, without instructions that nothing leads
   * to, which the kernel would refuse.
   *
   * @throws RangeError for an unknown label, a backward jump, or one too far
   */
  assemble(): Uint8Array {
    const targets = new Map(this.jumps.map(({ at, label }) => [at, this.target(at, label)]));
    const reached = this.reached(targets);
    const places: number[] = [];
    let kept = 0;
    for (const is of reached) places.push(is ? kept++ : kept);
    const out: Instruction[] = [];
    for (const [at, [op, dst, src, offset, imm]] of this.instructions.entries()) {
      if (!reached[at]) continue;
      const to = targets.get(at);
      const distance = to === undefined ? offset : places[to] - places[at] - 1;
      if (distance > 0x7fff) throw new RangeError(`an eBPF jump over ${distance} instructions is too far`);
      out.push([op, dst, src, distance, imm]);
    }
    return assemble(out);
  }

  private target(at: number, label: string): number {
    const to = this.labels.get(label);
    if (to === undefined) throw new RangeError(`eBPF label ${label} is nowhere`);
    if (to <= at) throw new RangeError(`eBPF label ${label} is behind the jump to it`);
    return to;
  }

  /** Which instructions the program may come to. */
  private reached(targets: ReadonlyMap<number, number>): boolean[] {
    const reached = this.instructions.map((_, at) => at === 0);
    for (const [at, [op]] of this.instructions.entries()) {
      if (!reached[at]) continue;
      const to = targets.get(at);
      if (to !== undefined) reached[to] = true;
      if (op !== GOTO && op !== EXIT[0] && at + 1 < reached.length) reached[at + 1] = true;
    }
    return reached;
  }
}

/** Instructions as an array of struct bpf_insn, in host byte order. */
export function assemble(instructions: readonly Instruction[]): Uint8Array {
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
