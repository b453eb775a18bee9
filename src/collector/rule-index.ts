/**
 * The rules of mirror points for the packet path. Strangers may send as many points as there are addresses,
 * and the configuration may have thousands of entries, so entries are looked up instead of tried in turn.
 * They are grouped by what they name (length of the source's prefix; type, session, key), and each group has
 * a hash table (tuple space search: Srinivasan, Suri, Varghese, SIGCOMM 1999; Open vSwitch classifies packets
 * the same way).
 */
import { randomInt } from 'node:crypto';
import { ADDRESS_WORDS, NO_KEY, type PointGate, REFUSED } from '../accounts/point-gate.js';
import { matchesPoint } from '../config/mirror-match.js';
import type { MirrorConfig } from '../config/schema.js';
import { isPlain, MIRROR_TYPE_NAMES, MirrorType, type PointIdentity } from '../model/mirror-point.js';
import { u32 } from '../wire/bytes.js';
import type { MirrorRules } from './policy.js';

const NONE = -1;
/** The words of an entry: masked source, type, session, key. */
const TYPE = ADDRESS_WORDS;
const SESSION = TYPE + 1;
const KEY = SESSION + 1;
const WORDS = KEY + 1;
/**
 * Seconds without packets after which a point is forgotten; for named mirrors the longer time, while there
 * are places.
 */
const IDLE = 3600;
const IDLE_NAMED = 86_400;
/** After this many times the longest session timeout, no session of a point is open any more. */
const TIMEOUTS = 2;

/** Entries that name the same fields. */
class Shape {
  private readonly mask = new Uint32Array(ADDRESS_WORDS);
  /** Places in `mirrors`, in a hash table that is at most half full. */
  private readonly slots: Int32Array;
  /** By slot: the words of its entry. */
  private readonly words: Uint32Array;
  private readonly seed = randomInt(2 ** 32);
  /** Place of its first entry. */
  first = Number.POSITIVE_INFINITY;

  constructor(
    bits: number,
    private readonly hasType: boolean,
    private readonly hasSession: boolean,
    readonly hasKey: boolean,
    entries: number,
  ) {
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      const n = Math.min(Math.max(bits - 32 * i, 0), 32);
      this.mask[i] = n === 0 ? 0 : (0xffffffff << (32 - n)) >>> 0;
    }
    const size = 2 ** Math.ceil(Math.log2(2 * entries));
    this.slots = new Int32Array(size).fill(NONE);
    this.words = new Uint32Array(size * WORDS);
  }

  /**
   * Adds an entry, later in `mirrors` than those before it: if one of them names the same values, the new one
   * has no effect.
   */
  add(place: number, source: Uint32Array, type: number, session: number, key: number): void {
    const slot = this.slotOf(source, type, session, key);
    if (this.slots[slot] !== NONE) return;
    this.slots[slot] = place;
    this.write(slot * WORDS, source, type, session, key);
    this.first = Math.min(this.first, place);
  }

  /** @returns the place in `mirrors` of the first of its entries that matches, or NONE */
  find(source: Uint32Array, type: number, session: number, key: number): number {
    return this.slots[this.slotOf(source, type, session, key)];
  }

  private slotOf(source: Uint32Array, type: number, session: number, key: number): number {
    const size = this.slots.length - 1;
    let slot = this.hash(source, type, session, key) & size;
    while (this.slots[slot] !== NONE && !this.isAt(slot * WORDS, source, type, session, key)) {
      slot = (slot + 1) & size;
    }
    return slot;
  }

  private hash(source: Uint32Array, type: number, session: number, key: number): number {
    const { mask } = this;
    let h = this.seed;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      h = Math.imul(h ^ (source[i] & mask[i]), 0x85ebca6b);
      h ^= h >>> 15;
    }
    if (this.hasType) h = Math.imul(h ^ type, 0xc2b2ae35);
    if (this.hasSession) h = Math.imul(h ^ (h >>> 13) ^ session, 0x27d4eb2f);
    if (this.hasKey) h = Math.imul(h ^ (h >>> 13) ^ key, 0x165667b1);
    return h ^ (h >>> 16);
  }

  private isAt(at: number, source: Uint32Array, type: number, session: number, key: number): boolean {
    const { mask, words } = this;
    for (let i = 0; i < ADDRESS_WORDS; i++) if (words[at + i] !== (source[i] & mask[i]) >>> 0) return false;
    if (this.hasType && words[at + TYPE] !== type) return false;
    if (this.hasSession && words[at + SESSION] !== session) return false;
    return !this.hasKey || words[at + KEY] === key >>> 0;
  }

  private write(at: number, source: Uint32Array, type: number, session: number, key: number): void {
    for (let i = 0; i < ADDRESS_WORDS; i++) this.words[at + i] = source[i] & this.mask[i];
    this.words[at + TYPE] = type;
    this.words[at + SESSION] = session;
    this.words[at + KEY] = key;
  }
}

