/**
 * Finds the mirror point of a packet: a hash table over typed arrays; only new points are allocated.
 *
 * A {@link PointGate} names the pool of a new point. Points of a full pool share one point per type, with
 * `::` as source and target; refused points take no place, and the loudest of them are counted. A forgotten
 * point's index is reused.
 */
import { randomBytes } from 'node:crypto';
import { isKeyed, isPlain, isTwoWay, MirrorPoint, MirrorType } from '../model/mirror-point.js';
import { OuterPacket } from '../model/outer-packet.js';
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

/** Points with their own place, in all pools. Their indices, and those of shared points, have 24 bits. */
export const MOST_POINTS = 1 << 23;
/**
 * Slots examined per point. A table at most half full has such a long run of full slots only if hashes
 * collide; a point that finds no free slot in it is shared, as in a full pool.
 */
export const PROBES = 128;
const IPV4_MAPPED = 0xffff;
const EMPTY = -1;
/**
 * Places for recently found points, a power of two, and what a place holds over IPv4. Two points in the same
 * place evict each other and are found by the secret hash; there are enough places to make that rare for some
 * dozens of points.
 */
const RECENT = 256;
const RECENT_WORDS = 5;
const RECENT_HASH_SHIFT = 24;

/** Instead of a pool: the index is free. */
const FREE = -2;

export class MirrorPoints {
  /** By index; a forgotten point stays until its index is reused. */
  readonly points: MirrorPoint[] = [];
  /** Whether the packet of the last {@link find} went from its point's target to its source. */
  reversed = false;
  /** Packets of points without a place; packets of refused points; and the loudest of these. */
  overflowed = 0;
  refused = 0;
  readonly loudest = new LoudestRefused();
  private readonly message = new Int32Array(WORDS);
  /** The words of the packet looked for, and of every point. */
  private readonly wanted = new Uint32Array(WORDS);
  private words = new Uint32Array(64 * WORDS);
  private slots = new Int32Array(128).fill(EMPTY);
  /** By index: the pool, REFUSED by later rules, or FREE. */
  private pools = new Int32Array(64).fill(FREE);
  private places: PointPools;
  /** Points in the hash table, and free indices. */
  private entered = 0;
  private readonly spare: number[] = [];
  /**
   * Source, target, kind, key or session; then twice the index, plus 1 if reversed, plus 1. Most packets are
   * found here.
   */
  private readonly recent = new Int32Array(RECENT * RECENT_WORDS);
  /** Over IPv6: the index plus 1; the point's words are compared. */
  private readonly recent6 = new Int32Array(RECENT);
  /** Where plain frames come from: their points have its place here for a key. */
  private readonly origins: string[] = [];
  /** What plain frames have instead of an outer packet: two addresses `::`. */
  private readonly unaddressed = Object.assign(new OuterPacket(), {
    bytes: new Uint8Array(16),
    ipVersion: 6,
  });

  /**
   * @param made called for every new point, and again for every point when another gate has assigned its pool
   * @param hashing hashes the words of a point; with its own secret by default
   */
  constructor(
    gate: PointGate,
    private readonly made: (point: MirrorPoint, pool: number, isNew: boolean) => void,
    private readonly hashing: Pick<KeyedHash, 'words'> = new KeyedHash(randomBytes(HASH_SECRET)),
  ) {
    this.places = new PointPools(gate);
  }

  /**
   * Finds or creates the point of a packet.
   *
   * @param session 0 for types without one, and wherever the key counts
   * @param key the GRE key, NO_KEY for none; part of the identity if {@link isKeyed} says so
   * @returns its index, or REFUSED
   */
  find(type: MirrorType, packet: OuterPacket, session: number, key: number): number {
    const keyed = key !== NO_KEY && isKeyed(type);
    const kind = (type << TYPE_SHIFT) | (keyed ? KEYED : 0);
    const keyWord = (keyed ? key : session) | 0;
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
    // Points without their own place are not remembered: a flood of them would evict the others.
    if (index === REFUSED || this.isShared(index)) return index;
    r[at] = source;
    r[at + 1] = target;
    r[at + 2] = kind;
    r[at + 3] = keyWord;
    r[at + 4] = index * 2 + (this.reversed ? 1 : 0) + 1;
    return index;
  }

  /**
   * Finds or creates the point of plain frames.
   *
   * @param origin the interface or the capture that they come from
   * @returns its index, or REFUSED
   */
  findOrigin(type: MirrorType, origin: string): number {
    const known = this.origins.indexOf(origin);
    const key = known >= 0 ? known : this.origins.push(origin) - 1;
    return this.find6(type, this.unaddressed, 0, key, (type << TYPE_SHIFT) | KEYED, key);
  }

  /**
   * Whether a fragment may belong to an admitted point, judging by its addresses; in a two-way tunnel either
   * end may be the sender that rules name. A fragment that may not is counted as refused.
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

  /** Whether a point stands for all points of its pool and type without a place. */
  isShared(index: number): boolean {
    return this.words[index * WORDS + KIND] === 0;
  }

  /** Whether the index is that of a point that is not forgotten. */
  isLive(index: number): boolean {
    return this.pools[index] !== FREE;
  }

  /** Seconds without packets after which a point is forgotten. */
  idle(index: number): number {
    return this.places.idle(this.pools[index], this.isShared(index));
  }

  /** Forgets a point: its place and its index are free. */
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
   * Asks a new gate about every point. Points that it refuses lose their places; points stay if it has fewer
   * places than there are. Shared points are no longer shared, because the pools may differ.
   */
  regate(gate: PointGate): void {
    this.places = new PointPools(gate);
    this.recent.fill(0);
    this.recent6.fill(0);
    for (const { index, type, session, key, origin } of this.points) {
      if (!this.isLive(index) || this.isShared(index)) continue;
      this.wanted.set(this.words.subarray(index * WORDS, (index + 1) * WORDS));
      const pool = gate.poolOf(type, this.wanted, session, key ?? NO_KEY, origin);
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

  /** Sets the words to look for. */
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

  /** Independent of the order of the two addresses. */
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

  /** Creates the point of a packet at this slot (EMPTY: none is free), or returns a shared one. */
  private enter(slot: number, type: MirrorType, session: number, key: number): number {
    this.reversed = false;
    const origin = isPlain(type) ? this.origins[key] : '';
    const pool = this.places.gate.poolOf(type, this.wanted, session, origin === '' ? key : NO_KEY, origin);
    if (pool === REFUSED) return this.refuse();
    if (slot === EMPTY || this.places.isFull(pool) || this.entered === MOST_POINTS)
      return this.sharedPoint(type, pool);
    const own = type === MirrorType.Pptp || key === NO_KEY || isPlain(type) ? null : key;
    const index = this.freeIndex();
    this.words.set(this.wanted, index * WORDS);
    this.slots[slot] = index;
    this.places.take(pool);
    const point = new MirrorPoint(
      index,
      type,
      this.bytes(0),
      this.bytes(ADDRESS_WORDS),
      session,
      own,
      origin,
    );
    this.make(point, pool);
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
    this.make(new MirrorPoint(index, type, new Uint8Array(16), new Uint8Array(16), 0, null), pool);
    return index;
  }

  private make(point: MirrorPoint, pool: number): void {
    this.points[point.index] = point;
    this.pools[point.index] = pool;
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

  /** The slot for a point in the hash table. */
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
   * Removes a point from the hash table; those behind it, up to the next empty slot, close up (Knuth 6.4,
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
