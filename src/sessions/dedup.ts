/**
 * Finds second copies from a switch that mirrors both ports or both directions of a path: the same IP packet
 * from the same mirror point within a window of time. Fields that a router changes (MACs, TTL, header
 * checksum) are not compared; every other captured byte is, and so are the packet's length and its captured
 * length.
 */
import { randomBytes } from 'node:crypto';
import { HASH_SECRET, KeyedHash, KeyedSums } from '../wire/keyed-hash.js';
import type { Frame } from '../wire/walk/frame.js';
import { ComparedWords } from './compared.js';

/** Frames remembered, a power of two. */
export const FRAMES_REMEMBERED = 1 << 16;
/**
 * Places that a frame may have, of which it takes the oldest. Their prints fill one cache line. If it had one
 * place only, the share of frames forgotten early would be that of the places in use; with eight, none is as
 * long as few of the places are.
 */
const WAYS = 8;
/** Bytes of a packet: captures have no longer ones (MAX_PACKET of receive/file/format.ts). */
const LONGEST = 1 << 18;

export class Deduplicator {
  /** Two hashes per frame: two different frames have equal ones with a chance of one in 2^60. */
  private readonly prints: Int32Array;
  private readonly times: Float64Array;
  private readonly first = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly second = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly compared = new ComparedWords(
    { bytes: LONGEST, dscp: true },
    new KeyedSums(new KeyedHash(randomBytes(HASH_SECRET))),
  );

  /** Frames that lost their place within their window. */
  forgotten = 0;

  /** @param capacity a power of two, at least eight */
  constructor(private readonly capacity = FRAMES_REMEMBERED) {
    this.prints = new Int32Array(capacity * 2);
    this.times = new Float64Array(capacity);
  }

  /**
   * Whether a frame was seen from this mirror point within the last `window` nanoseconds; if not, remembers
   * it. Only frames with IP are compared.
   */
  seen(f: Frame, mirror: number, window: number): boolean {
    if (f.ip < 0) return false;
    const count = this.compared.packet(f, mirror);
    const { words } = this.compared;
    const print = this.first.words(words, count, 0);
    const other = this.second.words(words, count, 0);
    const now = f.sec * 1e9 + f.nsec;
    const at = this.placeOf(print, other, now);
    const same = this.prints[at * 2] === print && this.prints[at * 2 + 1] === other;
    // An earlier frame is no copy: it comes from another capture, or the clock was set back. Its time counts
    // from now on.
    const since = now - this.times[at];
    const recent = since >= 0 && since <= window;
    const seen = same && recent;
    if (recent && !same) this.forgotten++;
    this.prints[at * 2] = print;
    this.prints[at * 2 + 1] = other;
    // A third copy is a second duplicate of the first frame, whose time stays.
    if (!seen) this.times[at] = now;
    return seen;
  }

  /**
   * The place of a frame that is remembered; otherwise the one to take: that of the frame farthest from now,
   * in the past or, after the clock was set back, in the future.
   */
  private placeOf(print: number, other: number, now: number): number {
    const from = print & (this.capacity - WAYS);
    for (let at = from; at < from + WAYS; at++)
      if (this.prints[at * 2] === print && this.prints[at * 2 + 1] === other) return at;
    let farthest = from;
    let distance = -1;
    for (let at = from; at < from + WAYS; at++) {
      const away = Math.abs(now - this.times[at]);
      if (away <= distance) continue;
      farthest = at;
      distance = away;
    }
    return farthest;
  }
}
