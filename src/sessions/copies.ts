/**
 * Which of the mirror points that see a conversation had it first: the column `copy`. Every open session has
 * a place in a table that all packet paths share, linked to the other sessions with the same ends; a place is
 * given back when its session ends. docs/explanation/one-conversation.md says what counts as a copy.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { isKeyed, isPlain, isTwoWay, type MirrorPoint } from '../model/mirror-point.js';
import { i32 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import type { Key } from './key.js';
import { Separate } from './separation.js';
import { SLOT_BYTES, SLOT_VLANS } from './slot-fields.js';
import { U8, U16, W } from './slot-layout.js';
import { SLOT_WORDS, type Slots } from './slots.js';

/** The table of several packet paths: see {@link sharedCopies}. */
export interface SharedCopies {
  /** Its memory, and the sessions that there are places for. */
  readonly memory: SharedArrayBuffer;
  readonly sessions: number;
  /** The secret of its hashes, COPIES_SECRET bytes. */
  readonly secret: Uint8Array;
  /** The packet path's number among those that share it. */
  readonly path: number;
}

/** Bytes of the secret: two hashes tell conversations apart. */
const COPIES_SECRET = 2 * HASH_SECRET;
/** Sessions with the same ends that are compared; further ones have no place. */
export const MOST_COMPARED = 64;
/** The largest number; 255 is that of rows from before the column. */
const MOST_COPIES = 254;
/**
 * Seconds by which a point may see a packet later than another, so that the one's last packet is the other's
 * first.
 */
const APART = 1;
/**
 * A point that has seen both directions for as many seconds comes before those that have seen one only. Until
 * then the answer may still be on its way to them.
 */
const SURE = 2;
/** Makes the hashed words of VLANs differ from those of a conversation's ends. */
const VLAN_TAG = 0x7a95;
const POINT_TAG = 0x90127;

/** Words of a place. */
const NODE = 12;
const N = {
  /** The next place of its chain, plus 1; 0: it is the last one. */
  NEXT: 0,
  /** Two hashes of the conversation's ends; the first one also selects the chain. */
  FIRST: 1,
  SECOND: 2,
  POINT: 3,
  /** When the session was opened. */
  SEC: 4,
  NSEC: 5,
  /** The first second of its row; while it has no row, the last one of the row before. */
  ROW: 6,
  STATE: 7,
  /** The second from which both directions had been seen. */
  BOTH: 8,
  /** The tags of its conversation as far as they are known: see Copies.open. */
  VNI: 9,
  VLANS: 10,
  /** The point that was before this row and whose session has ended since; 0: none. */
  GONE: 11,
} as const;

/** Bits of N.STATE. */
const STATE = {
  /** Packets of the end with the lower number were seen, and of the other end. */
  DIRECTIONS: 3,
  /** A row has begun. */
  ROW: 4,
  /** The place is taken. */
  USED: 8,
  /** The slot's side A is the end with the higher number. */
  FLIPPED: 16,
  /** There was another session with the same ends. */
  MET: 32,
} as const;
/** Where the conversation's number among those with the same ends begins, and the copies before this row. */
const CLASS_SHIFT = 8;
const BEFORE_SHIFT = 16;
const BEFORE = 0xff << BEFORE_SHIFT;

/** Locks of the shared table, a power of two, each in a cache line of its own. */
const LOCKS = 256;
const LOCK_WORDS = 16;
/** Tries before a thread sleeps until a lock is free, and for how many milliseconds. */
const SPINS = 1000;
const NAP = 1;

/** Chains of a table that no other thread has, at the beginning: what is never used stays untouched. */
const FIRST_CHAINS = 1 << 10;

/** Chains of a table of so many sessions: a power of two. */
function chainsOf(sessions: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(sessions, 2)));
}

function wordsOf(sessions: number): number {
  return LOCKS * LOCK_WORDS + chainsOf(sessions) + sessions * NODE;
}

/** What so many packet paths share, each of which holds so many sessions, by the number of the path. */
export function sharedCopies(paths: number, capacity: number): (path: number) => SharedCopies {
  const sessions = paths * capacity;
  const memory = new SharedArrayBuffer(wordsOf(sessions) * 4);
  const secret = randomBytes(COPIES_SECRET);
  return (path) => ({ memory, sessions, secret, path });
}

