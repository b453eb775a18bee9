import { W } from './slot-layout.js';
import { SLOT_WORDS, type Slots } from './slots.js';

/** Buckets of one second: the furthest a deadline can lie ahead; later ones are looked at again then. */
export const WHEEL_SECONDS = 1024;
const LAST_BUCKET = WHEEL_SECONDS - 1;

/**
 * A timer wheel over slots: a list of slots for every second, linked through the slots themselves. A
 * packet does not move its session: when a second comes round, the slots in it are asked for their true
 * deadline, and those that live longer are put where they belong.
 */
export class Wheel {
  /** First and last slot of every second, plus one; 0 for none. */
  private readonly heads = new Uint32Array(WHEEL_SECONDS);
  private readonly tails = new Uint32Array(WHEEL_SECONDS);
  /** A bit for every second that has slots. */
  private readonly occupied = new Uint32Array(WHEEL_SECONDS / 32);

  constructor(private readonly slots: Slots) {}

  /** Links a slot into the second `at`, behind those that are there. */
  insert(slot: number, at: number): void {
    const u32 = this.slots.u32;
    const w = slot * SLOT_WORDS;
    const bucket = at & LAST_BUCKET;
    const tail = this.tails[bucket];
    u32[w + W.NEXT] = 0;
    u32[w + W.PREVIOUS] = tail;
    u32[w + W.BUCKET] = bucket;
    if (tail !== 0) u32[(tail - 1) * SLOT_WORDS + W.NEXT] = slot + 1;
    else {
      this.heads[bucket] = slot + 1;
      this.occupied[bucket >>> 5] |= 1 << (bucket & 31);
    }
    this.tails[bucket] = slot + 1;
  }

  remove(slot: number): void {
    const u32 = this.slots.u32;
    const w = slot * SLOT_WORDS;
    const next = u32[w + W.NEXT];
    const previous = u32[w + W.PREVIOUS];
    const bucket = u32[w + W.BUCKET];
    if (previous === 0) this.heads[bucket] = next;
    else u32[(previous - 1) * SLOT_WORDS + W.NEXT] = next;
    if (next === 0) this.tails[bucket] = previous;
    else u32[(next - 1) * SLOT_WORDS + W.PREVIOUS] = previous;
    if (this.heads[bucket] === 0) this.vacate(bucket);
  }

  /**
   * The first second from `at` up to `last`, at most a turn of the wheel, that has slots; -1 when none has.
   */
  occupiedFrom(at: number, last: number): number {
    for (let second = at; second <= last; ) {
      const bucket = second & LAST_BUCKET;
      const bits = this.occupied[bucket >>> 5] >>> (bucket & 31);
      if (bits === 0) {
        second += 32 - (bucket & 31);
        continue;
      }
      const found = second + 31 - Math.clz32(bits & -bits);
      return found <= last ? found : -1;
    }
    return -1;
  }

  /** The first slot of the second `at`, or -1. */
  first(at: number): number {
    return this.heads[at & LAST_BUCKET] - 1;
  }

  /** Takes all slots out of the second `at`: the first of them, the rest linked behind it, or -1. */
  take(at: number): number {
    const bucket = at & LAST_BUCKET;
    const head = this.heads[bucket];
    this.heads[bucket] = 0;
    this.tails[bucket] = 0;
    this.vacate(bucket);
    return head - 1;
  }

  /** The slot behind one in its list, or -1. */
  after(slot: number): number {
    return this.slots.u32[slot * SLOT_WORDS + W.NEXT] - 1;
  }

  private vacate(bucket: number): void {
    this.occupied[bucket >>> 5] &= ~(1 << (bucket & 31));
  }
}
