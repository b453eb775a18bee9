/** Finding the mirror point of a packet: a hash table over typed arrays, nothing allocated but for new points. */
import { randomInt } from 'node:crypto';
import { i32, u32 } from '../wire/bytes.js';
import { isTwoWay, MirrorPoint, MirrorType } from '../wire/mirror-point.js';
import type { OuterPacket } from '../wire/outer.js';
import { grownInt32, grownUint32 } from './grow.js';

/** No GRE key. */
export const NO_KEY = -1;

const ADDRESS_WORDS = 4;
/** Source, target; type and session; key. */
const WORDS = 2 * ADDRESS_WORDS + 2;
const KIND = 2 * ADDRESS_WORDS;
const KEY = KIND + 1;
const IPV4_MAPPED = 0xffff;
const EMPTY = -1;
/** Places for points lately found over IPv4, a power of two, and what a place holds. */
const RECENT = 64;
const RECENT_WORDS = 5;
const RECENT_HASH_SHIFT = 26;

export class MirrorPoints {
  /** By index. */
  readonly points: MirrorPoint[] = [];
  /** Whether the packet of the last {@link find} went from its point's target to its source. */
  reversed = false;
  private readonly seed = randomInt(2 ** 32);
  /** The packet looked for, and every point's. */
  private readonly wanted = new Uint32Array(WORDS);
  private words = new Uint32Array(64 * WORDS);
  private slots = new Int32Array(128).fill(EMPTY);
  private readonly overflow: (MirrorPoint | undefined)[] = [];
  /** Source, target, kind, key; then twice the index, 1 more when reversed, plus 1. Most packets need look no further. */
  private readonly recent = new Int32Array(RECENT * RECENT_WORDS);

  /** @param capacity points kept at most; others share one a type, with `::` as source and target */
  constructor(private readonly capacity: number) {}

  /**
   * Finds or makes the point of a packet.
   *
   * @param session ERSPAN session, 0 for types without
   * @param key the GRE key, NO_KEY for none; part of the identity of plain GRE and of Mellanox mirrors only
   * @returns its index
   */
  find(type: MirrorType, packet: OuterPacket, session: number, key: number): number {
    const keyed =
      key !== NO_KEY &&
      (type === MirrorType.Gre || type === MirrorType.Gretap || type === MirrorType.Mellanox);
    const kind = (type << 16) | session | (keyed ? 0x8000 : 0);
    const keyWord = keyed ? key | 0 : 0;
    if (packet.ipVersion !== 4) return this.search(type, packet, session, key, kind, keyWord);
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
    const index = this.search(type, packet, session, key, kind, keyWord);
    r[at] = source;
    r[at + 1] = target;
    r[at + 2] = kind;
    r[at + 3] = keyWord;
    r[at + 4] = index * 2 + (this.reversed ? 1 : 0) + 1;
    return index;
  }

  private search(
    type: MirrorType,
    packet: OuterPacket,
    session: number,
    key: number,
    kind: number,
    keyWord: number,
  ): number {
    const w = this.wanted;
    this.address(packet, packet.source, 0);
    this.address(packet, packet.destination, ADDRESS_WORDS);
    w[KIND] = kind;
    w[KEY] = keyWord;
    const twoWay = isTwoWay(type);
    const mask = this.slots.length - 1;
    let slot = this.hash() & mask;
    for (;;) {
      const index = this.slots[slot];
      if (index === EMPTY) return this.add(slot, type, session, key);
      if (this.same(index * WORDS, twoWay)) return index;
      slot = (slot + 1) & mask;
    }
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
    let source = this.seed;
    let target = this.seed;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      source = Math.imul(source ^ w[i], 0x85ebca6b);
      source ^= source >>> 15;
      target = Math.imul(target ^ w[ADDRESS_WORDS + i], 0x85ebca6b);
      target ^= target >>> 15;
    }
    let h = Math.imul((source + target) ^ w[KIND], 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 13) ^ w[KEY], 0x27d4eb2f);
    return (h ^ (h >>> 16)) >>> 0;
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

  private add(slot: number, type: MirrorType, session: number, key: number): number {
    this.reversed = false;
    const index = this.points.length;
    if (index - this.overflow.length >= this.capacity) return this.overflowPoint(type).index;
    const own = type === MirrorType.Pptp || key === NO_KEY ? null : key;
    this.points.push(new MirrorPoint(index, type, this.bytes(0), this.bytes(ADDRESS_WORDS), session, own));
    if ((index + 1) * WORDS > this.words.length) this.words = grownUint32(this.words);
    this.words.set(this.wanted, index * WORDS);
    this.slots[slot] = index;
    if (this.points.length * 2 > this.slots.length) this.growSlots();
    return index;
  }

  private overflowPoint(type: MirrorType): MirrorPoint {
    let point = this.overflow.find((p) => p?.type === type);
    if (point === undefined) {
      point = new MirrorPoint(this.points.length, type, new Uint8Array(16), new Uint8Array(16), 0, null);
      this.points.push(point);
      this.overflow.push(point);
    }
    return point;
  }

  private bytes(o: number): Uint8Array {
    const view = new DataView(new ArrayBuffer(16));
    for (let i = 0; i < ADDRESS_WORDS; i++) view.setUint32(4 * i, this.wanted[o + i]);
    return new Uint8Array(view.buffer);
  }

  private growSlots(): void {
    this.slots = grownInt32(this.slots).fill(EMPTY);
    const mask = this.slots.length - 1;
    for (const point of this.points) {
      if (this.overflow.includes(point)) continue;
      this.wanted.set(this.words.subarray(point.index * WORDS, (point.index + 1) * WORDS));
      let slot = this.hash() & mask;
      while (this.slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.slots[slot] = point.index;
    }
  }
}

function sameWords(a: Uint32Array, i: number, b: Uint32Array, j: number, length: number): boolean {
  for (let n = 0; n < length; n++) if (a[i + n] !== b[j + n]) return false;
  return true;
}