export class Copies {
  /** Sessions without a place: too many others had the same ends. */
  uncompared = 0;
  private readonly words: Uint32Array;
  /** Undefined if no other thread has the table. */
  private readonly locks: Int32Array | undefined;
  /** How many there are now; and sessions in them, if no other thread has the table. */
  private chains: number;
  private linked = 0;
  private readonly heads = LOCKS * LOCK_WORDS;
  /** Where places begin, and the place of the table's first slot. */
  private readonly nodes: number;
  private readonly base: number;
  private readonly first: KeyedHash;
  private readonly second: KeyedHash;
  /** By index: mirror points, and what tells them apart in every packet path. */
  private readonly points: MirrorPoint[] = [];
  private prints = new Int32Array(64);
  /** The same by name: of groups, and of what plain frames come from. */
  private readonly groups = new Map<string, number>();
  private readonly secret: Uint8Array;
  private readonly scratch = new Int32Array(12);
  /** What is known of a conversation among those with the same ends, by its number. */
  private readonly classes = new Uint8Array(MOST_COMPARED + 1);

  /** @param shared undefined: nobody else's sessions are compared */
  constructor(
    private readonly slots: Slots,
    private readonly key: Key,
    shared: SharedCopies | undefined,
  ) {
    this.secret = shared?.secret ?? randomBytes(COPIES_SECRET);
    this.first = new KeyedHash(this.secret.subarray(0, HASH_SECRET));
    this.second = new KeyedHash(this.secret.subarray(HASH_SECRET));
    this.locks = shared && new Int32Array(shared.memory, 0, LOCKS * LOCK_WORDS);
    this.words = new Uint32Array(shared?.memory ?? new ArrayBuffer(wordsOf(slots.capacity) * 4));
    const most = chainsOf(shared?.sessions ?? slots.capacity);
    this.chains = shared === undefined ? Math.min(most, FIRST_CHAINS) : most;
    this.base = slots.capacity * (shared?.path ?? 0);
    this.nodes = this.heads + most;
  }

  /**
   * Gives the session in a fresh slot, whose key is the table's, a place.
   *
   * Conversations with the same ends are told apart by their tags: what `separate_by` of their points names.
   * A point that sees none, as at an access port, sees the first such conversation that it does not have yet.
   *
   * @param group the name of the point's group, whose members are one point; '' without
   */
  open(slot: number, point: MirrorPoint, group: string): void {
    const { key, scratch } = this;
    if (this.locks === undefined && this.linked === this.chains && this.heads + this.chains < this.nodes)
      this.grow();
    key.conversation(this.first, this.second, scratch);
    const chain = scratch[0] & (this.chains - 1);
    const first = scratch[0];
    const second = scratch[1];
    const print = group === '' ? this.printOf(point) : this.printOfName(group);
    const by = key.separation.by(point.index);
    const vni = (by & Separate.vni) === 0 ? 0 : this.slots.u32[slot * SLOT_WORDS + W.VNI];
    const vlans = (by & Separate.vlan) === 0 ? 0 : this.vlansOf(slot);
    const at = this.at(slot);
    const { words } = this;
    this.lock(chain);
    const u32 = this.slots.u32;
    const w = slot * SLOT_WORDS;
    words[at + N.NEXT] = 0;
    words[at + N.FIRST] = first;
    words[at + N.SECOND] = second;
    words[at + N.POINT] = print;
    words[at + N.SEC] = u32[w + W.OPENED_SEC];
    words[at + N.NSEC] = u32[w + W.OPENED_NSEC];
    words[at + N.ROW] = u32[w + W.OPENED_SEC];
    words[at + N.STATE] = STATE.USED | (key.forward ? 0 : STATE.FLIPPED);
    words[at + N.BOTH] = 0;
    words[at + N.VNI] = vni;
    words[at + N.VLANS] = vlans;
    words[at + N.GONE] = 0;
    const head = this.heads + chain;
    this.linked++;
    if (words[head] === 0) words[head] = this.place(at);
    else if (!this.join(at, words[head])) {
      words[at + N.STATE] = 0;
      this.uncompared++;
      this.linked--;
    }
    this.unlock(chain);
  }

  /** Makes two chains of each, in the same order. */
  private grow(): void {
    const { words, heads, chains, nodes } = this;
    for (let chain = 0; chain < chains; chain++) {
      let low = heads + chain;
      let high = low + chains;
      for (let place = words[low]; place !== 0; ) {
        const at = nodes + (place - 1) * NODE;
        const next = words[at + N.NEXT];
        if ((words[at + N.FIRST] & chains) === 0) {
          words[low] = place;
          low = at + N.NEXT;
        } else {
          words[high] = place;
          high = at + N.NEXT;
        }
        place = next;
      }
      words[low] = 0;
      words[high] = 0;
    }
    this.chains = 2 * chains;
  }

