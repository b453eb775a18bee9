import { SLOT_WORDS, type Slots, W } from './slots.js';

/** Buckets of one second: the furthest a deadline can lie ahead; later ones are looked at again then. */
export const WHEEL_SECONDS = 1024;

/**
 * A timer wheel over slots: a list of slots for every second, linked through the slots themselves. A
 * packet does not move its session: when a second comes round, the slots in it are asked for their true
 * deadline, and those that live longer are put where they belong.
 */
export class Wheel {
  /** First and last slot of every second, plus one; 0 for none. */
  private readonly heads = new Uint32Array(WHEEL_SECONDS);
  private readonly tails = new Uint32Array(WHEEL_SECONDS);

  constructor(private readonly slots: Slots) {}

  /** Links a slot into the second `at`, behind those that are there. */
  insert(slot: number, at: number): void {
    const u32 = this.slots.u32;
    const w = slot * SLOT_WORDS;
    const bucket = at % WHEEL_SECONDS;
    const tail = this.tails[bucket];
    u32[w + W.NEXT] = 0;
    u32[w + W.PREVIOUS] = tail;
    u32[w + W.BUCKET] = bucket;
    if (tail !== 0) u32[(tail - 1) * SLOT_WORDS + W.NEXT] = slot + 1;
    else this.heads[bucket] = slot + 1;
    this.tails[bucket] = slot + 1;
  }

  remove(slot: number): void {
    const u32 = this.slots.u32;
    const w = slot * SLOT_WORDS;
    const next = u32[w + W.NEXT];
    const previous = u32[w + W.PREVIOUS];
    if (previous === 0) this.heads[u32[w + W.BUCKET]] = next;
    else u32[(previous - 1) * SLOT_WORDS + W.NEXT] = next;
    if (next === 0) this.tails[u32[w + W.BUCKET]] = previous;
    else u32[(next - 1) * SLOT_WORDS + W.PREVIOUS] = previous;
  }

  /** The first slot of the second `at`, or -1. */
  first(at: number): number {
    return this.heads[at % WHEEL_SECONDS] - 1;
  }

  /** Takes all slots out of the second `at`: the first of them, the rest linked behind it, or -1. */
  take(at: number): number {
    const bucket = at % WHEEL_SECONDS;
    const head = this.heads[bucket];
    this.heads[bucket] = 0;
    this.tails[bucket] = 0;
    return head - 1;
  }

  /** The slot behind one in its list, or -1. */
  after(slot: number): number {
    return this.slots.u32[slot * SLOT_WORDS + W.NEXT] - 1;
  }
}
