/** Finds the places that see the same packets, for `pairs: auto`. */
import { O } from './observation.js';
import { MOST_PAIRS } from './path-options.js';

/** Packets remembered, a power of two. */
const REMEMBERED = 1 << 14;
/** Common packets that make a pair. */
const COMMON = 16;

export class Discovery {
  private readonly prints = new Int32Array(REMEMBERED * 2);
  private readonly places = new Int16Array(REMEMBERED).fill(-1);
  private readonly times = new Float64Array(REMEMBERED);
  /** Common packets, by the number of the first place and that of the second. */
  private readonly common: Uint8Array;
  private pairs = 0;
  /** Pairs for which there was no room. */
  full = 0;

  constructor(private readonly count: number) {
    this.common = new Uint8Array(count * count);
  }

  /** @returns a new pair, from the place that saw its packets first */
  take(
    o: Int32Array,
    at: number,
    place: number,
    time: number,
    windowNs: number,
  ): { from: number; to: number } | undefined {
    const slot = o[at + O.PRINT] & (REMEMBERED - 1);
    const same =
      this.prints[slot * 2] === o[at + O.PRINT] && this.prints[slot * 2 + 1] === o[at + O.PRINT + 1];
    const first = this.places[slot];
    if (!same || first < 0 || Math.abs(time - this.times[slot]) > windowNs) {
      this.prints[slot * 2] = o[at + O.PRINT];
      this.prints[slot * 2 + 1] = o[at + O.PRINT + 1];
      this.places[slot] = place;
      this.times[slot] = time;
      return undefined;
    }
    if (first === place) return undefined;
    const from = Math.min(first, place);
    const to = Math.max(first, place);
    const known = from * this.count + to;
    if (this.common[known] >= COMMON || ++this.common[known] < COMMON) return undefined;
    if (this.pairs === MOST_PAIRS) {
      this.full++;
      return undefined;
    }
    this.pairs++;
    return { from, to };
  }
}
