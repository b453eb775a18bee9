/**
 * Finding the mirror point of a packet: a hash table over typed arrays, nothing allocated but for new points.
 *
 * A {@link PointGate} says which pool of places a new point is of. Points of a pool that is full share one a
 * type, with `::` as source and target; points that are refused take no place, and of them the loudest are
 * counted. The index of a point that is forgotten is a later one's.
 */
import { randomBytes } from 'node:crypto';
import { isKeyed, isTwoWay, MirrorPoint, MirrorType } from '../model/mirror-point.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { i32, setU32, u32 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import { grownInt32, grownUint32 } from './grow.js';
import { LoudestRefused } from './loudest.js';
import {
  ADDRESS_WORDS,
  KEY,
  KEYED,
  KIND,
  NO_KEY,
  type PointGate,
  REFUSED,
  TYPE_SHIFT,
  POINT_WORDS as WORDS,
} from './point-gate.js';
import { PointPools } from './point-pools.js';

/**
 * Points with a place of their own, of all pools. Their indices, and those of the points that others share,
 * have 24 bits.
 */
export const MOST_POINTS = 1 << 23;
/**
 * Slots looked at for a point. A table at most half full has so long a row of full ones only where hashes are
 * alike; a point that finds no slot in it is shared, as in a pool that is full.
 */
export const PROBES = 128;
const IPV4_MAPPED = 0xffff;
const EMPTY = -1;
/**
 * Places for points lately found, a power of two, and what a place holds over IPv4. Two points that have the
 * same one push each other out and are looked for with the secret hash: there are enough for some dozens not to.
 */
const RECENT = 256;
const RECENT_WORDS = 5;
const RECENT_HASH_SHIFT = 24;

/** In place of a pool: the index is nobody's. */
const FREE = -2;

export class MirrorPoints {
  /** By index; one that is forgotten stays until another has its index. */
  readonly points: MirrorPoint[] = [];
  /** Whether the packet of the last {@link find} went from its point's target to its source. */
  reversed = false;
  /** Packets of points for which there was no place, and of refused ones; and the loudest of these. */
  overflowed = 0;
  refused = 0;
  readonly loudest = new LoudestRefused();
  private readonly message = new Int32Array(WORDS);
  /** The packet looked for, and every point's. */
  private readonly wanted = new Uint32Array(WORDS);
  private words = new Uint32Array(64 * WORDS);
  private slots = new Int32Array(128).fill(EMPTY);
  /** By index: the pool, REFUSED by rules that came later, or FREE. */
  private pools = new Int32Array(64).fill(FREE);
  private places: PointPools;
  /** Points in the hash table, and indices that may be used again. */
  private entered = 0;
  private readonly spare: number[] = [];
  /** Source, target, kind, key; then twice the index, 1 more when reversed, plus 1. Most packets need look no further. */
  private readonly recent = new Int32Array(RECENT * RECENT_WORDS);
  /** Over IPv6: the index plus 1; the point's words are compared. */
  private readonly recent6 = new Int32Array(RECENT);

  /**
   * @param made told of every new point, and of every one again when another gate has said which pool it is
   *   of
   * @param hashing of the words of a point; under a secret of its own, unless given
   */
  constructor(
    gate: PointGate,
    private readonly made: (point: MirrorPoint, pool: number, isNew: boolean) => void,
    private readonly hashing: Pick<KeyedHash, 'words'> = new KeyedHash(randomBytes(HASH_SECRET)),
  ) {
    this.places = new PointPools(gate);
  }

  /**
   * Finds or makes the point of a packet.
   *
   * @param session ERSPAN session, 0 for types without
   * @param key the GRE key, NO_KEY for none; part of the identity where {@link isKeyed} says so
   * @returns its index, or REFUSED
   */
  find(type: MirrorType, packet: OuterPacket, session: number, key: number): number {
    const keyed = key !== NO_KEY && isKeyed(type);
    const kind = (type << TYPE_SHIFT) | session | (keyed ? KEYED : 0);
    const keyWord = keyed ? key | 0 : 0;
    if (packet.ipVersion !== 4) return this.find6(type, packet, session, key, kind, keyWord);
    const source = i32(packet.bytes, packet.source);
    const target = i32(packet.bytes, packet.destination);
    const hash = Math.imul(source ^ Math.imul(target ^ kind ^ keyWord, 0x85ebca6b), 0x9e3779b1);
    const at = (hash >>> RECENT_HASH_SHIFT) * RECENT_WORDS;
    const r = this.recent;
    const found = r[at + 4];
    if (
      found !== 0 &&
      r[at] === source &&
      r[at + 1] === target &&
      r[at + 2] === kind &&
      r[at + 3] === keyWord
    ) {
      this.reversed = (found & 1) === 0;
      return (found - 1) >> 1;
    }
    this.want(packet, kind, keyWord);
    const index = this.search(type, session, key);
    // What has no place of its own is not remembered either: a flood of it would push the others out.
    if (index === REFUSED || this.isShared(index)) return index;
    r[at] = source;
    r[at + 1] = target;
    r[at + 2] = kind;
    r[at + 3] = keyWord;
    r[at + 4] = index * 2 + (this.reversed ? 1 : 0) + 1;
    return index;
  }

