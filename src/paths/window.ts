/**
 * Packets that wait for their other end: one entry per packet and pair, in the order in which they came,
 * found by their fingerprint.
 */

import { alignedWords } from './aligned-words.js';

/** The words of an entry: 64 bytes, a cache line. */
export const E = {
  /** The fingerprint, 64 bits. */
  PRINT: 0,
  /** Pair and flags, see {@link FLAG}; how many identical packets each end saw. */
  STATE: 2,
  COUNT: 3,
  /** Time at the pair's first and second place. */
  SEC: 4,
  NSEC: 6,
  LENGTH: 8,
  /** Hashes of the destination's address there. */
  DESTINATION: 10,
  /** TTL at both, 8 bits each. */
  TTL: 12,
  HOP: 13,
  /** TCP's sequence number. */
  SEQUENCE: 14,
  NEXT: 15,
} as const;
const WORDS = 16;

/** Bits of STATE above the pair's number. */
export const FLAG = {
  /** A fragment other than the first. */
  fragment: 0x100,
  /** TCP with payload. */
  stream: 0x200,
  /** The conversation's server sent it. */
  server: 0x400,
  /** A packet of its conversation that was sent later had arrived. */
  reordered: 0x800,
  /** It had to leave before its time. */
  early: 0x1000,
} as const;

const NONE = -1;
/** Entries at the beginning. There are no more than needed, so that they stay in the processor's cache. */
const FIRST_ENTRIES = 1 << 12;
/** Buckets per entry: a search rarely meets another packet. */
const BUCKETS = 2;

export class Window {
  /** Replaced by a larger array when it grows: not to be kept across {@link add}. */
  words: Int32Array;
  private heads: Int32Array;
  private mask: number;
  private entries: number;
  /** Running numbers: of the next entry, and of the oldest. */
  private next = 0;
  private oldest = 0;

  /** @param capacity a power of two */
  constructor(private readonly capacity: number) {
    this.entries = Math.min(capacity, FIRST_ENTRIES);
    this.words = alignedWords(this.entries * WORDS);
    const buckets = this.entries * BUCKETS;
    this.mask = buckets - 1;
    this.heads = new Int32Array(buckets).fill(NONE);
  }

  get size(): number {
    return this.next - this.oldest;
  }

  get isFull(): boolean {
    return this.size === this.capacity;
  }

  /** The place of an entry in {@link words}; -1 if there is none. */
  find(first: number, second: number, pair: number): number {
    const w = this.words;
    for (let at = this.heads[this.bucket(first, pair)]; at !== NONE; at = w[at + E.NEXT]) {
      if (w[at] === first && w[at + 1] === second && (w[at + E.STATE] & 0xff) === pair) return at;
    }
    return NONE;
  }

  /** A new entry that no end has seen; what ends set is undefined. There must be room. */
  add(first: number, second: number, pair: number): number {
    if (this.size === this.entries) this.grow();
    const at = (this.next++ & (this.entries - 1)) * WORDS;
    const w = this.words;
    w[at] = first;
    w[at + 1] = second;
    w[at + E.STATE] = pair;
    w[at + E.COUNT] = 0;
    w[at + E.TTL] = 0;
    w[at + E.HOP] = NONE;
    w[at + E.SEQUENCE] = 0;
    const bucket = this.bucket(first, pair);
    w[at + E.NEXT] = this.heads[bucket];
    this.heads[bucket] = at;
    return at;
  }

  /** The oldest entry; there must be one. */
  get first(): number {
    return (this.oldest & (this.entries - 1)) * WORDS;
  }

  removeFirst(): void {
    const at = this.first;
    const w = this.words;
    const bucket = this.bucket(w[at], w[at + E.STATE] & 0xff);
    let before = NONE;
    for (let i = this.heads[bucket]; i !== at; i = w[i + E.NEXT]) before = i;
    if (before === NONE) this.heads[bucket] = w[at + E.NEXT];
    else w[before + E.NEXT] = w[at + E.NEXT];
    this.oldest++;
  }

  private grow(): void {
    const { words, entries, size } = this;
    const larger = alignedWords(words.length * 2);
    const first = this.oldest & (entries - 1);
    larger.set(words.subarray(first * WORDS));
    larger.set(words.subarray(0, first * WORDS), (entries - first) * WORDS);
    this.words = larger;
    this.entries = entries * 2;
    this.oldest = 0;
    this.next = size;
    const buckets = this.entries * BUCKETS;
    this.mask = buckets - 1;
    this.heads = new Int32Array(buckets).fill(NONE);
    for (let at = 0; at < size * WORDS; at += WORDS) {
      const bucket = this.bucket(larger[at], larger[at + E.STATE] & 0xff);
      larger[at + E.NEXT] = this.heads[bucket];
      this.heads[bucket] = at;
    }
  }

  private bucket(first: number, pair: number): number {
    return (first ^ Math.imul(pair, 0x9e3779b1)) & this.mask;
  }
}
