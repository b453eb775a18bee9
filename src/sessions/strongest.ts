/** The strongest open sessions of a table, found a slice at a time while packets go on. */
import { SLOT_BYTES } from './slot-fields.js';
import { F64, U8, W } from './slot-layout.js';
import { FLAG, SLOT_WORDS, type Slots } from './slots.js';

/**
 * A scan: slices of slots, then what was found. Sessions may open, grow and end between two slices: each is
 * judged by what it had when its slot was looked at.
 *
 * The strongest so far are a heap, the weakest of them first: most sessions cost one comparison.
 */
export class Strongest {
  /** The heap: how strong, which slot, and the serial of the session that was in it. */
  private readonly strengths: Float64Array;
  private readonly found: Uint32Array;
  private readonly serials: Uint32Array;
  private size = 0;
  /** The next slot to look at. */
  private at = 0;
  private sorted = false;
  private taken = 0;

  /**
   * @param by what makes a session strong: of its row so far
   * @param most how many are found
   */
  constructor(
    private readonly slots: Slots,
    private readonly by: 'bytes' | 'packets',
    private readonly most: number,
  ) {
    this.strengths = new Float64Array(most);
    this.found = new Uint32Array(most);
    this.serials = new Uint32Array(most);
  }

  /** Looks at up to `count` more slots. @returns false when all have been looked at */
  scan(count: number): boolean {
    const { u8, u32, f64, reached } = this.slots;
    const end = Math.min(this.at + count, reached);
    const byBytes = this.by === 'bytes';
    for (let slot = this.at; slot < end; slot++) {
      if ((u8[slot * SLOT_BYTES + U8.FLAGS] & FLAG.USED) === 0) continue;
      const w = slot * SLOT_WORDS;
      const d = (slot * SLOT_BYTES) / 8;
      const strength = byBytes
        ? f64[d + F64.BYTES_A] + f64[d + F64.BYTES_B]
        : u32[w + W.PACKETS_A] + u32[w + W.PACKETS_B];
      // Of a row that just began nothing came yet.
      if (strength > 0 && (this.size < this.most || strength > this.strengths[0]))
        this.keep(strength, slot, u32[w + W.SERIAL]);
    }
    this.at = end;
    return end < reached;
  }

  /** Takes the strongest that is left, or undefined. The scan is over. */
  take(): { readonly strength: number; readonly slot: number; readonly serial: number } | undefined {
    this.sort();
    if (this.taken === this.size) return undefined;
    const i = this.taken++;
    return { strength: this.strengths[i], slot: this.found[i], serial: this.serials[i] };
  }

  /** Takes the heap apart, the weakest first to the end: what remains is in falling order. */
  private sort(): void {
    if (this.sorted) return;
    this.sorted = true;
    for (let end = this.size - 1; end > 0; end--) {
      const strength = this.strengths[end];
      const slot = this.found[end];
      const serial = this.serials[end];
      this.move(0, end);
      this.sink(end, strength, slot, serial);
    }
  }

  private keep(strength: number, slot: number, serial: number): void {
    if (this.size === this.most) {
      this.sink(this.size, strength, slot, serial);
      return;
    }
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >>> 1;
      if (this.strengths[parent] <= strength) break;
      this.move(parent, i);
      i = parent;
    }
    this.put(i, strength, slot, serial);
  }

  /** Puts a session in place of the weakest, among the first `size`. */
  private sink(size: number, strength: number, slot: number, serial: number): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && this.strengths[child + 1] < this.strengths[child]) child++;
      if (this.strengths[child] >= strength) break;
      this.move(child, i);
      i = child;
    }
    this.put(i, strength, slot, serial);
  }

  private move(from: number, to: number): void {
    this.put(to, this.strengths[from], this.found[from], this.serials[from]);
  }

  private put(i: number, strength: number, slot: number, serial: number): void {
    this.strengths[i] = strength;
    this.found[i] = slot;
    this.serials[i] = serial;
  }
}