  /** A side's first packet in its session's row came, at `sec`. */
  note(slot: number, side: 0 | 1, sec: number): void {
    const at = this.at(slot);
    const { words } = this;
    const chain = words[at + N.FIRST] & (this.chains - 1);
    this.lock(chain);
    const before = words[at + N.STATE];
    if ((before & STATE.USED) !== 0) {
      const flipped = (before & STATE.FLIPPED) === 0 ? 0 : 1;
      let state = before | (1 << (side ^ flipped));
      if ((before & STATE.ROW) === 0) {
        state |= STATE.ROW;
        words[at + N.ROW] = sec;
      }
      if ((state & ~before & STATE.DIRECTIONS) !== 0 && (state & STATE.DIRECTIONS) === STATE.DIRECTIONS)
        words[at + N.BOTH] = sec;
      words[at + N.STATE] = state;
    }
    this.unlock(chain);
  }

  /**
   * The number of other points that had a session's conversation before its own.
   *
   * @param now the clock's second; Infinity when nothing more comes
   */
  of(slot: number, now: number): number {
    const at = this.at(slot);
    const { words } = this;
    // Most conversations are seen by one point: their chains are not looked at.
    if ((words[at + N.STATE] & STATE.MET) === 0) return 0;
    const chain = words[at + N.FIRST] & (this.chains - 1);
    this.lock(chain);
    const state = words[at + N.STATE];
    let count = (state & BEFORE) >>> BEFORE_SHIFT;
    if ((state & STATE.USED) !== 0) {
      let isBefore = true;
      for (let place = words[this.heads + chain]; place !== 0; ) {
        const other = this.nodes + (place - 1) * NODE;
        if (other === at) isBefore = false;
        else if (
          this.concerns(other, at) &&
          // It is counted already.
          words[other + N.POINT] !== words[at + N.GONE] &&
          this.precedes(other, at, isBefore, now) &&
          this.lastOf(other, place - 1) + APART >= words[at + N.ROW]
        )
          count++;
        place = words[other + N.NEXT];
      }
    }
    this.unlock(chain);
    return Math.min(count, MOST_COPIES);
  }

  /** A session's row is over, and its next one has not begun. */
  rowEnded(slot: number): void {
    const at = this.at(slot);
    const { words } = this;
    const chain = words[at + N.FIRST] & (this.chains - 1);
    this.lock(chain);
    if ((words[at + N.STATE] & STATE.USED) !== 0) {
      words[at + N.STATE] &= ~(STATE.ROW | BEFORE);
      words[at + N.GONE] = 0;
      words[at + N.ROW] = this.slots.u32[slot * SLOT_WORDS + W.LAST_SEC];
    }
    this.unlock(chain);
  }

  /** Gives a session's place back. Rows of others that began before its last packet stay copies of it. */
  close(slot: number, now: number): void {
    const at = this.at(slot);
    const { words } = this;
    const chain = words[at + N.FIRST] & (this.chains - 1);
    this.lock(chain);
    if ((words[at + N.STATE] & STATE.USED) !== 0) {
      const last = this.slots.u32[slot * SLOT_WORDS + W.LAST_SEC];
      let link = this.heads + chain;
      let isBefore = false;
      for (let place = words[link]; place !== 0; ) {
        const other = this.nodes + (place - 1) * NODE;
        if (other === at) {
          words[link] = words[at + N.NEXT];
          isBefore = true;
        } else {
          if (this.concerns(at, other) && this.precedes(at, other, isBefore, now))
            this.putBefore(at, other, last);
          link = other + N.NEXT;
        }
        place = words[other + N.NEXT];
      }
      words[at + N.STATE] = 0;
      this.linked--;
    }
    this.unlock(chain);
  }

  /** Counts a session that ends among those before another's row. */
  private putBefore(at: number, other: number, last: number): void {
    const { words } = this;
    const state = words[other + N.STATE];
    if ((state & STATE.ROW) === 0 || last + APART < words[other + N.ROW]) return;
    if ((state & BEFORE) === BEFORE || words[other + N.GONE] === words[at + N.POINT]) return;
    words[other + N.STATE] = state + (1 << BEFORE_SHIFT);
    words[other + N.GONE] = words[at + N.POINT];
  }

