import { i32 } from '../wire/bytes.js';

const FACTOR = 0x9e3779b1;

class Known<T> {
  private readonly bytes: Buffer;
  private length = -1;

  constructor(
    longest: number,
    readonly value: T,
  ) {
    this.bytes = Buffer.alloc(longest);
  }

  holds(b: Uint8Array, o: number, end: number): boolean {
    return end - o === this.length && this.bytes.compare(b, o, end, 0, this.length) === 0;
  }

  keep(b: Uint8Array, o: number, end: number): void {
    this.length = end - o;
    this.bytes.set(b.subarray(o, end));
  }
}

/**
 * What was made of bytes of late, where the same ones come again and again: a server's certificate, lists of
 * algorithms. One takes the place of another. The hash has no secret: whoever sends two that share a place
 * has them read anew each time, which costs no more than sending different ones.
 */
export class KnownBytes<T> {
  /** Whether the value that was found is one of other bytes, to be made anew now. */
  isNew = false;
  private readonly places: (Known<T> | undefined)[];
  /** Of bytes that are not remembered. */
  private readonly other: T;

  /**
   * @param bits of the number of places
   * @param longest bytes that are remembered
   * @param newValue a value, which is made anew in its place
   */
  constructor(
    private readonly bits: number,
    private readonly longest: number,
    private readonly newValue: () => T,
  ) {
    this.places = new Array<Known<T> | undefined>(1 << bits).fill(undefined);
    this.other = newValue();
  }

  /** The value of bytes `o` to `end`. If it `isNew`, it has to be made of them at once. */
  find(b: Uint8Array, o: number, end: number): T {
    this.isNew = true;
    if (end - o > this.longest) return this.other;
    const place = this.placeOf(b, o, end);
    const known = this.places[place] ?? new Known(this.longest, this.newValue());
    this.places[place] = known;
    if (known.holds(b, o, end)) this.isNew = false;
    else known.keep(b, o, end);
    return known.value;
  }

  private placeOf(b: Uint8Array, o: number, end: number): number {
    let h = end - o;
    for (let p = o; p + 4 <= end; p += 4) h = (Math.imul(h, FACTOR) + i32(b, p)) | 0;
    return Math.imul(h, FACTOR) >>> (32 - this.bits);
  }
}
