/** Conversations at pairs of places, and what became of their packets between the two. */
import { alignedWords } from './aligned-words.js';
import { O } from './observation.js';

/** Conversations remembered; and seconds without packets after which one has its row, as after this long. */
export const HOPS = 1 << 16;
export const HOP_IDLE = 60;
export const HOP_ACTIVE = 900;

/**
 * The words of a conversation: in the first 64 bytes what every packet needs, in the next ones and in the
 * last ones what every packet that is judged needs.
 */
export const H = {
  /** A hash of pair, protocol and ends, 64 bits: two conversations have the same with a chance of 2^-64. */
  HASH: 0,
  /** The next one of its bucket, or the next free one. */
  NEXT: 2,
  /** Pair and protocol, 8 bits each, and bits of {@link HOP}. */
  STATE: 3,
  /** Packets in the window: the conversation stays until they are settled. */
  PENDING: 4,
  LAST_SEC: 5,
  LAST_NSEC: 6,
  /** The client's port << 16 | the server's. */
  PORTS: 7,
  /** Packets in WAITING_LOST and WAITING_UNKNOWN. */
  WAITING: 8,
  /** Of forward and reverse: the latest departure of a packet that has arrived. */
  LATEST_SEC: 10,
  LATEST_NSEC: 12,
  /** Hashes of the client's and of the server's address, 0 before they are needed. */
  DESTINATIONS: 14,
  /** {@link COUNT}, forward and reverse. */
  COUNTS: 16,
  FIRST_SEC: 28,
  FIRST_NSEC: 29,
  /** Directions of what the client and what the server sends, where a TTL has told: 1, -1, or 0. */
  KNOWN: 30,
  /** The addresses, as in an observation. */
  CLIENT: 32,
  SERVER: 36,
  /**
   * Packets seen at one end whose destination nothing is known of yet, as they would count: by twice who sent
   * them (0 the client, 1 the server) plus the end.
   */
  WAITING_LOST: 40,
  WAITING_UNKNOWN: 44,
  /** 64-bit floats: {@link DELAY}, forward and reverse. */
  DELAYS: 48,
} as const;
const WORDS = 64;

/** What became of packets in one direction. */
export const COUNT = { matched: 0, lost: 1, unknown: 2, ambiguous: 3, unmatchable: 4, reordered: 5 } as const;
export const COUNTS = 6;
/** The delays of those matched. */
const DELAY = { min: 0, max: 1, sum: 2 } as const;
const DELAYS = 3;

/** Bits of STATE. */
export const HOP = {
  used: 0x10000,
  ipv6: 0x20000,
  /** The client is the end that is first by order. */
  clientFirst: 0x40000,
} as const;

const NONE = -1;
const FIRST_HOPS = 1 << 8;

/** One direction of a pair, for a row. */
export class HopWay {
  matched = 0;
  lost = 0;
  unknown = 0;
  ambiguous = 0;
  unmatchable = 0;
  reordered = 0;
  delayMin = 0;
  delayMax = 0;
  delaySum = 0;
}

/** A conversation, for a row. */
export class Hop {
  protocol = 0;
  ipVersion = 0;
  /** The client's and the server's address, as in an observation, and ports. */
  readonly client = new Int32Array(4);
  readonly server = new Int32Array(4);
  clientPort = 0;
  serverPort = 0;
  firstSec = 0;
  firstNsec = 0;
  lastSec = 0;
  lastNsec = 0;
  /** Forward and reverse. */
  readonly ways = [new HopWay(), new HopWay()] as const;
}

export class Hops {
  /** All of them. Replaced by larger memory when it grows: not to be kept across {@link find}. */
  words: Int32Array;
  private floats: Float64Array;
  private places: number;
  private heads: Int32Array;
  private count = 0;
  /** The first free one that was used before. */
  private spare = NONE;
  /** Packets of conversations without a place. */
  full = 0;
  open = 0;

  /** @param capacity a power of two */
  constructor(private readonly capacity = HOPS) {
    this.places = Math.min(capacity, FIRST_HOPS);
    this.words = alignedWords(this.places * WORDS);
    this.floats = floatsOf(this.words);
    this.heads = new Int32Array(this.places * 2).fill(NONE);
  }

  /**
   * The place of an observation's conversation in {@link words}, made if it is new; -1 if there is no room.
   *
   * @param first and `second` a hash of pair, protocol and ends, the same for both directions
   * @param sourceFirst whether the source is the end that is first by order
   */
  find(pair: number, first: number, second: number, sourceFirst: boolean, o: Int32Array, at: number): number {
    const w = this.words;
    for (let h = this.heads[first & (this.heads.length - 1)]; h >= 0; h = w[h + H.NEXT])
      if (w[h] === first && w[h + 1] === second) return h;
    return this.make(pair, first, second, sourceFirst, o, at);
  }

  pairOf(h: number): number {
    return this.words[h + H.STATE] & 0xff;
  }

  /** Counts a packet that took so many nanoseconds. */
  delay(h: number, way: number, delay: number): void {
    const f = this.floats;
    const at = (h + H.DELAYS) / 2 + way * DELAYS;
    const matched = this.words[h + H.COUNTS + way * COUNTS + COUNT.matched]++;
    if (matched === 0 || delay < f[at + DELAY.min]) f[at + DELAY.min] = delay;
    if (matched === 0 || delay > f[at + DELAY.max]) f[at + DELAY.max] = delay;
    f[at + DELAY.sum] += delay;
  }

  /** Calls with every conversation; those that it returns true for are removed. */
  sweep(done: (h: number) => boolean): void {
    for (let h = 0; h < this.count * WORDS; h += WORDS) {
      if ((this.words[h + H.STATE] & HOP.used) === 0 || !done(h)) continue;
      this.unlink(h);
      this.words[h + H.STATE] = 0;
      this.open--;
      this.words[h + H.NEXT] = this.spare;
      this.spare = h;
    }
  }