  /** Links a place to the end of its chain. @returns false if it may not: too many have the same ends */
  private join(at: number, head: number): boolean {
    const { words, classes, nodes } = this;
    classes.fill(0);
    const direction = (words[at + N.STATE] & STATE.FLIPPED) === 0 ? 1 : 2;
    let same = 0;
    let link = 0;
    for (let place = head; place !== 0; place = words[link]) {
      const other = nodes + (place - 1) * NODE;
      link = other + N.NEXT;
      if (!this.hasSameEnds(other, at)) continue;
      if (++same === MOST_COMPARED) return false;
      words[other + N.STATE] |= STATE.MET;
      const state = words[other + N.STATE];
      const number = classOf(state);
      // What separates the two directions at a point, as TEIDs do, leaves them halves of one conversation.
      const differs =
        (words[other + N.POINT] === words[at + N.POINT] && (state & direction) !== 0) ||
        differ(words[other + N.VNI], words[at + N.VNI]) ||
        differ(words[other + N.VLANS], words[at + N.VLANS]);
      classes[number] |= differs ? TAKEN : PRESENT;
    }
    if (same === 0) {
      words[link] = this.place(at);
      return true;
    }
    // One that goes the same way, before one of which only the other half is there.
    let fitting = -1;
    for (let place = head; place !== 0; ) {
      const other = nodes + (place - 1) * NODE;
      if (this.hasSameEnds(other, at)) {
        const state = words[other + N.STATE];
        if (classes[classOf(state)] === PRESENT) {
          if ((state & direction) !== 0) {
            fitting = classOf(state);
            break;
          }
          if (fitting < 0) fitting = classOf(state);
        }
      }
      place = words[other + N.NEXT];
    }
    if (fitting < 0) fitting = classes.indexOf(0);
    words[at + N.STATE] |= STATE.MET | (fitting << CLASS_SHIFT);
    words[link] = this.place(at);
    this.meet(at, head);
    return true;
  }

  /** A place joins those of its conversation. */
  private meet(at: number, head: number): void {
    const { words, nodes } = this;
    const number = classOf(words[at + N.STATE]);
    for (let place = head; place !== 0; ) {
      const other = nodes + (place - 1) * NODE;
      place = words[other + N.NEXT];
      if (other === at || !this.hasSameEnds(other, at) || classOf(words[other + N.STATE]) !== number)
        continue;
      // What one point knows of the tags holds for the others, which agree with each other.
      if (words[at + N.VNI] === 0) words[at + N.VNI] = words[other + N.VNI];
      else words[other + N.VNI] = words[at + N.VNI];
      if (words[at + N.VLANS] === 0) words[at + N.VLANS] = words[other + N.VLANS];
      else words[other + N.VLANS] = words[at + N.VLANS];
      if (words[other + N.GONE] === words[at + N.POINT] && this.isEarlier(other, at, true))
        this.comeBack(at, other);
    }
  }

  /**
   * A point is back before the row is over that is a copy of its earlier session: it goes on before it, or
   * nobody would count what comes next.
   */
  private comeBack(at: number, other: number): void {
    const { words } = this;
    const nsec = words[other + N.NSEC];
    words[at + N.SEC] = words[other + N.SEC] - (nsec === 0 ? 1 : 0);
    words[at + N.NSEC] = nsec === 0 ? 999_999_999 : nsec - 1;
  }

  private hasSameEnds(one: number, other: number): boolean {
    const { words } = this;
    return (
      words[one + N.FIRST] === words[other + N.FIRST] && words[one + N.SECOND] === words[other + N.SECOND]
    );
  }

  /** Whether two places are of one conversation at two points, of which they are not opposite halves. */
  private concerns(one: number, other: number): boolean {
    const { words } = this;
    const state = words[one + N.STATE];
    const others = words[other + N.STATE];
    return (
      this.hasSameEnds(one, other) &&
      classOf(state) === classOf(others) &&
      words[one + N.POINT] !== words[other + N.POINT] &&
      (state & others & STATE.DIRECTIONS) !== 0
    );
  }

  /** Whether one had the conversation before another. @param isBefore whether it has its place for longer */
  private precedes(one: number, other: number, isBefore: boolean, now: number): boolean {
    const hasBoth = this.hasBoth(one, now);
    if (hasBoth !== this.hasBoth(other, now) && this.isHalf(hasBoth ? other : one)) return hasBoth;
    return this.isEarlier(one, other, isBefore);
  }