  /**
   * Whether a fragment may be of a point that is not refused, as far as its addresses tell: of a two-way
   * tunnel either may be the sender that rules name. One that is not is counted as refused.
   */
  mayAdmit(packet: OuterPacket): boolean {
    const w = this.wanted;
    this.address(packet, packet.destination, 0);
    if (this.places.gate.mayAdmit(w)) return true;
    this.address(packet, packet.source, 0);
    if (this.places.gate.mayAdmit(w)) return true;
    w[KIND] = 0;
    w[KEY] = 0;
    this.refuse();
    return false;
  }

  /** Whether a point stands for all of its pool and type that have no place of their own. */
  isShared(index: number): boolean {
    return this.words[index * WORDS + KIND] === 0;
  }

  /** Whether the index is a point's, and not one that is forgotten. */
  isLive(index: number): boolean {
    return this.pools[index] !== FREE;
  }

  /** Seconds without packets after which a point is to be forgotten. */
  idle(index: number): number {
    return this.places.idle(this.pools[index], this.isShared(index));
  }

  /** Forgets a point: its place is free, and its index. */
  remove(index: number): void {
    const pool = this.pools[index];
    if (this.isShared(index)) this.places.unshare(index);
    else {
      if (pool !== REFUSED) this.places.giveBack(pool);
      this.leave(index);
    }
    this.pools[index] = FREE;
    this.spare.push(index);
    this.recent.fill(0);
    this.recent6.fill(0);
  }

  /**
   * Asks another gate about every point. Those it refuses give up their places; where it has fewer places for
   * others than they are, they stay. Points shared by others are not shared any further: it may have other
   * pools.
   */
  regate(gate: PointGate): void {
    this.places = new PointPools(gate);
    this.recent.fill(0);
    this.recent6.fill(0);
    for (const { index, type, session, key } of this.points) {
      if (!this.isLive(index) || this.isShared(index)) continue;
      this.wanted.set(this.words.subarray(index * WORDS, (index + 1) * WORDS));
      const pool = gate.poolOf(type, this.wanted, session, key ?? NO_KEY);
      this.pools[index] = pool;
      if (pool === REFUSED) continue;
      this.places.take(pool);
      this.made(this.points[index], pool, false);
    }
  }

  /** {@link find} for a packet over IPv6. */
  private find6(
    type: MirrorType,
    packet: OuterPacket,
    session: number,
    key: number,
    kind: number,
    keyWord: number,
  ): number {
    this.want(packet, kind, keyWord);
    const w = this.wanted;
    const last = ADDRESS_WORDS - 1;
    const mixed = w[last] ^ Math.imul(w[ADDRESS_WORDS + last] ^ kind ^ keyWord, 0x85ebca6b);
    const at = Math.imul(mixed, 0x9e3779b1) >>> RECENT_HASH_SHIFT;
    const found = this.recent6[at] - 1;
    if (found >= 0 && this.same(found * WORDS, isTwoWay(type))) return found;
    const index = this.search(type, session, key);
    if (index !== REFUSED && !this.isShared(index)) this.recent6[at] = index + 1;
    return index;
  }

  /** Notes what is looked for. */
  private want(packet: OuterPacket, kind: number, keyWord: number): void {
    this.address(packet, packet.source, 0);
    this.address(packet, packet.destination, ADDRESS_WORDS);
    this.wanted[KIND] = kind;
    this.wanted[KEY] = keyWord;
  }

  private search(type: MirrorType, session: number, key: number): number {
    const twoWay = isTwoWay(type);
    const mask = this.slots.length - 1;
    let slot = this.hash() & mask;
    for (let n = 0; n < PROBES; n++) {
      const index = this.slots[slot];
      if (index === EMPTY) return this.enter(slot, type, session, key);
      if (this.same(index * WORDS, twoWay)) return this.pools[index] === REFUSED ? this.refuse() : index;
      slot = (slot + 1) & mask;
    }
    return this.enter(EMPTY, type, session, key);
  }

  private address(packet: OuterPacket, at: number, o: number): void {
    const w = this.wanted;
    const b = packet.bytes;
    if (packet.ipVersion === 4) {
      w[o] = 0;
      w[o + 1] = 0;
      w[o + 2] = IPV4_MAPPED;
      w[o + 3] = u32(b, at);
      return;
    }
    for (let i = 0; i < ADDRESS_WORDS; i++) w[o + i] = u32(b, at + 4 * i);
  }