  /** Whether nothing is counted of a conversation since its last row. */
  isEmpty(h: number): boolean {
    for (let way = 0; way < 2; way++)
      for (let i = COUNT.matched; i <= COUNT.unmatchable; i++)
        if (this.words[h + H.COUNTS + way * COUNTS + i] !== 0) return false;
    return true;
  }

  /** Reads a conversation for its row. */
  read(h: number, hop: Hop): void {
    const w = this.words;
    hop.protocol = (w[h + H.STATE] >>> 8) & 0xff;
    hop.ipVersion = (w[h + H.STATE] & HOP.ipv6) !== 0 ? 6 : 4;
    for (let i = 0; i < 4; i++) {
      hop.client[i] = w[h + H.CLIENT + i];
      hop.server[i] = w[h + H.SERVER + i];
    }
    hop.clientPort = w[h + H.PORTS] >>> 16;
    hop.serverPort = w[h + H.PORTS] & 0xffff;
    hop.firstSec = w[h + H.FIRST_SEC] >>> 0;
    hop.firstNsec = w[h + H.FIRST_NSEC];
    hop.lastSec = w[h + H.LAST_SEC] >>> 0;
    hop.lastNsec = w[h + H.LAST_NSEC];
    for (const [i, way] of hop.ways.entries()) {
      const at = h + H.COUNTS + i * COUNTS;
      way.matched = w[at + COUNT.matched];
      way.lost = w[at + COUNT.lost];
      way.unknown = w[at + COUNT.unknown];
      way.ambiguous = w[at + COUNT.ambiguous];
      way.unmatchable = w[at + COUNT.unmatchable];
      way.reordered = w[at + COUNT.reordered];
      const delays = (h + H.DELAYS) / 2 + i * DELAYS;
      way.delayMin = this.floats[delays + DELAY.min];
      way.delayMax = this.floats[delays + DELAY.max];
      way.delaySum = this.floats[delays + DELAY.sum];
    }
  }

  /** Begins to count anew. */
  clear(h: number): void {
    this.words.fill(0, h + H.COUNTS, h + H.COUNTS + 2 * COUNTS);
    const delays = (h + H.DELAYS) / 2;
    this.floats.fill(0, delays, delays + 2 * DELAYS);
  }

  private make(
    pair: number,
    first: number,
    second: number,
    sourceFirst: boolean,
    o: Int32Array,
    at: number,
  ): number {
    let h = this.spare;
    if (h !== NONE) this.spare = this.words[h + H.NEXT];
    else if (this.count === this.capacity) {
      this.full++;
      return NONE;
    } else {
      if (this.count === this.places) this.grow();
      h = this.count++ * WORDS;
    }
    const w = this.words;
    w.fill(0, h, h + WORDS);
    this.open++;
    w[h] = first;
    w[h + 1] = second;
    const fromClient = opens(o, at);
    const isIpv6 = ((o[at + O.PROTOCOL] >>> 8) & 0xff) === 6;
    w[h + H.STATE] =
      pair |
      ((o[at + O.PROTOCOL] & 0xff) << 8) |
      HOP.used |
      (isIpv6 ? HOP.ipv6 : 0) |
      (fromClient === sourceFirst ? HOP.clientFirst : 0);
    w[h + H.FIRST_SEC] = o[at + O.SEC];
    w[h + H.FIRST_NSEC] = o[at + O.NSEC];
    w[h + H.LAST_SEC] = o[at + O.SEC];
    w[h + H.LAST_NSEC] = o[at + O.NSEC];
    const ports = o[at + O.PORTS];
    w[h + H.PORTS] = fromClient ? ports : (ports << 16) | (ports >>> 16);
    const client = at + (fromClient ? O.SOURCE : O.DESTINATION);
    const server = at + (fromClient ? O.DESTINATION : O.SOURCE);
    for (let i = 0; i < 4; i++) {
      w[h + H.CLIENT + i] = o[client + i];
      w[h + H.SERVER + i] = o[server + i];
    }
    this.link(h);
    return h;
  }

  private link(h: number): void {
    const bucket = this.words[h] & (this.heads.length - 1);
    this.words[h + H.NEXT] = this.heads[bucket];
    this.heads[bucket] = h;
  }

  private unlink(h: number): void {
    const w = this.words;
    const bucket = w[h] & (this.heads.length - 1);
    if (this.heads[bucket] === h) {
      this.heads[bucket] = w[h + H.NEXT];
      return;
    }
    let before = this.heads[bucket];
    while (w[before + H.NEXT] !== h) before = w[before + H.NEXT];
    w[before + H.NEXT] = w[h + H.NEXT];
  }

  /** Makes room for twice as many, when none is free. */
  private grow(): void {
    const { words } = this;
    this.places *= 2;
    this.words = alignedWords(this.places * WORDS);
    this.words.set(words);
    this.floats = floatsOf(this.words);
    this.heads = new Int32Array(this.places * 2).fill(NONE);
    for (let h = 0; h < words.length; h += WORDS) this.link(h);
  }
}

function floatsOf(words: Int32Array): Float64Array {
  return new Float64Array(words.buffer, words.byteOffset, words.length / 2);
}

const SYN = 0x02;
const ACK = 0x10;

/** Whether the client sent a packet: it opens a connection; where that was not seen, its port is higher. */
function opens(o: Int32Array, at: number): boolean {
  const flags = o[at + O.PROTOCOL] >>> 24;
  if ((flags & SYN) !== 0) return (flags & ACK) === 0;
  return o[at + O.PORTS] >>> 16 >= (o[at + O.PORTS] & 0xffff);
}