  /** @param ifEqual the answer if both were opened at the same time */
  private isEarlier(one: number, other: number, ifEqual: boolean): boolean {
    const { words } = this;
    const sec = words[one + N.SEC] - words[other + N.SEC];
    const nsec = words[one + N.NSEC] - words[other + N.NSEC];
    return (sec || nsec) === 0 ? ifEqual : (sec || nsec) < 0;
  }

  private isHalf(at: number): boolean {
    return (this.words[at + N.STATE] & STATE.DIRECTIONS) !== STATE.DIRECTIONS;
  }

  private hasBoth(at: number, now: number): boolean {
    return !this.isHalf(at) && this.words[at + N.BOTH] + SURE <= now;
  }

  /** The last second in which a session had packets; of another packet path's, as far as it is known. */
  private lastOf(at: number, place: number): number {
    const slot = place - this.base;
    if (slot >= 0 && slot < this.slots.capacity) return this.slots.u32[slot * SLOT_WORDS + W.LAST_SEC];
    return (this.words[at + N.STATE] & STATE.ROW) === 0 ? this.words[at + N.ROW] : Number.POSITIVE_INFINITY;
  }

  /** Where a slot's place begins; and a place as chains name it. */
  private at(slot: number): number {
    return this.nodes + (this.base + slot) * NODE;
  }

  private place(at: number): number {
    return (at - this.nodes) / NODE + 1;
  }

  /** What tells a mirror point apart in every packet path. */
  private printOf(point: MirrorPoint): number {
    const { index } = point;
    if (this.points[index] !== point) {
      if (index >= this.prints.length) {
        const prints = new Int32Array(2 * index);
        prints.set(this.prints);
        this.prints = prints;
      }
      this.points[index] = point;
      this.prints[index] = this.print(point);
    }
    return this.prints[index];
  }

  private printOfName(name: string): number {
    let print = this.groups.get(name);
    if (print === undefined) {
      print = createHmac('sha256', this.secret).update(name).digest().readInt32LE();
      this.groups.set(name, print);
    }
    return print;
  }

  private print({ type, source, target, session, key, origin }: MirrorPoint): number {
    const w = this.scratch;
    const ends = [source, target].map((address) => [0, 4, 8, 12].map((at) => i32(address, at)));
    // Either end of a tunnel may be the source.
    if (isTwoWay(type) && Buffer.compare(source, target) > 0) ends.reverse();
    let count = 0;
    for (const word of ends.flat()) w[count++] = word;
    w[count++] = (type << 16) | session;
    if (isKeyed(type) && key !== null) w[count++] = key;
    if (isPlain(type)) w[count++] = this.printOfName(origin);
    return this.first.words(w, count, POINT_TAG);
  }

  /** The VLANs of a session's first frame as a number; 0 for none. */
  private vlansOf(slot: number): number {
    const { u8, u16 } = this.slots;
    const count = Math.min(u8[slot * SLOT_BYTES + U8.VLAN_COUNT], SLOT_VLANS);
    if (count === 0) return 0;
    for (let i = 0; i < count; i++) this.scratch[i] = u16[slot * (SLOT_BYTES / 2) + U16.VLANS + i];
    return this.first.words(this.scratch, count, VLAN_TAG) || 1;
  }

  private lock(chain: number): void {
    const { locks } = this;
    if (locks === undefined) return;
    const at = (chain & (LOCKS - 1)) * LOCK_WORDS;
    for (let tries = 0; Atomics.compareExchange(locks, at, 0, 1) !== 0; tries++)
      // Whoever has it may not have a processor.
      if (tries > SPINS) Atomics.wait(locks, at, 1, NAP);
  }

  private unlock(chain: number): void {
    if (this.locks !== undefined) Atomics.store(this.locks, (chain & (LOCKS - 1)) * LOCK_WORDS, 0);
  }
}

/** Of a conversation among those with the same ends: sessions of other points fit, or one does not. */
const PRESENT = 1;
const TAKEN = 2;

function classOf(state: number): number {
  return (state >>> CLASS_SHIFT) & 0xff;
}

/** Whether both tags are known, and are different. */
function differ(one: number, other: number): boolean {
  return one !== 0 && other !== 0 && one !== other;
}
