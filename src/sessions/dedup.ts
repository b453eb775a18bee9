/**
 * Finds frames that a switch copied twice because it mirrors both ports or both directions of a path: the
 * same IP packet from the same mirror point within a window of time. What a router changes on the way
 * (MACs, TTL, header checksum) is left out of the comparison.
 */
import type { Frame } from '../wire/frame.js';

/** Frames remembered, a power of two; the newest replaces what has the same place. */
const CAPACITY = 1 << 16;
/** Bytes of the packet that are compared, beside its length. */
const COMPARED = 96;

export class Deduplicator {
  private readonly prints = new Uint32Array(CAPACITY * 2);
  private readonly times = new Float64Array(CAPACITY);

  /**
   * Whether a frame was seen from this mirror point within the last `window` nanoseconds; remembers it
   * otherwise. Only frames with IP are compared.
   */
  seen(f: Frame, mirror: number, window: number): boolean {
    if (f.ip < 0) return false;
    const b = f.bytes;
    const end = Math.min(f.end, f.ip + f.ipLength, f.ip + COMPARED);
    const v4 = f.ipVersion === 4;
    const ttl = f.ip + (v4 ? 8 : 7);
    const sum = v4 ? f.ip + 10 : -1;
    let h = Math.imul(mirror + 1, 0x9e3779b1) ^ f.ipLength;
    let g = 0x811c9dc5;
    for (let i = f.ip; i < end; i++) {
      if (i === ttl || i === sum || i === sum + 1) continue;
      h = Math.imul(h ^ b[i], 0x01000193);
      g = Math.imul(g + b[i], 0x85ebca6b) ^ (g >>> 15);
    }
    h = (h ^ (h >>> 15)) >>> 0;
    g >>>= 0;
    const now = f.sec * 1e9 + f.nsec;
    const at = h & (CAPACITY - 1);
    const same = this.prints[at * 2] === h && this.prints[at * 2 + 1] === g;
    // Either way: of several interfaces one may be a little behind, and a clock may be set back.
    const seen = same && Math.abs(now - this.times[at]) <= window;
    this.prints[at * 2] = h;
    this.prints[at * 2 + 1] = g;
    // A frame copied three times is two duplicates of the first: its time stays.
    if (!seen) this.times[at] = now;
    return seen;
  }
}