/**
 * The pools of mirror points are the entries of `mirrors`, by their place, and one more for unknown points.
 */
export class RuleIndex implements PointGate {
  readonly places: readonly number[];
  private readonly shapes: Shape[];
  /** The same, by source alone. */
  private readonly senders: Shape[];
  private readonly otherwise: number;
  private readonly unknown: number;
  private readonly shortest: number;
  private readonly mirrors: readonly MirrorConfig[];

  /** @param longestTimeout seconds without packets after which no session is open any more */
  constructor(rules: MirrorRules, longestTimeout: number) {
    this.mirrors = rules.mirrors;
    this.unknown = rules.mirrors.length;
    this.otherwise = rules.unknown === 'refuse' ? REFUSED : this.unknown;
    this.places = [...rules.mirrors.map((m) => m.points), rules.unknownPoints];
    this.shapes = shapesOf(rules.mirrors);
    this.senders = shapesOf(
      rules.mirrors.map((m) => ({ ...m, type: undefined, session: undefined, key: undefined })),
    );
    this.shortest = Math.max(IDLE, TIMEOUTS * longestTimeout);
  }

  poolOf(type: MirrorType, words: Uint32Array, session: number, key: number, origin = ''): number {
    if (isPlain(type)) return this.poolOfPlain(type, origin);
    // The key of a PPTP call is its number and the packet's length.
    const hasKey = key !== NO_KEY && type !== MirrorType.Pptp;
    const { shapes } = this;
    let first = NONE;
    for (let i = 0; i < shapes.length; i++) {
      const shape = shapes[i];
      if (first !== NONE && shape.first > first) break;
      if (shape.hasKey && !hasKey) continue;
      const place = shape.find(words, type, session, key);
      if (place !== NONE && (first === NONE || place < first)) first = place;
    }
    return first === NONE ? this.otherwise : first;
  }

  /** Plain frames come from few places, so their entries are looked through one by one. */
  private poolOfPlain(type: MirrorType, origin: string): number {
    const place = this.mirrors.findIndex((m) => matchesPoint(m, plainPoint(type, origin)));
    return place < 0 ? this.unknown : place;
  }

  mayAdmit(words: Uint32Array): boolean {
    if (this.otherwise !== REFUSED) return true;
    const { senders } = this;
    for (let i = 0; i < senders.length; i++) if (senders[i].find(words, 0, 0, 0) !== NONE) return true;
    return false;
  }

  idle(pool: number, full: boolean): number {
    return full || pool === this.unknown ? this.shortest : Math.max(IDLE_NAMED, this.shortest);
  }
}

/** The entries grouped by the fields they name; the group with the earliest entry comes first. */
function shapesOf(mirrors: readonly MirrorConfig[]): Shape[] {
  const groups = new Map<string, number[]>();
  for (const [place, m] of mirrors.entries()) {
    // It is that of a SPAN port, which has no addresses.
    if (m.span !== undefined) continue;
    const name = `${bitsOf(m)} ${m.type !== undefined} ${m.session !== undefined} ${m.key !== undefined}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [place]);
    else group.push(place);
  }
  // A map keeps its groups in the order of insertion.
  return [...groups.values()].map((places) => {
    const m = mirrors[places[0]];
    const shape = new Shape(
      bitsOf(m),
      m.type !== undefined,
      m.session !== undefined,
      m.key !== undefined,
      places.length,
    );
    for (const place of places) {
      const { source, type, session = 0, key = 0 } = mirrors[place];
      const words = new Uint32Array(ADDRESS_WORDS);
      if (source !== undefined) for (let i = 0; i < words.length; i++) words[i] = u32(source.address, 4 * i);
      shape.add(place, words, type === undefined ? 0 : MIRROR_TYPE_NAMES.indexOf(type), session, key);
    }
    return shape;
  });
}

/** What is known of plain frames. */
function plainPoint(type: MirrorType, origin: string): Omit<PointIdentity, 'target'> {
  return { type, source: new Uint8Array(16), session: 0, key: null, origin };
}

function bitsOf(m: MirrorConfig): number {
  return m.source?.bits ?? 0;
}
