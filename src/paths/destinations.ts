/**
 * In which direction of a pair the packets to an address go, learnt from matched packets: a router lowers
 * the TTL on the way; without one in between, the times tell. What is seen at one end only is lost only if
 * its destination is known to be reached through the pair.
 */

/** Addresses remembered, a power of two; and the places that one may have. */
export const DESTINATIONS = 1 << 16;
const WAYS = 8;
/** What a TTL says outweighs any number of times. */
const CERTAIN = 1 << 20;
const MOST_VOTES = 256;

export class Destinations {
  private readonly tags: Int32Array;
  /** Positive: from the pair's first place to its second. */
  private readonly votes: Int32Array;
  private readonly used: Uint32Array;
  private clock = 0;

  constructor(private readonly capacity = DESTINATIONS) {
    this.tags = new Int32Array(capacity);
    this.votes = new Int32Array(capacity);
    this.used = new Uint32Array(capacity);
  }

  /** The direction to an address, by its keyed hash: 1 forward, -1 reverse, 0 unknown. */
  direction(tag: number): number {
    const at = this.find(tag);
    return at < 0 ? 0 : Math.sign(this.votes[at]);
  }

  /** A packet to the address went this way: 1 or -1. */
  learn(tag: number, way: number, certain: boolean): void {
    let at = this.find(tag);
    if (at < 0) at = this.place(tag);
    this.used[at] = ++this.clock;
    const votes = this.votes[at];
    if (certain) this.votes[at] = way * CERTAIN;
    else if (Math.abs(votes) < CERTAIN) {
      const next = votes + way;
      // No direction stays unknown once something was learnt.
      if (next === 0) this.votes[at] = way;
      else if (Math.abs(next) <= MOST_VOTES) this.votes[at] = next;
    }
  }

  private find(tag: number): number {
    const from = tag & (this.capacity - WAYS);
    for (let at = from; at < from + WAYS; at++) if (this.tags[at] === tag && this.votes[at] !== 0) return at;
    return -1;
  }

  /** The place that was not used for longest. */
  private place(tag: number): number {
    const from = tag & (this.capacity - WAYS);
    let oldest = from;
    for (let at = from; at < from + WAYS; at++) {
      if (this.votes[at] === 0) {
        oldest = at;
        break;
      }
      if (this.used[at] < this.used[oldest]) oldest = at;
    }
    this.tags[oldest] = tag;
    this.votes[oldest] = 0;
    return oldest;
  }
}
