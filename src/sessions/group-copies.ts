/**
 * Finds the frames that several members of a group see: the k-th identical packet at one member is the k-th
 * at another. A member's own repeats are packets: duplicate ACKs without an IPv4 id are identical.
 *
 * A packet waits for its copies for the group's window, and up to a seventh longer. The members may lag
 * behind each other by as much, and their frames may come in any order. A member that lost a packet takes the
 * next identical one for it, until the window is over.
 */
import { randomBytes } from 'node:crypto';
import { u16 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash, KeyedSums } from '../wire/keyed-hash.js';
import { isVlanType } from '../wire/link/vlan.js';
import type { Frame } from '../wire/walk/frame.js';
import { ComparedWords } from './compared.js';

/** Different frames remembered, a power of two. */
export const GROUP_FRAMES = 1 << 17;
/** Places that a frame may have, of which it takes the oldest: see dedup.ts. */
const WAYS = 8;
/**
 * Bytes of an IP packet that are compared: headers and the beginning of the payload, which members that cut
 * frames still have. Identical packets beyond them are told apart by their number at each member.
 */
export const COMPARED_BYTES = 128;
/** Bytes of a frame without IP behind its MACs and tags, with the EtherType: any Ethernet frame has them. */
const LINK_BYTES = 44;
const MACS_LENGTH = 12;
const VLAN_LENGTH = 4;
/** Tags skipped in frames without IP. */
const MOST_TAGS = 4;
/** Identical packets are counted in as many slices of time: a power of two. The window is all but one. */
const SLICES = 8;
const MOST_COUNTED = 0xffff;

export class GroupCopies {
  /** Two hashes per frame: two different frames have equal ones with a chance of one in 2^60. */
  private readonly prints: Int32Array;
  /** By place: the latest slice of time in which its frame came. */
  private readonly slices: Int32Array;
  /**
   * By place: packets that came in each of the latest slices, and of how many of these each member has not
   * sent its copy.
   */
  private counts: Uint16Array;
  /** Members that there is room for. */
  private room = 8;
  private readonly first = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly second = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly compared = new ComparedWords(
    { bytes: COMPARED_BYTES, dscp: false },
    new KeyedSums(new KeyedHash(randomBytes(HASH_SECRET))),
  );

  /** Frames that lost their place within their window. */
  forgotten = 0;

  /** @param capacity a power of two, at least eight */
  constructor(private readonly capacity = GROUP_FRAMES) {
    this.prints = new Int32Array(capacity * 2);
    this.slices = new Int32Array(capacity);
    this.counts = new Uint16Array(capacity * (SLICES + this.room));
  }

  /**
   * Whether a frame is a copy of a packet that another member has sent; if not, it is remembered.
   *
   * @param group the group's number
   * @param member the number of the member that sent it
   * @param window nanoseconds, at least a millisecond
   */
  isCopy(f: Frame, group: number, member: number, window: number): boolean {
    const count = f.ip >= 0 ? this.compared.packet(f, group) : this.readLink(f, group);
    if (count === 0) return false;
    if (member >= this.room) this.widen(member + 1);
    const { words } = this.compared;
    const print = this.first.words(words, count, 0);
    const other = this.second.words(words, count, 0);
    // Modulo 2^32, so that differences are right.
    const now = Math.floor(((f.sec * 1e9 + f.nsec) / window) * (SLICES - 1)) | 0;
    const place = this.placeOf(print, other, now);
    const { counts, slices } = this;
    const at = place * (SLICES + this.room);
    this.settle(place, print, other, now);
    let open = 0;
    for (let i = at; i < at + SLICES; i++) open += counts[i];
    const own = at + SLICES + member;
    const missing = Math.min(counts[own], open);
    if (missing > 0) {
      counts[own] = missing - 1;
      return true;
    }
    const slice = at + (slices[place] & (SLICES - 1));
    if (counts[slice] < MOST_COUNTED) counts[slice]++;
    // Also of those that are still to come: a member may be new.
    for (let i = at + SLICES; i < at + SLICES + this.room; i++)
      counts[i] = Math.min(Math.min(counts[i], open) + 1, MOST_COUNTED);
    counts[own] = 0;
    return false;
  }

  /** Makes a place that of a frame, and forgets those of its packets whose window is over. */
  private settle(place: number, print: number, other: number, now: number): void {
    const { prints, slices, counts } = this;
    const at = place * (SLICES + this.room);
    const ahead = (now - slices[place]) | 0;
    // An earlier frame comes late, unless it comes from another time: the clock was set back.
    const near = ahead < SLICES && ahead > -SLICES;
    if (prints[place * 2] !== print || prints[place * 2 + 1] !== other) {
      if (near && this.holds(at)) this.forgotten++;
      prints[place * 2] = print;
      prints[place * 2 + 1] = other;
    } else if (near) {
      if (ahead <= 0) return;
      for (let i = 1; i <= ahead; i++) counts[at + ((slices[place] + i) & (SLICES - 1))] = 0;
      slices[place] = now;
      return;
    }
    slices[place] = now;
    counts.fill(0, at, at + SLICES);
  }

  private holds(at: number): boolean {
    for (let i = at; i < at + SLICES; i++) if (this.counts[i] !== 0) return true;
    return false;
  }

  /** The place of a frame that is remembered; otherwise that of the frame farthest from now. */
  private placeOf(print: number, other: number, now: number): number {
    const { prints, slices } = this;
    const from = print & (this.capacity - WAYS);
    for (let at = from; at < from + WAYS; at++)
      if (prints[at * 2] === print && prints[at * 2 + 1] === other) return at;
    let farthest = from;
    let distance = -1;
    for (let at = from; at < from + WAYS; at++) {
      const away = Math.abs((now - slices[at]) | 0);
      if (away <= distance) continue;
      farthest = at;
      distance = away;
    }
    return farthest;
  }

  /** The compared words of a frame without IP, whose tags may differ; 0: it is not compared. */
  private readLink(f: Frame, group: number): number {
    if (f.mac < 0 || f.macSource !== f.mac + MACS_LENGTH / 2) return 0;
    const b = f.bytes;
    let o = f.mac + MACS_LENGTH;
    for (let tag = 0; tag < MOST_TAGS && o + VLAN_LENGTH + 2 <= f.end && isVlanType(u16(b, o)); tag++)
      o += VLAN_LENGTH;
    const end = Math.min(f.end, o + LINK_BYTES);
    if (end <= o) return 0;
    return this.compared.link(b, f.mac, o, end, group);
  }

  /** Makes room for more members. */
  private widen(members: number): void {
    const before = this.counts;
    const width = SLICES + this.room;
    while (this.room < members) this.room *= 2;
    this.counts = new Uint16Array(this.capacity * (SLICES + this.room));
    for (let place = 0; place < this.capacity; place++) {
      const from = place * width;
      const at = place * (SLICES + this.room);
      this.counts.set(before.subarray(from, from + width), at);
      // The new ones have seen none of what is there.
      this.counts.fill(MOST_COUNTED, at + width, at + SLICES + this.room);
    }
  }
}
