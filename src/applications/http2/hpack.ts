import { decodeHuffman } from './huffman.js';
import { type DynamicTable, STATIC_AT, STATIC_BYTES, STATIC_COUNT } from './tables.js';

/** Room for a name and its value, decoded. */
const SCRATCH_BYTES = 32 * 1024;
/** Larger numbers are none of what is here. */
const MOST_NUMBER = 1 << 24;

/**
 * Reads blocks of header fields (RFC 7541, 3 and 6), one field after the other. The object is reused; what it
 * says of a field stays until the next one.
 */
export class Hpack {
  /** Whether the block cannot be read on: nothing that comes later in this direction can be either. */
  isBroken = false;
  /** Whether that is because its table is larger than is followed. */
  isTooLarge = false;
  /** The field at hand: where its name and value are. */
  nameBytes: Uint8Array = STATIC_BYTES;
  nameAt = 0;
  nameEnd = 0;
  valueBytes: Uint8Array = STATIC_BYTES;
  valueAt = 0;
  valueEnd = 0;
  private readonly scratch = new Uint8Array(SCRATCH_BYTES);
  private table: DynamicTable | undefined;
  private b: Uint8Array = STATIC_BYTES;
  private p = 0;
  private end = 0;
  /** Where the last string ends in the scratch. */
  private stringEnd = 0;

  /** @param table of the direction that the block belongs to */
  begin(table: DynamicTable, b: Uint8Array, o: number, end: number): void {
    this.isBroken = this.isTooLarge = false;
    this.table = table;
    this.b = b;
    this.p = o;
    this.end = end;
  }

  /** Reads the next field. @returns false if there is none, or the block is broken */
  next(): boolean {
    const { table } = this;
    if (table === undefined) return false;
    while (this.p < this.end) {
      const first = this.b[this.p];
      if (first >= 0x80) return this.indexed(table, this.number(7));
      if (first >= 0x40) return this.literal(table, this.number(6), true);
      if (first < 0x20) return this.literal(table, this.number(4), false);
      const size = this.number(5);
      if (size < 0) return this.broken();
      this.isTooLarge = !table.resize(size);
      if (this.isTooLarge) return this.broken();
    }
    return false;
  }

  private broken(): false {
    this.isBroken = true;
    return false;
  }

  private indexed(table: DynamicTable, index: number): boolean {
    if (index < 1 || index > STATIC_COUNT + table.count) return this.broken();
    this.nameOf(table, index);
    if (index <= STATIC_COUNT) {
      this.valueBytes = STATIC_BYTES;
      this.valueAt = STATIC_AT[2 * index - 1];
      this.valueEnd = STATIC_AT[2 * index];
      return true;
    }
    const i = index - STATIC_COUNT - 1;
    this.valueBytes = table.bytes;
    this.valueAt = table.valueAt(i);
    this.valueEnd = table.valueEnd(i);
    return true;
  }

  private literal(table: DynamicTable, index: number, isAdded: boolean): boolean {
    if (index < 0 || index > STATIC_COUNT + table.count) return this.broken();
    if (index === 0) {
      if (!this.string(0)) return this.broken();
      this.nameBytes = this.scratch;
      this.nameAt = 0;
      this.nameEnd = this.stringEnd;
    } else {
      // In the table it may go when the field is added to it.
      this.nameOf(table, index);
      let n = 0;
      for (let i = this.nameAt; i < this.nameEnd; i++) this.scratch[n++] = this.nameBytes[i];
      this.nameBytes = this.scratch;
      this.nameAt = 0;
      this.nameEnd = n;
    }
    if (!this.string(this.nameEnd)) return this.broken();
    this.valueBytes = this.scratch;
    this.valueAt = this.nameEnd;
    this.valueEnd = this.stringEnd;
    if (isAdded) table.add(this.scratch, 0, this.nameEnd, this.valueAt, this.valueEnd);
    return true;
  }

  private nameOf(table: DynamicTable, index: number): void {
    if (index <= STATIC_COUNT) {
      this.nameBytes = STATIC_BYTES;
      this.nameAt = STATIC_AT[2 * index - 2];
      this.nameEnd = STATIC_AT[2 * index - 1];
      return;
    }
    const i = index - STATIC_COUNT - 1;
    this.nameBytes = table.bytes;
    this.nameAt = table.nameAt(i);
    this.nameEnd = table.valueAt(i);
  }

  /** A number in the lower `bits` of a byte; if these are all ones, in those behind it too, 7 bits each. */
  private number(bits: number): number {
    const most = (1 << bits) - 1;
    let n = this.b[this.p++] & most;
    if (n < most) return n;
    for (let shift = 0; this.p < this.end && shift <= 21; shift += 7) {
      const c = this.b[this.p++];
      n += (c & 0x7f) << shift;
      if (c < 0x80) return n > MOST_NUMBER ? -1 : n;
    }
    return -1;
  }

  /** A string (5.2), to `at` of the scratch. */
  private string(at: number): boolean {
    if (this.p >= this.end) return false;
    const isHuffman = this.b[this.p] >= 0x80;
    const length = this.number(7);
    const from = this.p;
    if (length < 0 || from + length > this.end) return false;
    this.p = from + length;
    if (isHuffman) {
      this.stringEnd = decodeHuffman(this.b, from, this.p, this.scratch, at);
      return this.stringEnd >= 0;
    }
    if (at + length > SCRATCH_BYTES) return false;
    for (let i = 0; i < length; i++) this.scratch[at + i] = this.b[from + i];
    this.stringEnd = at + length;
    return true;
  }
}
