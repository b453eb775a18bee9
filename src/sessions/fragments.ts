/**
 * Inner fragment trains: the session of an IP packet's later fragments. Only the first one has ports;
 * fragments that overtake it are counted here until it comes.
 */

import { randomBytes } from 'node:crypto';
import { setU32 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { Frame } from '../wire/walk/frame-fields.js';
import type { Key } from './key.js';

const WORDS = 27;
/**
 * The number of places that a train may be in, and how many of them one source may hold while others want
 * them.
 */
export const WAYS = 8;
export const SHARE = 2;

/** Indices of 32-bit words in a train. */
export const T = {
  SEC: 0,
  NSEC: 1,
  MIRROR: 2,
  /** Protocol; IP version in the second byte. */
  PROTOCOL: 3,
  ID: 4,
  SOURCE: 5,
  DESTINATION: 9,
  /** The session's slot plus one and its serial, 0 before the first fragment; the sending side. */
  SLOT: 13,
  SERIAL: 14,
  SIDE: 15,
  /** Fragments that wait for the first one. */
  PACKETS: 16,
  BYTES: 17,
  PAYLOAD: 18,
  TRUNCATED: 19,
  /** Time of opening; 0 and 0: free. */
  OPENED_SEC: 20,
  OPENED_NSEC: 21,
  OPEN: 22,
  /** The next and the previous train with waiting fragments, as index plus one; 0 for none. */
  NEXT: 23,
  PREVIOUS: 24,
  /** See Separation. */
  SEPARATOR: 25,
  /** The index of the mirror point whose fragment was the first to wait. */
  POINT: 26,
} as const;

export class FragmentTrains {
  readonly words: Uint32Array;
  /** The first and the last train with waiting fragments, as in T.NEXT. */
  private firstWaiting = 0;
  private lastWaiting = 0;
  private readonly scratch = new Frame();
  private readonly hashing = new KeyedHash(randomBytes(HASH_SECRET));
  /** Identification and addresses. */
  private readonly message = new Int32Array(9);

  constructor(
    readonly capacity: number,
    private readonly timeout: number,
  ) {
    this.words = new Uint32Array(capacity * WORDS);
    this.scratch.bytes = new Uint8Array(32);
  }

  /** The train of a frame, as an offset in words; -1 if there is none (yet). */
  find(key: Key, f: Frame): number {
    const w = this.words;
    let at = this.home(key, f);
    for (let i = 0; i < WAYS; i++) {
      if (w[at + T.OPEN] !== 0 && this.is(at, key, f)) return at;
      at = this.neighbour(at);
    }
    return -1;
  }

  /**
   * A place for a new train: a free or timed out one, or the oldest of those it may take. A source with its
   * full share takes its own oldest. The caller must settle what waits there before {@link open}.
   */
  place(key: Key, f: Frame): number {
    const w = this.words;
    let at = this.home(key, f);
    let oldest = at;
    let own = at;
    let owned = 0;
    for (let i = 0; i < WAYS; i++) {
      if (w[at + T.OPEN] === 0 || this.expired(at, f.sec)) return at;
      if (w[at + T.SEC] < w[oldest + T.SEC]) oldest = at;
      if (sameWords(w, at + T.SOURCE, key.source)) {
        if (owned === 0 || w[at + T.SEC] < w[own + T.SEC]) own = at;
        owned++;
      }
      at = this.neighbour(at);
    }
    return owned >= SHARE ? own : oldest;
  }

  open(at: number, key: Key, f: Frame): void {
    const w = this.words;
    this.close(at);
    w.fill(0, at, at + WORDS);
    w[at + T.OPEN] = 1;
    w[at + T.SEC] = w[at + T.OPENED_SEC] = f.sec;
    w[at + T.NSEC] = w[at + T.OPENED_NSEC] = f.nsec;
    w[at + T.MIRROR] = key.mirror;
    w[at + T.PROTOCOL] = key.protocol | (key.ipVersion << 8);
    w[at + T.ID] = f.fragmentId;
    w[at + T.SEPARATOR] = key.separator;
    for (let i = 0; i < 4; i++) {
      w[at + T.SOURCE + i] = key.source[i];
      w[at + T.DESTINATION + i] = key.destination[i];
    }
  }

  close(at: number): void {
    const w = this.words;
    if (w[at + T.PACKETS] !== 0) this.unlink(at);
    w[at + T.OPEN] = 0;
    w[at + T.PACKETS] = 0;
  }

  /** The first train with waiting fragments; -1 for none. */
  waiting(): number {
    return offset(this.firstWaiting);
  }

  /** The next one after it. */
  waitingAfter(at: number): number {
    return offset(this.words[at + T.NEXT]);
  }

  /** Counts a fragment that has no session yet, of the mirror point with this index. */
  wait(at: number, f: Frame, payload: number, point: number): void {
    const w = this.words;
    if (w[at + T.PACKETS]++ === 0) {
      w[at + T.POINT] = point;
      this.link(at);
    }
    w[at + T.BYTES] += f.ipLength;
    w[at + T.PAYLOAD] += payload;
    if (f.truncated) w[at + T.TRUNCATED]++;
    w[at + T.SEC] = f.sec;
    w[at + T.NSEC] = f.nsec;
  }

  /**
   * What is known about a train's packets without the first fragment: a frame with addresses and protocol.
   * Reused.
   */
  portless(at: number): Frame {
    const f = this.scratch;
    const w = this.words;
    f.ipVersion = w[at + T.PROTOCOL] >>> 8;
    f.protocol = w[at + T.PROTOCOL] & 0xff;
    f.etherType = f.ipVersion === 4 ? EtherType.Ipv4 : EtherType.Ipv6;
    for (let i = 0; i < 4; i++) {
      setU32(f.bytes, i * 4, w[at + T.SOURCE + i]);
      setU32(f.bytes, 16 + i * 4, w[at + T.DESTINATION + i]);
    }
    f.source = f.ipVersion === 4 ? 12 : 0;
    f.destination = f.source + 16;
    f.sourceWord = w[at + T.SOURCE + 3] | 0;
    f.destinationWord = w[at + T.DESTINATION + 3] | 0;
    f.sec = w[at + T.OPENED_SEC];
    f.nsec = w[at + T.OPENED_NSEC];
    return f;
  }

  /** Whether a train is open and too old at `now` (seconds). */
  expired(at: number, now: number): boolean {
    return this.words[at + T.OPEN] !== 0 && now > this.words[at + T.SEC] + this.timeout;
  }

  /** The distance between the offsets of places, which start at 0. */
  get step(): number {
    return WORDS;
  }

  private is(at: number, key: Key, f: Frame): boolean {
    const w = this.words;
    if (
      w[at + T.ID] !== f.fragmentId ||
      w[at + T.MIRROR] !== key.mirror ||
      w[at + T.SEPARATOR] !== key.separator ||
      w[at + T.PROTOCOL] !== (key.protocol | (key.ipVersion << 8)) ||
      f.sec > w[at + T.SEC] + this.timeout
    )
      return false;
    return sameWords(w, at + T.SOURCE, key.source) && sameWords(w, at + T.DESTINATION, key.destination);
  }

  private link(at: number): void {
    const place = at / WORDS + 1;
    this.words[at + T.PREVIOUS] = this.lastWaiting;
    this.words[at + T.NEXT] = 0;
    if (this.lastWaiting === 0) this.firstWaiting = place;
    else this.words[offset(this.lastWaiting) + T.NEXT] = place;
    this.lastWaiting = place;
  }

  private unlink(at: number): void {
    const previous = this.words[at + T.PREVIOUS];
    const next = this.words[at + T.NEXT];
    if (previous === 0) this.firstWaiting = next;
    else this.words[offset(previous) + T.NEXT] = next;
    if (next === 0) this.lastWaiting = previous;
    else this.words[offset(next) + T.PREVIOUS] = previous;
  }

  private home(key: Key, f: Frame): number {
    const m = this.message;
    let count = 0;
    m[count++] = f.fragmentId;
    for (let i = key.ipVersion === 4 ? 3 : 0; i < 4; i++) {
      m[count++] = key.source[i];
      m[count++] = key.destination[i];
    }
    const hash = this.hashing.words(m, count, ((key.mirror & 0xffff) << 8) | key.protocol);
    return (hash & (this.capacity - 1)) * WORDS;
  }

  private neighbour(at: number): number {
    const next = at + WORDS;
    return next === this.words.length ? 0 : next;
  }
}

/** A train's offset from its index plus one: -1 for 0. */
function offset(placePlusOne: number): number {
  return placePlusOne === 0 ? -1 : (placePlusOne - 1) * WORDS;
}

function sameWords(words: Uint32Array, at: number, address: Uint32Array): boolean {
  for (let i = 0; i < 4; i++) if (words[at + i] !== address[i]) return false;
  return true;
}
