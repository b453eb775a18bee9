/**
 * The largest number of buckets examined for one hash. Half of all buckets are free, so random hashes find
 * this many in a row taken less than once in 10^10 times: whoever reaches this knows the secret. One session
 * then ends for another; growing would give all memory to such hashes, and rehashing takes longer the more
 * there are.
 */
export const PROBES = 128;
/** A bucket of {@link SlotIndex} whose slot was removed, and beyond which others may be found. */
const GONE = 0xffffffff;

/**
 * Hash to slot: open addressing with linear probing and backward-shift deletion, growing by doubling. A
 * bucket is a hash and a slot side by side, so that most probes end in one cache line without reading the
 * slot, and growing reads no slots at all. No operation except growing takes more than twice {@link PROBES}
 * steps.
 */
export class SlotIndex {
  /** Hash, slot plus one; 0 for an empty bucket. */
  private buckets: Uint32Array;
  private mask: number;
  private count = 0;

  /** @param initial buckets: a power of two, more than PROBES */
  constructor(initial = 1 << 14) {
    this.buckets = new Uint32Array(initial * 2);
    this.mask = initial - 1;
  }

  /** The first bucket to probe for a hash. */
  start(hash: number): number {
    return hash & this.mask;
  }

  next(bucket: number): number {
    return (bucket + 1) & this.mask;
  }

  hashAt(bucket: number): number {
    return this.buckets[bucket * 2];
  }

  /** The slot in a bucket; -1 if the bucket is empty, which ends a probe. */
  slotAt(bucket: number): number {
    return this.buckets[bucket * 2 + 1] - 1;
  }

  /** @returns false, without effect, if all buckets for the hash are taken: see {@link replace} */
  insert(hash: number, slot: number): boolean {
    if (this.count * 2 > this.mask) this.grow();
    return this.place(hash, slot + 1);
  }

  /**
   * Puts a slot into the first bucket for its hash. @returns the slot that was there, which is no longer in
   * the index
   */
  replace(hash: number, slot: number): number {
    const at = (hash & this.mask) * 2;
    const replaced = this.buckets[at + 1] - 1;
    this.buckets[at] = hash;
    this.buckets[at + 1] = slot + 1;
    return replaced;
  }

  /** Removes a slot, if it is in the index. */
  remove(hash: number, slot: number): void {
    const b = this.buckets;
    let hole = hash & this.mask;
    for (let n = 1; b[hole * 2 + 1] !== slot + 1; n++) {
      if (b[hole * 2 + 1] === 0 || n === PROBES) return;
      hole = (hole + 1) & this.mask;
    }
    // Close the gap: move up what an empty bucket would hide.
    let i = hole;
    for (let n = 0; n < PROBES; n++) {
      i = (i + 1) & this.mask;
      if (b[i * 2 + 1] === 0) {
        b[hole * 2 + 1] = 0;
        this.count--;
        return;
      }
      const home = b[i * 2] & this.mask;
      if (((i - home) & this.mask) >= ((i - hole) & this.mask)) {
        b[hole * 2] = b[i * 2];
        b[hole * 2 + 1] = b[i * 2 + 1];
        hole = i;
      }
    }
    // The run has no end: the gap stays, marked so that searches pass it. No search for a hash of the next
    // bucket comes here.
    b[hole * 2] = (hole + 1) & this.mask;
    b[hole * 2 + 1] = GONE;
  }

  private place(hash: number, slotPlusOne: number): boolean {
    const b = this.buckets;
    let i = hash & this.mask;
    for (let n = 0; n < PROBES; n++) {
      const taken = b[i * 2 + 1];
      if (taken === 0 || taken === GONE) {
        b[i * 2] = hash;
        b[i * 2 + 1] = slotPlusOne;
        if (taken === 0) this.count++;
        return true;
      }
      i = (i + 1) & this.mask;
    }
    return false;
  }

  /**
   * Taken in order from behind an empty bucket, slots end up no further from their first buckets than before.
   */
  private grow(): void {
    const old = this.buckets;
    const oldMask = this.mask;
    let at = 0;
    while (old[at * 2 + 1] !== 0) at++;
    this.mask = oldMask * 2 + 1;
    this.buckets = new Uint32Array((this.mask + 1) * 2);
    this.count = 0;
    for (let n = 0; n <= oldMask; n++) {
      const taken = old[at * 2 + 1];
      if (taken !== 0 && taken !== GONE) this.place(old[at * 2], taken);
      at = (at + 1) & oldMask;
    }
  }
}