  /** The same for either order of the two addresses. */
  private hash(): number {
    const w = this.wanted;
    let first = 0;
    while (first < ADDRESS_WORDS - 1 && w[first] === w[ADDRESS_WORDS + first]) first++;
    const low = w[first] < w[ADDRESS_WORDS + first] ? 0 : ADDRESS_WORDS;
    const m = this.message;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      m[i] = w[low + i];
      m[ADDRESS_WORDS + i] = w[ADDRESS_WORDS - low + i];
    }
    m[KIND] = w[KIND];
    m[KEY] = w[KEY];
    return this.hashing.words(m, WORDS, 0) >>> 0;
  }

  private same(at: number, twoWay: boolean): boolean {
    const w = this.wanted;
    const words = this.words;
    if (words[at + KIND] !== w[KIND] || words[at + KEY] !== w[KEY]) return false;
    if (sameWords(words, at, w, 0, 2 * ADDRESS_WORDS)) {
      this.reversed = false;
      return true;
    }
    if (!twoWay || !sameWords(words, at, w, ADDRESS_WORDS, ADDRESS_WORDS)) return false;
    if (!sameWords(words, at + ADDRESS_WORDS, w, 0, ADDRESS_WORDS)) return false;
    this.reversed = true;
    return true;
  }

  private refuse(): number {
    this.refused++;
    this.loudest.count(this.wanted);
    return REFUSED;
  }

  /** The point of a packet that none is there for: a new one at this slot (EMPTY: none is free), or a shared one. */
  private enter(slot: number, type: MirrorType, session: number, key: number): number {
    this.reversed = false;
    const pool = this.places.gate.poolOf(type, this.wanted, session, key);
    if (pool === REFUSED) return this.refuse();
    if (slot === EMPTY || this.places.isFull(pool) || this.entered === MOST_POINTS)
      return this.sharedPoint(type, pool);
    const own = type === MirrorType.Pptp || key === NO_KEY ? null : key;
    const index = this.freeIndex();
    this.words.set(this.wanted, index * WORDS);
    this.slots[slot] = index;
    this.places.take(pool);
    this.make(index, type, this.bytes(0), this.bytes(ADDRESS_WORDS), session, own, pool);
    if (++this.entered * 2 > this.slots.length) this.growSlots();
    return index;
  }

  private sharedPoint(type: MirrorType, pool: number): number {
    this.overflowed++;
    const shared = this.places.sharedPoint(pool, type);
    if (shared !== undefined) return shared;
    const index = this.freeIndex();
    this.words.fill(0, index * WORDS, (index + 1) * WORDS);
    this.places.share(pool, type, index);
    this.make(index, type, new Uint8Array(16), new Uint8Array(16), 0, null, pool);
    return index;
  }

  private make(
    index: number,
    type: MirrorType,
    source: Uint8Array,
    target: Uint8Array,
    session: number,
    key: number | null,
    pool: number,
  ): void {
    const point = new MirrorPoint(index, type, source, target, session, key);
    this.points[index] = point;
    this.pools[index] = pool;
    this.made(point, pool, true);
  }

  private freeIndex(): number {
    const spare = this.spare.pop();
    if (spare !== undefined) return spare;
    const index = this.points.length;
    if (index === this.pools.length) {
      this.words = grownUint32(this.words);
      this.pools = grownInt32(this.pools).fill(FREE, index);
    }
    return index;
  }

  private bytes(o: number): Uint8Array {
    const bytes = new Uint8Array(4 * ADDRESS_WORDS);
    for (let i = 0; i < ADDRESS_WORDS; i++) setU32(bytes, 4 * i, this.wanted[o + i]);
    return bytes;
  }

  private growSlots(): void {
    const before = this.slots;
    this.slots = new Int32Array(before.length * 2).fill(EMPTY);
    for (const index of before) if (index !== EMPTY) this.slots[this.freeSlot(index)] = index;
  }

  /** Where a point goes in the hash table. */
  private freeSlot(index: number): number {
    const mask = this.slots.length - 1;
    let slot = this.home(index);
    while (this.slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    return slot;
  }

  /** Where a point would be in the hash table if it were alone. */
  private home(index: number): number {
    this.wanted.set(this.words.subarray(index * WORDS, (index + 1) * WORDS));
    return this.hash() & (this.slots.length - 1);
  }

  /**
   * Takes a point out of the hash table; those behind it, up to the next empty slot, close up (Knuth 6.4,
   * algorithm R).
   */
  private leave(index: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = this.home(index);
    while (slots[slot] !== index) slot = (slot + 1) & mask;
    this.entered--;
    slots[slot] = EMPTY;
    for (let next = (slot + 1) & mask; slots[next] !== EMPTY; next = (next + 1) & mask) {
      const other = slots[next];
      slots[next] = EMPTY;
      slots[this.freeSlot(other)] = other;
    }
  }
}

function sameWords(a: Uint32Array, i: number, b: Uint32Array, j: number, length: number): boolean {
  for (let n = 0; n < length; n++) if (a[i + n] !== b[j + n]) return false;
  return true;
}
