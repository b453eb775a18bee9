/**
 * Hash to slot: open addressing with linear probing and backward-shift deletion, growing by doubling. A
 * bucket is a hash and a slot side by side, so that most probes end in one cache line without a look at
 * the slot, and growing needs no look at slots at all.
 */
export class SlotIndex {
  private buckets: Uint32Array;
  private mask: number;
  private count = 0;

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

  /** The slot in a bucket, -1 when the bucket is empty: the end of a probe. */
  slotAt(bucket: number): number {
    return this.buckets[bucket * 2 + 1] - 1;
  }

  insert(hash: number, slot: number): void {
    if (this.count * 2 > this.mask) this.grow();
    this.place(hash, slot + 1);
    this.count++;
  }

  remove(hash: number, slot: number): void {
    const b = this.buckets;
    let hole = hash & this.mask;
    while (b[hole * 2 + 1] !== slot + 1) {
      if (b[hole * 2 + 1] === 0) return;
      hole = (hole + 1) & this.mask;
    }
    // Close the gap: move up what would not be found behind an empty bucket.
    for (let i = (hole + 1) & this.mask; b[i * 2 + 1] !== 0; i = (i + 1) & this.mask) {
      const home = b[i * 2] & this.mask;
      if (((i - home) & this.mask) >= ((i - hole) & this.mask)) {
        b[hole * 2] = b[i * 2];
        b[hole * 2 + 1] = b[i * 2 + 1];
        hole = i;
      }
    }
    b[hole * 2 + 1] = 0;
    this.count--;
  }

  private place(hash: number, slotPlusOne: number): void {
    let i = hash & this.mask;
    while (this.buckets[i * 2 + 1] !== 0) i = (i + 1) & this.mask;
    this.buckets[i * 2] = hash;
    this.buckets[i * 2 + 1] = slotPlusOne;
  }

  private grow(): void {
    const old = this.buckets;
    this.mask = this.mask * 2 + 1;
    this.buckets = new Uint32Array((this.mask + 1) * 2);
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.place(old[i], old[i + 1]);
  }
}
