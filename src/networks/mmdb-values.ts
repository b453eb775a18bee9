/**
 * Checks values of a MaxMind DB file (format 2.0, "Data Section") before the library decodes them: it follows
 * pointers without a bound, so that a few bytes which point at each other take for ever, or all memory.
 */
import { UsageError } from '../model/errors.js';
import { u16, u24, u32 } from '../wire/bytes.js';

/** Maps and arrays in each other. City databases have 4. */
export const DEEPEST_VALUE = 64;
/** Bytes of one value with all that it points to, as often as it does. City databases have some 4 KiB. */
export const LARGEST_VALUE = 65_536;
/** Values of a section share their parts: they may be passed this often, by bytes, all together. */
const MOST_PASSES = 4;

const POINTER = 1;
const STRING = 2;
const DOUBLE = 3;
const BYTES = 4;
const UINT16 = 5;
const UINT32 = 6;
const MAP = 7;
const INT32 = 8;
const UINT64 = 9;
const UINT128 = 10;
const ARRAY = 11;
const BOOLEAN = 14;
const FLOAT = 15;

/** The first value that pointers of each size can have; four bytes begin at 0 again. */
const POINTER_BASE = [0, 2_048, 526_336, 0];
/** Bytes of numbers: at most, as leading zeros are left out, or exactly. */
const MOST_BYTES: Readonly<Record<number, number>> = {
  [UINT16]: 2,
  [UINT32]: 4,
  [INT32]: 4,
  [UINT64]: 8,
  [UINT128]: 16,
};
const EXACT_BYTES: Readonly<Record<number, number>> = { [DOUBLE]: 8, [FLOAT]: 4 };

export class ValueCheck {
  /** Targets of pointers that are well: bytes with what they point to, times 128, and their depth. */
  private readonly targets = new Map<number, number>();
  private passes: number;
  /** Of the value being checked: its bytes, and the deepest place reached. */
  private weight = 0;
  private deepest = 0;
  /** Of the header read last: where it ends, and what it says. */
  private type = 0;
  private size = 0;

  /**
   * @param start where the section begins, which pointers count from
   * @param file named by errors
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    private readonly end: number,
    private readonly file: string,
  ) {
    this.passes = MOST_PASSES * (end - start) + LARGEST_VALUE;
  }

  /**
   * The value at `at` (from the file's begin) is within the section, nested and large within the bounds, with
   * sizes that its types can have. All calls together take time in proportion to the section's size.
   *
   * @throws UsageError
   */
  check(at: number): void {
    this.weight = 0;
    this.deepest = 0;
    this.value(at, 0);
  }

  /** @returns where the value ends */
  private value(at: number, depth: number): number {
    if (depth > DEEPEST_VALUE) this.fail(at, 'is nested too deeply, or points at itself');
    if (depth > this.deepest) this.deepest = depth;
    const next = this.header(at);
    switch (this.type) {
      case POINTER:
        this.weigh(next - at, at);
        this.target(this.start + this.size, depth + 1);
        return next;
      case MAP:
      case ARRAY:
        return this.members(at, next, this.type === MAP, this.size, depth);
      case BOOLEAN:
        if (this.size > 1) this.fail(at, 'is a boolean that is neither 0 nor 1');
        this.weigh(next - at, at);
        return next;
      default:
        return this.scalar(at, next);
    }
  }

  private scalar(at: number, next: number): number {
    const { type, size } = this;
    const most = MOST_BYTES[type];
    const exact = EXACT_BYTES[type];
    const known = type === STRING || type === BYTES || most !== undefined || exact !== undefined;
    if (!known) this.fail(at, `has the unknown type ${type}`);
    if (size > (most ?? size) || size !== (exact ?? size))
      this.fail(at, `has ${size} bytes, which its type ${type} cannot have`);
    if (next + size > this.end) this.fail(at, 'reaches beyond its section');
    this.weigh(next + size - at, at);
    return next + size;
  }

  private members(at: number, first: number, map: boolean, count: number, depth: number): number {
    this.weigh(first - at, at);
    let next = first;
    for (let i = 0; i < count; i++) {
      if (map) {
        const key = next;
        next = this.value(key, depth + 1);
        if (this.typeOf(key) !== STRING) this.fail(key, 'is a key of a map, and no text');
      }
      next = this.value(next, depth + 1);
    }
    return next;
  }

  private target(at: number, depth: number): void {
    if (at >= this.end) this.fail(at, 'is pointed at, and lies behind its section');
    const known = this.targets.get(at);
    if (known !== undefined) {
      if (depth + (known & 127) > DEEPEST_VALUE) this.fail(at, 'is nested too deeply');
      if (depth + (known & 127) > this.deepest) this.deepest = depth + (known & 127);
      this.weigh(known >>> 7, at, 1);
      return;
    }
    const weight = this.weight;
    const deepest = this.deepest;
    this.deepest = depth;
    this.value(at, depth);
    this.targets.set(at, ((this.weight - weight) << 7) | (this.deepest - depth));
    this.deepest = Math.max(this.deepest, deepest);
  }

  /** The type at `at`, with pointers followed, of a value that is well. */
  private typeOf(at: number): number {
    let from = at;
    for (this.header(from); this.type === POINTER; this.header(from)) from = this.start + this.size;
    return this.type;
  }

  /** Reads the control byte and what belongs to it. @returns where the payload begins */
  private header(at: number): number {
    const b = this.bytes;
    if (at >= this.end) this.fail(at, 'is missing: its section ends before it');
    const control = b[at];
    const small = control & 31;
    this.type = control >>> 5;
    if (this.type === POINTER) {
      const more = (small >>> 3) + 1;
      const next = this.within(at, at + 1 + more);
      const high = (small & 7) * 2 ** (8 * more);
      this.size = POINTER_BASE[more - 1] + (more === 4 ? u32(b, at + 1) : high + bigEndian(b, at + 1, more));
      return next;
    }
    let next = at + 1;
    if (this.type === 0) {
      next = this.within(at, at + 2);
      this.type = 7 + b[at + 1];
      if (this.type === MAP) this.fail(at, 'has an extended type that is none');
    }
    if (small < 29) {
      this.size = small;
      return next;
    }
    const more = small - 28;
    const from = next;
    next = this.within(at, from + more);
    this.size = [29, 285, 65_821][more - 1] + bigEndian(b, from, more);
    return next;
  }

  private within(at: number, next: number): number {
    if (next > this.end) this.fail(at, 'reaches beyond its section');
    return next;
  }

  /** Counts bytes of the value, and passes over bytes of the section. */
  private weigh(bytes: number, at: number, passed = bytes): void {
    this.weight += bytes;
    this.passes -= passed;
    if (this.weight > LARGEST_VALUE) this.fail(at, `is part of one of more than ${LARGEST_VALUE} bytes`);
    if (this.passes < 0) this.fail(at, 'lies in others, as do too many');
  }

  private fail(at: number, what: string): never {
    throw new UsageError(`${this.file}: is damaged: the value at byte ${at} ${what}`);
  }
}

/** One to three bytes at `at`. */
function bigEndian(b: Uint8Array, at: number, count: number): number {
  return count === 1 ? b[at] : count === 2 ? u16(b, at) : u24(b, at);
}
