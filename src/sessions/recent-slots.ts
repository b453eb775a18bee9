/**
 * The slots of recently seen sessions. Most packets find theirs here, by a cheap hash and in memory that
 * stays in the processor's cache. The hash has no secret: whoever makes sessions collide here sends their
 * packets through the index, which has one, and gains no more than that.
 */

/** The highest bits of a hash choose the place. */
const INDEX_SHIFT = 16;
/**
 * A place has the slot plus one in its lower bits (MOST_SESSIONS of config/bounds.ts fits), and above them
 * the next 8 bits of the hash.
 */
const SLOT_BITS = 24;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const TAG_SHIFT = INDEX_SHIFT - 8;

export class RecentSlots {
  private readonly places = new Uint32Array(1 << (32 - INDEX_SHIFT));

  /** The slot noted last for this 32-bit hash, or for a nearly equal one; -1 for none. */
  slot(hash: number): number {
    const place = this.places[hash >>> INDEX_SHIFT];
    return place >>> SLOT_BITS === ((hash >>> TAG_SHIFT) & 0xff) ? (place & SLOT_MASK) - 1 : -1;
  }

  note(hash: number, slot: number): void {
    this.places[hash >>> INDEX_SHIFT] = (((hash >>> TAG_SHIFT) & 0xff) << SLOT_BITS) | (slot + 1);
  }
}
