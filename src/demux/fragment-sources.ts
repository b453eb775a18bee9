/** The sources of datagrams in reassembly, and how much room each of them takes. */
import { randomBytes } from 'node:crypto';
import type { OuterPacket } from '../model/outer-packet.js';
import { i32 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import { LONGEST_CHAIN, NO_DATAGRAM } from './fragment-table.js';

const NO_SOURCE = -1;
/** An IPv6 address; an IPv4 address and three times 0. */
const KEY_WORDS = 4;

export class FragmentSources {
  /** Per source: its datagrams, the bytes of their buffers, and the oldest datagram. */
  readonly count: Uint32Array;
  readonly bytes: Float64Array;
  readonly oldest: Int32Array;
  private readonly newest: Int32Array;
  /**
   * There is room for twice as many sources as datagrams, so that a source without datagrams is still known
   * when it sends the next.
   */
  private readonly room: number;
  private readonly keys: Int32Array;
  private readonly hashes: Uint32Array;
  private readonly heads: Int32Array;
  /** The next source in a hash chain. */
  private readonly chain: Int32Array;
  /** Sources from here on were never used; once all were, the next candidate for reuse. */
  private fresh = 0;
  private hand = 0;
  /** Per datagram: its source, and the source's datagrams before and after it. */
  private readonly source: Int32Array;
  private readonly older: Int32Array;
  private readonly newer: Int32Array;
  private readonly hashing = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly key = new Int32Array(KEY_WORDS);
  private last = 0;

  /** @param places the number of datagrams */
  constructor(places: number) {
    this.room = 2 * places;
    this.count = new Uint32Array(this.room);
    this.bytes = new Float64Array(this.room);
    this.oldest = new Int32Array(this.room).fill(NO_DATAGRAM);
    this.newest = new Int32Array(this.room).fill(NO_DATAGRAM);
    this.keys = new Int32Array(this.room * KEY_WORDS);
    this.hashes = new Uint32Array(this.room);
    this.heads = new Int32Array(1 << (32 - Math.clz32(this.room))).fill(NO_SOURCE);
    this.chain = new Int32Array(this.room);
    this.source = new Int32Array(places);
    this.older = new Int32Array(places);
    this.newer = new Int32Array(places);
  }

  /** The source of a packet whose datagram is new: {@link enter} the datagram before the next call. */
  find(packet: OuterPacket): number {
    const words = packet.ipVersion === 4 ? 1 : KEY_WORDS;
    for (let i = 0; i < KEY_WORDS; i++)
      this.key[i] = i < words ? i32(packet.bytes, packet.source + 4 * i) : 0;
    if (this.fresh > 0 && this.sameKey(this.last)) return this.last;
    const hash = this.hashing.words(this.key, KEY_WORDS, 0) & (this.heads.length - 1);
    let s = this.heads[hash];
    // At the end of the longest chain, sources are treated as one: so many equal hashes come about only by
    // design.
    for (let n = 1; s !== NO_SOURCE && n < LONGEST_CHAIN && !this.sameKey(s); n++) s = this.chain[s];
    this.last = s === NO_SOURCE ? this.add(hash) : s;
    return this.last;
  }

  /** The source of a datagram. */
  of(d: number): number {
    return this.source[d];
  }

  /** Enters a new datagram of a source. */
  enter(d: number, s: number): void {
    this.source[d] = s;
    this.older[d] = this.newest[s];
    this.newer[d] = NO_DATAGRAM;
    if (this.newest[s] === NO_DATAGRAM) this.oldest[s] = d;
    else this.newer[this.newest[s]] = d;
    this.newest[s] = d;
    this.count[s]++;
  }

  /** Removes a datagram that no longer has a buffer. */
  leave(d: number): void {
    const s = this.source[d];
    const older = this.older[d];
    const newer = this.newer[d];
    if (older === NO_DATAGRAM) this.oldest[s] = newer;
    else this.newer[older] = newer;
    if (newer === NO_DATAGRAM) this.newest[s] = older;
    else this.older[newer] = older;
    this.count[s]--;
  }

  private add(hash: number): number {
    const s = this.fresh < this.room ? this.fresh++ : this.reclaim();
    this.chain[s] = this.heads[hash];
    this.heads[hash] = s;
    this.hashes[s] = hash;
    this.keys.set(this.key, s * KEY_WORDS);
    return s;
  }

  /**
   * Frees a source without datagrams. At least half of the sources have none, so on average two are tried.
   */
  private reclaim(): number {
    while (this.count[this.hand] > 0) this.turn();
    const s = this.hand;
    this.turn();
    const hash = this.hashes[s];
    let before = this.heads[hash];
    if (before === s) this.heads[hash] = this.chain[s];
    else {
      while (this.chain[before] !== s) before = this.chain[before];
      this.chain[before] = this.chain[s];
    }
    return s;
  }

  private turn(): void {
    this.hand = this.hand + 1 === this.room ? 0 : this.hand + 1;
  }

  private sameKey(s: number): boolean {
    const base = s * KEY_WORDS;
    for (let i = 0; i < KEY_WORDS; i++) if (this.keys[base + i] !== this.key[i]) return false;
    return true;
  }
}
