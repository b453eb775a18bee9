/**
 * Inner fragment trains: which session the later fragments of an IP packet belong to. Only the first one
 * has ports; those that overtake it are counted here until it comes.
 */
import { setU32 } from '../wire/bytes.js';
import { Frame } from '../wire/frame-fields.js';
import type { Key } from './key.js';

const WORDS = 24;
/** How many places a train may be found in. */
const WAYS = 8;

/** Places of 32-bit words in a train. */
export const T = {
  SEC: 0,
  NSEC: 1,
  MIRROR: 2,
  /** protocol, and IP version in the second byte. */
  PROTOCOL: 3,
  ID: 4,
  SOURCE: 5,
  DESTINATION: 9,
  /** The session's slot plus one and its serial, 0 while the first fragment has not come; the side that sends. */
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
} as const;

export class FragmentTrains {
  readonly words: Uint32Array;
  /** Trains whose first fragment has not come. */
  headless = 0;
  private readonly scratch = new Frame();

  constructor(
    readonly capacity: number,
    private readonly timeout: number,
  ) {
    this.words = new Uint32Array(capacity * WORDS);
    this.scratch.bytes = new Uint8Array(32);
  }

  /** The train of a frame, as an offset in words; -1 when there is none (yet). */
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
   * A place for a new train: a free or timed out one, or the oldest of those it may take; what waits there
   * must be settled by the caller before {@link open}.
   */
  place(key: Key, f: Frame): number {
    const w = this.words;
    let at = this.home(key, f);
    let oldest = at;
    for (let i = 0; i < WAYS; i++) {
      if (w[at + T.OPEN] === 0) return at;
      if (w[at + T.SEC] < w[oldest + T.SEC]) oldest = at;
      at = this.neighbour(at);
    }
    return oldest;
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
    for (let i = 0; i < 4; i++) {
      w[at + T.SOURCE + i] = key.source[i];
      w[at + T.DESTINATION + i] = key.destination[i];
    }
  }

  close(at: number): void {
    if (this.words[at + T.OPEN] !== 0 && this.words[at + T.PACKETS] !== 0) this.headless--;
    this.words[at + T.OPEN] = 0;
    this.words[at + T.PACKETS] = 0;
  }

  /** Counts a fragment that cannot be given to a session yet. */
  wait(at: number, f: Frame, payload: number): void {
    const w = this.words;
    if (w[at + T.PACKETS]++ === 0) this.headless++;
    w[at + T.BYTES] += f.ipLength;
    w[at + T.PAYLOAD] += payload;
    if (f.truncated) w[at + T.TRUNCATED]++;
    w[at + T.SEC] = f.sec;
    w[at + T.NSEC] = f.nsec;
  }

  /** What is known of a train's packets without the first fragment: a frame of addresses and protocol. Reused. */
  portless(at: number): Frame {
    const f = this.scratch;
    const w = this.words;
    f.ipVersion = w[at + T.PROTOCOL] >>> 8;
    f.protocol = w[at + T.PROTOCOL] & 0xff;
    f.etherType = f.ipVersion === 4 ? 0x0800 : 0x86dd;
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

  /** Whether a train is still open and too old at `now` (seconds). */
  expired(at: number, now: number): boolean {
    return this.words[at + T.OPEN] !== 0 && now > this.words[at + T.SEC] + this.timeout;
  }

  /** The offsets of all places: 0, and so on by this step. */
  get step(): number {
    return WORDS;
  }

  private is(at: number, key: Key, f: Frame): boolean {
    const w = this.words;
    if (
      w[at + T.ID] !== f.fragmentId ||
      w[at + T.MIRROR] !== key.mirror ||
      w[at + T.PROTOCOL] !== (key.protocol | (key.ipVersion << 8)) ||
      f.sec > w[at + T.SEC] + this.timeout
    )
      return false;
    for (let i = 0; i < 4; i++) {
      if (w[at + T.SOURCE + i] !== key.source[i] || w[at + T.DESTINATION + i] !== key.destination[i])
        return false;
    }
    return true;
  }

  private home(key: Key, f: Frame): number {
    let h = Math.imul(f.fragmentId ^ key.mirror, 0x9e3779b1);
    for (let i = 0; i < 4; i++) {
      h = Math.imul(h ^ key.source[i], 0x85ebca6b);
      h = Math.imul((h >>> 13) ^ h ^ key.destination[i], 0xc2b2ae35);
    }
    return ((h ^ (h >>> 16)) & (this.capacity - 1)) * WORDS;
  }

  private neighbour(at: number): number {
    const next = at + WORDS;
    return next === this.words.length ? 0 : next;
  }
}
