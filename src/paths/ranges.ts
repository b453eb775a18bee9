/**
 * Bytes of TCP streams that one end saw in one large packet, merged (GRO) or not yet split (TSO): what the
 * other end saw of them in packets of their own has no counterpart.
 */

/** Ranges remembered. */
export const RANGES = 4096;
const WORDS = 4;

export class Ranges {
  /** Conversation and pair, who sent it, first byte, number of bytes. */
  private readonly words = new Int32Array(RANGES * WORDS);
  private readonly heads = new Int32Array(RANGES).fill(-1);
  private readonly next = new Int32Array(RANGES);
  private count = 0;

  /** @param sender 0, or not 0 for the server's */
  add(hop: number, pair: number, sender: number, sequence: number, bytes: number): void {
    if (hop < 0) return;
    const at = this.count++ % RANGES;
    if (this.count > RANGES) this.unlink(at);
    const w = at * WORDS;
    this.words[w] = hop;
    this.words[w + 1] = (pair << 16) | sender;
    this.words[w + 2] = sequence;
    this.words[w + 3] = bytes;
    const bucket = bucketOf(hop);
    this.next[at] = this.heads[bucket];
    this.heads[bucket] = at;
  }

  /** Whether a byte of a stream is within a large packet. */
  has(hop: number, pair: number, sender: number, sequence: number): boolean {
    if (hop < 0 || this.count === 0) return false;
    for (let at = this.heads[bucketOf(hop)]; at >= 0; at = this.next[at]) {
      const w = at * WORDS;
      if (this.words[w] !== hop || this.words[w + 1] !== ((pair << 16) | sender)) continue;
      if ((sequence - this.words[w + 2]) >>> 0 < this.words[w + 3]) return true;
    }
    return false;
  }

  clear(): void {
    this.count = 0;
    this.heads.fill(-1);
  }

  private unlink(at: number): void {
    const bucket = bucketOf(this.words[at * WORDS]);
    if (this.heads[bucket] === at) {
      this.heads[bucket] = this.next[at];
      return;
    }
    let before = this.heads[bucket];
    while (before >= 0 && this.next[before] !== at) before = this.next[before];
    if (before >= 0) this.next[before] = this.next[at];
  }
}

/** Conversations are multiples of a power of two: the upper bits of the product depend on all of theirs. */
function bucketOf(hop: number): number {
  return Math.imul(hop, 0x9e3779b1) >>> (32 - Math.log2(RANGES));
}
