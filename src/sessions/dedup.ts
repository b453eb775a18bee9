/**
 * Finds frames that a switch copied twice because it mirrors both ports or both directions of a path: the
 * same IP packet from the same mirror point within a window of time. What a router changes on the way (MACs,
 * TTL, header checksum) is left out of the comparison; every other byte that was captured counts, and so do
 * the packet's length and how much of it was captured.
 */
import { randomBytes } from 'node:crypto';
import { i32 } from '../wire/bytes.js';
import { IPV4_PROTOCOL, IPV4_SOURCE } from '../wire/ip/ipv4.js';
import { IPV6_SOURCE } from '../wire/ip/ipv6.js';
import { HASH_SECRET, KeyedHash, KeyedSums } from '../wire/keyed-hash.js';
import type { Frame } from '../wire/walk/frame.js';

/** Frames remembered, a power of two; the newest replaces what has the same place. */
export const FRAMES_REMEMBERED = 1 << 16;
/** Bytes of a packet: captures have no longer ones (MAX_PACKET of receive/file/format.ts). */
const LONGEST = 1 << 18;
/** Mirror point, the two lengths, and three words of the IP header. */
const HEAD_WORDS = 6;
/** IPv6's payload length and next header, without the hop limit. */
const NOT_HOP_LIMIT = ~0xff;

export class Deduplicator {
  /** Two hashes a frame: no two frames have the same ones but by a chance of one in 2^60. */
  private readonly prints: Int32Array;
  private readonly times: Float64Array;
  private readonly first = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly second = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly sums = new KeyedSums(new KeyedHash(randomBytes(HASH_SECRET)));
  private readonly words = new Int32Array(HEAD_WORDS + KeyedSums.words(LONGEST));

  /** Frames that gave their place to another within its window. */
  forgotten = 0;

  constructor(private readonly capacity = FRAMES_REMEMBERED) {
    this.prints = new Int32Array(capacity * 2);
    this.times = new Float64Array(capacity);
  }

  /**
   * Whether a frame was seen from this mirror point within the last `window` nanoseconds; remembers it
   * otherwise. Only frames with IP are compared.
   */
  seen(f: Frame, mirror: number, window: number): boolean {
    if (f.ip < 0) return false;
    const count = this.read(f, mirror);
    const print = this.first.words(this.words, count, 0);
    const other = this.second.words(this.words, count, 0);
    const now = f.sec * 1e9 + f.nsec;
    const at = print & (this.capacity - 1);
    const same = this.prints[at * 2] === print && this.prints[at * 2 + 1] === other;
    // An earlier frame is no copy: it comes from another capture, or the clock was set back. Its time is the one to go by.
    const since = now - this.times[at];
    const recent = since >= 0 && since <= window;
    const seen = same && recent;
    if (recent && !same) this.forgotten++;
    this.prints[at * 2] = print;
    this.prints[at * 2 + 1] = other;
    // A frame copied three times is two duplicates of the first: its time stays.
    if (!seen) this.times[at] = now;
    return seen;
  }

  /** Puts what is compared of a frame into words. @returns how many */
  private read(f: Frame, mirror: number): number {
    const b = f.bytes;
    const w = this.words;
    const end = Math.min(f.end, f.ip + f.ipLength, f.ip + LONGEST);
    w[0] = mirror;
    w[1] = f.ipLength;
    w[2] = end - f.ip;
    w[3] = i32(b, f.ip);
    if (f.ipVersion === 4) {
      w[4] = i32(b, f.ip + 4);
      w[5] = b[f.ip + IPV4_PROTOCOL];
      return this.sums.write(b, f.ip + IPV4_SOURCE, end, w, HEAD_WORDS);
    }
    w[4] = i32(b, f.ip + 4) & NOT_HOP_LIMIT;
    w[5] = 0;
    return this.sums.write(b, f.ip + IPV6_SOURCE, end, w, HEAD_WORDS);
  }
}
