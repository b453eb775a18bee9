/** Which parts of a datagram have arrived: one bit per 8 bytes of payload, the unit of fragment offsets. */

const UNITS = 8192;
const WORDS = UNITS / 32;

export class FragmentUnits {
  private readonly bits: Uint32Array;

  /** @param datagrams the largest number at the same time */
  constructor(datagrams: number) {
    this.bits = new Uint32Array(datagrams * WORDS);
  }

  clear(d: number): void {
    this.bits.fill(0, d * WORDS, (d + 1) * WORDS);
  }

  /** How many units of a datagram, from `first` up to `end`, have arrived. */
  seen(d: number, first: number, end: number): number {
    const base = d * WORDS;
    let seen = 0;
    for (let word = first >>> 5; word << 5 < end; word++) {
      const bits = this.bits[base + word];
      if (bits !== 0) seen += bitCount(bits & wordMask(word, first, end));
    }
    return seen;
  }

  /** How many units have arrived from the first one on, without a gap. */
  leading(d: number): number {
    const base = d * WORDS;
    for (let word = 0; word < WORDS; word++) {
      const missing = ~this.bits[base + word];
      if (missing !== 0) return (word << 5) + 31 - Math.clz32(missing & -missing);
    }
    return UNITS;
  }

  mark(d: number, first: number, end: number): void {
    const base = d * WORDS;
    for (let word = first >>> 5; word << 5 < end; word++)
      this.bits[base + word] |= wordMask(word, first, end);
  }
}

/** The bits of a word of 32 units that lie between `first` and `end`, some of which do. */
function wordMask(word: number, first: number, end: number): number {
  const low = first - (word << 5);
  const high = end - (word << 5);
  return (low > 0 ? -1 << low : -1) & (high < 32 ? ~(-1 << high) : -1);
}

function bitCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
