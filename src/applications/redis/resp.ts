/**
 * RESP, versions 2 and 3: values of a type, a line, and what follows it. Source: redis.io, "Redis
 * serialization protocol".
 */

/** Lengths beyond are not Redis'. */
const LONGEST = 0x2000_0000;
const LF = 0x0a;

export const Type = {
  Simple: 0x2b,
  Error: 0x2d,
  Bulk: 0x24,
  BulkError: 0x21,
  Verbatim: 0x3d,
  Array: 0x2a,
  Set: 0x7e,
  Push: 0x3e,
  Map: 0x25,
  Attribute: 0x7c,
} as const;

/** Texts of an array that are looked at: a command's name, arguments. */
const MOST_ITEMS = 16;

/** Reads values. What it found of the last one is in its members. */
export class Resp {
  /** The number of the line, -1 for what is not there, -2 if there is none; and where the line ends. */
  number = -2;
  next = 0;
  /** Texts of an array: how many are here as a whole; where they begin, and end. */
  items = 0;
  readonly from = new Float64Array(MOST_ITEMS);
  readonly to = new Float64Array(MOST_ITEMS);

  /** Reads the line of the value at `o`. @returns whether it is there as a whole */
  line(b: Uint8Array, o: number, end: number): boolean {
    let p = o + 1;
    while (p < end && b[p] !== LF) p++;
    if (p >= end) return false;
    this.next = p + 1;
    const stop = b[p - 1] === 0x0d ? p - 1 : p;
    const isNegative = b[o + 1] === 0x2d;
    let n = 0;
    let at = isNegative ? o + 2 : o + 1;
    const isNumber = at < stop && stop - at <= 10;
    for (; isNumber && at < stop; at++) {
      if (b[at] < 0x30 || b[at] > 0x39) break;
      n = n * 10 + b[at] - 0x30;
    }
    if (!isNumber || at < stop || n > LONGEST) this.number = -2;
    else this.number = isNegative ? -1 : n;
    return true;
  }

  /**
   * Reads up to `count` texts, as far as they are here: for an array's first ones.
   *
   * @returns where the first one begins that is not here as a whole, or is another value
   */
  texts(b: Uint8Array, o: number, end: number, count: number): number {
    let p = o;
    this.items = 0;
    while (this.items < Math.min(count, MOST_ITEMS)) {
      if (p >= end || b[p] !== Type.Bulk || !this.line(b, p, end) || this.number < 0) break;
      const stop = this.next + this.number;
      if (stop + 2 > end) break;
      this.from[this.items] = this.next;
      this.to[this.items++] = stop;
      p = stop + 2;
    }
    return p;
  }

  /** Values that are still to be passed over, after `skip`. */
  left = 0;

  /**
   * Passes over `left` values, with those that are in them, as far as they are here: the last one may end
   * behind `end`.
   *
   * @returns where the next one begins; -1 if it is none
   */
  skip(b: Uint8Array, o: number, end: number, left: number): number {
    let p = o;
    this.left = left;
    while (this.left > 0 && p < end) {
      const type = b[p];
      if (!this.line(b, p, end)) break;
      const n = this.number;
      p = this.next;
      switch (type) {
        case Type.Simple:
        case Type.Error:
        case 0x3a: // a number
        case 0x5f: // null
        case 0x23: // true, false
        case 0x2c: // a floating-point number
        case 0x28: // a long number
          this.left--;
          break;
        case Type.Bulk:
        case Type.BulkError:
        case Type.Verbatim:
          if (n === -2) return -1;
          this.left--;
          if (n >= 0) p += n + 2;
          break;
        case Type.Array:
        case Type.Set:
        case Type.Push:
          if (n === -2) return -1;
          this.left += Math.max(0, n) - 1;
          break;
        case Type.Map:
          if (n < 0) return -1;
          this.left += 2 * n - 1;
          break;
        case Type.Attribute:
          if (n < 0) return -1;
          this.left += 2 * n;
          break;
        default:
          return -1;
      }
    }
    return p;
  }

  /** Reads the words of an inline command: apart from each other, perhaps in quotes. */
  words(b: Uint8Array, o: number, end: number): void {
    let p = o;
    this.items = 0;
    while (this.items < MOST_ITEMS) {
      while (p < end && b[p] <= 0x20) p++;
      if (p >= end) return;
      const quote = b[p] === 0x22 || b[p] === 0x27 ? b[p] : 0;
      if (quote !== 0) p++;
      this.from[this.items] = p;
      while (p < end && (quote === 0 ? b[p] > 0x20 : b[p] !== quote)) {
        if (quote === 0x22 && b[p] === 0x5c) p++;
        p++;
      }
      this.to[this.items++] = Math.min(p, end);
      p++;
    }
  }

  /** Whether a text is a word, in upper case there and in any case here. */
  is(b: Uint8Array, item: number, word: string): boolean {
    if (item >= this.items || this.to[item] - this.from[item] !== word.length) return false;
    for (let i = 0; i < word.length; i++) {
      const c = b[this.from[item] + i];
      if ((c >= 0x61 && c <= 0x7a ? c - 0x20 : c) !== word.charCodeAt(i)) return false;
    }
    return true;
  }
}
