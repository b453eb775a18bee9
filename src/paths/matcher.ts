/**
 * Matches packets between pairs of places (trajectory sampling, RFC 5475). A packet waits in the window for
 * its other end, and is judged when its time there is over: only then is it known whether another packet was
 * identical to it, and whether the other place's mirror lost something at that time.
 */
import { KeyedHash } from '../wire/keyed-hash.js';
import { Destinations } from './destinations.js';
import { Discovery } from './discovery.js';
import { PlaceGaps } from './gaps.js';
import { COUNT, COUNTS, H, HOP, HOP_ACTIVE, HOP_IDLE, Hop, Hops } from './hops.js';
import { type Minute, Minutes } from './minutes.js';
import { O, ObservationKind } from './observation.js';
import {
  EXACT_DELAYS,
  type MatcherOptions,
  type PathPair,
  WINDOW_NS,
  WINDOW_PLACES,
} from './path-options.js';
import { Ranges } from './ranges.js';
import { E, FLAG, Window } from './window.js';

const BILLION = 1e9;
/** Nanoseconds by which a packet may be due earlier or later than all that were matched lately. */
const SLACK = 1e6;
/** Seconds: a time this far before the last one belongs to another time. */
const BACK = 60;
/**
 * Times are counted from a second that moves on before they lose their last digit (2^53 ns are 104 days). It
 * is so far back that none is a small integer, or code would be compiled again when one no longer is.
 */
const SHIFT_SEC = 1e6;
const MOST_COUNT = 0xff;
/** Nanoseconds after its window in which sequence numbers of its time still come. */
const SETTLE = 5e8;
/** Packets of a conversation that did not arrive, while none did. */
const NOTHING_ARRIVES = 8;
/** Looks per window whether packets are due. */
const SWEEPS = 8;

/** Where the results go; what it is told of is reused. */
export interface MatcherSink {
  /** What became of the packets of a pair and direction in one minute. */
  minute(pair: PathPair, forward: boolean, minute: Minute): void;
  hop(pair: PathPair, hop: Hop): void;
}

export interface MatcherCounters {
  /** Packets observed, at all places. */
  observed: number;
  /** Those that had to be judged early because the window was full. */
  early: number;
  /** Packets of conversations for which there was no room. */
  hopsFull: number;
  /** Intervals of missing numbers that were forgotten early. */
  gapsForgotten: number;
  /** Pairs and places for which there was no room. */
  pairsFull: number;
}

export class Matcher {
  readonly pairs: PathPair[] = [];
  /** By place: numbers of its pairs times two, plus 1 where it is the second place. */
  private readonly ends: number[][] = [];
  private readonly window: Window;
  private readonly hops: Hops;
  private readonly hop = new Hop();
  private readonly destinations = new Destinations();
  private readonly hash: KeyedHash;
  private readonly minutes: Minutes;
  private readonly places: PlaceGaps[];
  private readonly ranges = new Ranges();
  private readonly discovery: Discovery | undefined;
  /** By place: payload of the packets that its mirror cut too short, and when the last one came. */
  private readonly cutTo: Int32Array;
  private readonly cutAt: Float64Array;
  private readonly windowNs: number;
  private readonly words = new Int32Array(12);
  /** Whether the source is the first of the ends that {@link conversation} hashed last. */
  private sourceFirst = false;
  private base = -1;
  /** Nanoseconds since {@link base}: the latest packet, and the last look whether packets are due. */
  private now = Number.NEGATIVE_INFINITY;
  /** The same: the packet that was observed last. */
  private current = Number.NEGATIVE_INFINITY;
  private swept = Number.NEGATIVE_INFINITY;
  private observed = 0;
  private early = 0;

  constructor(
    private readonly options: MatcherOptions,
    private readonly sink: MatcherSink,
  ) {
    this.windowNs = options.windowNs ?? WINDOW_NS;
    this.window = new Window(options.capacity ?? WINDOW_PLACES);
    this.hops = new Hops(options.hops);
    this.hash = new KeyedHash(options.key.print);
    this.minutes = new Minutes(options.exactDelays ?? EXACT_DELAYS, (pair, forward, minute) =>
      sink.minute(this.pairs[pair], forward, minute),
    );
    this.places = options.places.map(() => new PlaceGaps());
    this.cutTo = new Int32Array(this.places.length);
    this.cutAt = new Float64Array(this.places.length).fill(Number.NEGATIVE_INFINITY);
    for (const _ of this.places) this.ends.push([]);
    for (const pair of options.pairs) this.addPair(pair);
    if (options.auto) this.discovery = new Discovery(this.places.length);
  }

  get counters(): MatcherCounters {
    return {
      observed: this.observed,
      early: this.early,
      hopsFull: this.hops.full,
      gapsForgotten: this.places.reduce((sum, p) => sum + p.forgotten, 0),
      pairsFull: this.discovery?.full ?? 0,
    };
  }

  /** Packets that wait, and conversations. */
  get waiting(): number {
    return this.window.size;
  }

  get conversations(): number {
    return this.hops.open;
  }

  /**
   * A packet of a place's mirror, whatever is in it.
   *
   * @param since time of the previous packet that the same counter numbered, seconds and nanoseconds
   * @param missing numbers that are missing since then; negative: packets of before that have come after all
   * @param numbered whether the mirror has usable numbers
   */
  number(
    place: number,
    sinceSec: number,
    sinceNsec: number,
    sec: number,
    nsec: number,
    missing: number,
    numbered: boolean,
  ): void {
    this.time(sec, nsec);
    const p = this.places[place];
    p.numbered = numbered;
    p.seen(this.current);
    if (missing !== 0) p.add(this.relative(sinceSec, sinceNsec), this.current, missing);
  }

  /** Takes an observation: {@link OBSERVATION_WORDS} words from `at` on. */
  take(o: Int32Array, at: number): void {
    this.time(o[at + O.SEC] >>> 0, o[at + O.NSEC]);
    const kind = o[at + O.KIND] & 0xff;
    const place = o[at + O.KIND] >>> 8;
    this.observed++;
    if (kind === ObservationKind.Cut) {
      this.cut(place, this.current, o, at);
      return;
    }
    if (this.discovery !== undefined && kind !== ObservationKind.Large) {
      const found = this.discovery.take(o, at, place, this.current, this.windowNs);
      if (found !== undefined) {
        const { places } = this.options;
        const names = { fromName: places[found.from], toName: places[found.to] };
        this.addPair({ ...found, ...names, nat: false });
      }
    }
    const ends = this.ends[place];
    for (let i = 0; i < ends.length; i++) {
      if (kind === ObservationKind.Large) this.large(ends[i] >> 1, o, at);
      else this.see(ends[i] >> 1, ends[i] & 1, kind, o, at);
    }
    if (this.now - this.swept > this.windowNs / SWEEPS) this.expire();
  }

  /** Lets time pass up to this second, when no packets do. */
  advance(sec: number): void {
    if (this.base < 0) return;
    this.time(sec, 0);
    this.expire();
  }

  /** Judges what waits, and writes every row: the next packets belong to another time. */
  finish(): void {
    while (this.window.size > 0) this.judgeFirst();
    this.hops.sweep((h) => {
      this.write(h);
      return true;
    });
    this.minutes.finish();
    this.base = -1;
    this.now = Number.NEGATIVE_INFINITY;
    this.swept = Number.NEGATIVE_INFINITY;
    this.ranges.clear();
    for (const [i] of this.places.entries()) {
      const forgotten = this.places[i].forgotten;
      this.places[i] = new PlaceGaps();
      this.places[i].forgotten = forgotten;
    }
    this.cutAt.fill(Number.NEGATIVE_INFINITY);
  }

  private addPair(pair: PathPair): void {
    const number = this.pairs.push(pair) - 1;
    this.ends[pair.from].push(number * 2);
    this.ends[pair.to].push(number * 2 + 1);
    this.minutes.addPair();
  }

  /** Sets {@link current}, and moves the clock. */
  private time(sec: number, nsec: number): void {
    if (this.base < 0) this.base = sec - SHIFT_SEC;
    this.current = this.relative(sec, nsec);
    if (this.current < this.now - BACK * BILLION) {
      this.finish();
      this.base = sec - SHIFT_SEC;
      this.current = this.relative(sec, nsec);
    }
    if (this.current > this.now) this.now = this.current;
    if (this.current > 2 * SHIFT_SEC * BILLION) {
      this.shift(Math.floor(this.current / BILLION / SHIFT_SEC - 1) * SHIFT_SEC);
      this.current = this.relative(sec, nsec);
    }
  }

  private relative(sec: number, nsec: number): number {
    return (sec - this.base) * BILLION + nsec;
  }

  private shift(sec: number): void {
    this.base += sec;
    const by = sec * BILLION;
    this.now -= by;
    this.swept -= by;
    for (const place of this.places) place.shift(by);
    for (let i = 0; i < this.cutAt.length; i++) this.cutAt[i] -= by;
  }

  private see(pair: number, side: number, kind: number, o: Int32Array, at: number): void {
    const { nat } = this.pairs[pair];
    const print = at + (nat ? O.BARE_PRINT : O.PRINT);
    let e = this.window.find(o[print], o[print + 1], pair);
    let w = this.window.words;
    if (e < 0 || this.current - this.seenAt(e) > this.windowNs) {
      if (this.window.isFull) this.judgeEarly();
      e = this.window.add(o[print], o[print + 1], pair);
      w = this.window.words;
      if (kind === ObservationKind.Fragment) w[e + E.STATE] |= FLAG.fragment;
      else this.join(e, pair, o, at);
      if ((o[at + O.PROTOCOL] & 0xff) === 6 && o[at + O.LENGTH] > 1) {
        w[e + E.STATE] |= FLAG.stream;
        w[e + E.SEQUENCE] = o[at + O.SEQUENCE];
      }
    } else if (nat && side === 0 && w[e + E.HOP] >= 0 && ((w[e + E.COUNT] >>> 0) & 0xffff) === 0)
      // A conversation is told with the addresses of the pair's first place.
      this.join(e, pair, o, at);
    const shift = side * 16;
    const count = (w[e + E.COUNT] >>> shift) & 0xffff;
    if (count < MOST_COUNT) w[e + E.COUNT] += 1 << shift;
    if (count > 0) return;
    w[e + E.SEC + side] = o[at + O.SEC];
    w[e + E.NSEC + side] = o[at + O.NSEC];
    w[e + E.LENGTH + side] = o[at + O.LENGTH];
    w[e + E.DESTINATION + side] = this.destinationOf(e, pair, side, o, at);
    w[e + E.TTL] |= ((o[at + O.PROTOCOL] >>> 16) & 0xff) << (side * 8);
    if (((w[e + E.COUNT] >>> (16 - shift)) & 0xffff) === 1) this.meet(e, pair, side);
  }

  /** When the first of an entry's packets was seen. */
  private seenAt(e: number): number {
    const w = this.window.words;
    const from = w[e + E.COUNT] & 0xffff;
    const to = w[e + E.COUNT] >>> 16;
    const first = from === 0 ? Number.POSITIVE_INFINITY : this.relative(w[e + E.SEC] >>> 0, w[e + E.NSEC]);
    if (to === 0) return first;
    return Math.min(first, this.relative(w[e + E.SEC + 1] >>> 0, w[e + E.NSEC + 1]));
  }

  /** Both ends have seen the packet. */
  private meet(e: number, pair: number, side: number): void {
    const w = this.window.words;
    const hops = this.hops.words;
    const ttl = (w[e + E.TTL] & 0xff) - (w[e + E.TTL] >>> 8);
    const delay = this.delay(e);
    const way = ttl !== 0 ? Math.sign(ttl) : delay < 0 ? -1 : 1;
    const h = w[e + E.HOP];
    const sender = (w[e + E.STATE] & FLAG.server) === 0 ? 0 : 1;
    if (h < 0 || ttl === 0 || hops[h + H.KNOWN + sender] !== way) this.learn(e, pair, way, ttl !== 0);
    if (h >= 0 && ttl !== 0) hops[h + H.KNOWN + sender] = way;
    if (this.lengthsDiffer(e)) {
      this.ranges.add(h, pair, w[e + E.STATE] & FLAG.server, w[e + E.SEQUENCE], longest(w, e));
      return;
    }
    const forward = (ttl !== 0 ? way : this.destinations.direction(w[e + E.DESTINATION])) > 0;
    this.minutes.expect(pair, forward, forward ? delay : -delay, w[e + E.SEC + side] >>> 0);
    if (h < 0) return;
    // The packet has arrived now; which of those of its conversation that arrived before were sent later?
    const near = forward ? 0 : 1;
    const other = side === near ? 1 - near : near;
    const sec = w[e + E.SEC + other] >>> 0;
    const nsec = w[e + E.NSEC + other];
    const latest = h + H.LATEST_SEC + near;
    const latestNsec = h + H.LATEST_NSEC + near;
    const behind = sec - (hops[latest] >>> 0) || nsec - hops[latestNsec];
    if (behind < 0) w[e + E.STATE] |= FLAG.reordered;
    else {
      hops[latest] = sec;
      hops[latestNsec] = nsec;
    }
  }

  private learn(e: number, pair: number, way: number, certain: boolean): void {
    const w = this.window.words;
    this.destinations.learn(w[e + E.DESTINATION], way, certain);
    if (this.pairs[pair].nat) this.destinations.learn(w[e + E.DESTINATION + 1], way, certain);
  }

  /** In which direction an entry's packet went: 1 forward, -1 reverse, 0 unknown. */
  private wayOf(e: number, side: number, h: number): number {
    const w = this.window.words;
    const sender = (w[e + E.STATE] & FLAG.server) === 0 ? 0 : 1;
    const known = h < 0 ? 0 : this.hops.words[h + H.KNOWN + sender];
    return known !== 0 ? known : this.destinations.direction(w[e + E.DESTINATION + side]);
  }

  /** The hash of the destination's address at one end; of conversations it is computed once. */
  private destinationOf(e: number, pair: number, side: number, o: Int32Array, at: number): number {
    const w = this.window.words;
    const h = w[e + E.HOP];
    if (this.pairs[pair].nat) return this.destination(pair, side, o, at);
    if (h < 0) return this.destination(pair, 0, o, at);
    const hops = this.hops.words;
    const to = h + H.DESTINATIONS + ((w[e + E.STATE] & FLAG.server) === 0 ? 1 : 0);
    if (hops[to] === 0) hops[to] = this.destination(pair, 0, o, at);
    return hops[to];
  }

  /** Nanoseconds from the pair's first place to its second. */
  private delay(e: number): number {
    const w = this.window.words;
    return ((w[e + E.SEC + 1] >>> 0) - (w[e + E.SEC] >>> 0)) * BILLION + w[e + E.NSEC + 1] - w[e + E.NSEC];
  }

  private lengthsDiffer(e: number): boolean {
    const w = this.window.words;
    return w[e + E.LENGTH] !== w[e + E.LENGTH + 1];
  }

  private join(e: number, pair: number, o: Int32Array, at: number): void {
    const w = this.window.words;
    const before = w[e + E.HOP];
    if (before >= 0) this.hops.words[before + H.PENDING]--;
    const h = this.findHop(pair, o, at);
    w[e + E.HOP] = h;
    w[e + E.STATE] &= ~FLAG.server;
    if (h < 0) return;
    const hops = this.hops.words;
    hops[h + H.PENDING]++;
    hops[h + H.LAST_SEC] = o[at + O.SEC];
    hops[h + H.LAST_NSEC] = o[at + O.NSEC];
    if (!this.isFromClient(h)) w[e + E.STATE] |= FLAG.server;
  }

  /** The conversation of an observation, in {@link hops}; -1 if there is no room. */
  private findHop(pair: number, o: Int32Array, at: number): number {
    const first = this.conversation(pair, o, at);
    return this.hops.find(pair, first, this.hash.other, this.sourceFirst, o, at);
  }

  /** Whether the client sent the packet whose conversation was found last. */
  private isFromClient(h: number): boolean {
    return ((this.hops.words[h + H.STATE] & HOP.clientFirst) !== 0) === this.sourceFirst;
  }

  /** A keyed hash of both ends, the same for either direction: 32 bits, and {@link KeyedHash.other}. */
  private conversation(pair: number, o: Int32Array, at: number): number {
    const w = this.words;
    const v4 = ((o[at + O.PROTOCOL] >>> 8) & 0xff) === 4;
    const source = at + O.SOURCE;
    const destination = at + O.DESTINATION;
    const ports = o[at + O.PORTS];
    let word = 3;
    while (word > 0 && o[source + word] === o[destination + word]) word--;
    const order = o[source + word] - o[destination + word] || (ports >>> 16) - (ports & 0xffff);
    this.sourceFirst = order < 0;
    const low = order < 0 ? source : destination;
    const high = order < 0 ? destination : source;
    let count = 0;
    for (let i = v4 ? 3 : 0; i < 4; i++) {
      w[count++] = o[low + i];
      w[count++] = o[high + i];
    }
    w[count++] = order < 0 ? ports : (ports << 16) | (ports >>> 16);
    return this.hash.twice(w, count, (pair << 8) | (o[at + O.PROTOCOL] & 0xff));
  }

  private destination(pair: number, side: number, o: Int32Array, at: number): number {
    const w = this.words;
    const v4 = ((o[at + O.PROTOCOL] >>> 8) & 0xff) === 4;
    if (v4) w[0] = o[at + O.DESTINATION + 3];
    else for (let i = 0; i < 4; i++) w[i] = o[at + O.DESTINATION + i];
    return this.hash.words(w, v4 ? 1 : 4, 0x10000 | (pair << 8) | side);
  }

  private large(pair: number, o: Int32Array, at: number): void {
    const h = this.findHop(pair, o, at);
    if (h < 0) return;
    const server = this.isFromClient(h) ? 0 : FLAG.server;
    this.ranges.add(h, pair, server, o[at + O.SEQUENCE], o[at + O.LENGTH] >>> 1);
  }

  /** A packet that its mirror cut too short. Counted here only if the other end's is cut too. */
  private cut(place: number, time: number, o: Int32Array, at: number): void {
    this.cutTo[place] = o[at + O.LENGTH] >> 1;
    this.cutAt[place] = time;
    for (const end of this.ends[place]) {
      const pair = end >> 1;
      const { from, to } = this.pairs[pair];
      const other = place === from ? to : from;
      if ((end & 1) === 1 || !this.cutsAt(other, time)) continue;
      const way = this.destinations.direction(this.destination(pair, 0, o, at));
      this.minutes.at(pair, way >= 0, this.base + Math.floor(time / BILLION)).unmatchable++;
    }
  }

  private cutsAt(place: number, time: number): boolean {
    return Math.abs(time - this.cutAt[place]) <= 2 * this.windowNs;
  }

  /** Judges packets whose time is over, and writes the rows that are complete. */
  private expire(): void {
    this.swept = this.now;
    const due = this.now - this.windowNs - SETTLE;
    while (this.window.size > 0) {
      if (this.seenAt(this.window.first) > due) break;
      this.judgeFirst();
    }
    for (const place of this.places) place.forget(due - 4 * this.windowNs);
    const sec = this.base + Math.floor((due - 2 * this.windowNs) / BILLION);
    if (!this.minutes.isDue(sec)) return;
    this.hops.sweep((h) => this.isOver(h, sec));
    this.minutes.flush(sec);
  }

  private isOver(h: number, sec: number): boolean {
    const w = this.hops.words;
    const last = w[h + H.LAST_SEC] >>> 0;
    const idle = w[h + H.PENDING] === 0 && sec - last >= HOP_IDLE;
    if (!idle && sec - (w[h + H.FIRST_SEC] >>> 0) < HOP_ACTIVE) return false;
    this.write(h);
    w[h + H.FIRST_SEC] = last;
    w[h + H.FIRST_NSEC] = w[h + H.LAST_NSEC];
    return idle;
  }

  private write(h: number): void {
    this.settle(h);
    this.release(h);
    if (this.hops.isEmpty(h)) return;
    this.hops.read(h, this.hop);
    this.sink.hop(this.pairs[this.hops.pairOf(h)], this.hop);
    this.hops.clear(h);
  }

  /** Nothing of the pair ever reached the destination of these packets: they may go elsewhere. */
  private release(h: number): void {
    const w = this.hops.words;
    if (w[h + H.WAITING] === 0) return;
    for (let at = 0; at < 4; at++) {
      const count = w[h + H.WAITING_LOST + at] + w[h + H.WAITING_UNKNOWN + at];
      w[h + H.WAITING_LOST + at] = 0;
      w[h + H.WAITING_UNKNOWN + at] = 0;
      if (count > 0)
        this.minutes.at(this.hops.pairOf(h), (at & 1) === 0, w[h + H.LAST_SEC] >>> 0).elsewhere += count;
    }
    w[h + H.WAITING] = 0;
  }

  private judgeEarly(): void {
    this.window.words[this.window.first + E.STATE] |= FLAG.early;
    this.early++;
    this.judgeFirst();
  }

  private judgeFirst(): void {
    const e = this.window.first;
    const w = this.window.words;
    const pair = w[e + E.STATE] & 0xff;
    const h = w[e + E.HOP];
    if (h >= 0) this.hops.words[h + H.PENDING]--;
    const from = w[e + E.COUNT] & 0xffff;
    const to = w[e + E.COUNT] >>> 16;
    if (from === 0 || to === 0) this.alone(e, pair, from > 0 ? 0 : 1, Math.max(from, to), h);
    else this.both(e, pair, Math.max(from, to), h);
    this.window.removeFirst();
  }

  private both(e: number, pair: number, most: number, h: number): void {
    const w = this.window.words;
    const way = this.wayOf(e, 0, h);
    const forward = way === 0 ? this.delay(e) >= 0 : way > 0;
    const near = forward ? 0 : 1;
    const minute = this.minutes.at(pair, forward, w[e + E.SEC + near] >>> 0);
    if (h >= 0 && this.hops.words[h + H.WAITING] > 0) this.settle(h);
    if (most > 1) {
      minute.ambiguous += most;
      this.count(h, near, COUNT.ambiguous, most);
    } else if (this.lengthsDiffer(e)) {
      minute.unmatchable++;
      this.count(h, near, COUNT.unmatchable, 1);
    } else {
      const delay = forward ? this.delay(e) : -this.delay(e);
      const reordered = (w[e + E.STATE] & FLAG.reordered) !== 0 ? 1 : 0;
      minute.match(delay, reordered);
      if (h < 0) return;
      this.hops.delay(h, near, delay);
      if (reordered > 0) this.count(h, near, COUNT.reordered, reordered);
    }
  }

  /** Counts packets of a conversation, if it has a place, in direction 0 (forward) or 1. */
  private count(h: number, way: number, what: number, packets: number): void {
    if (h >= 0) this.hops.words[h + H.COUNTS + way * COUNTS + what] += packets;
  }

  /** A packet that one end only has seen. */
  private alone(e: number, pair: number, side: number, count: number, h: number): void {
    const w = this.window.words;
    const state = w[e + E.STATE];
    const way = this.wayOf(e, side, h);
    const forward = way === 0 ? side === 0 : way > 0;
    const near = forward ? 0 : 1;
    const sec = w[e + E.SEC + side] >>> 0;
    const far = side === 0 ? this.pairs[pair].to : this.pairs[pair].from;
    const time = this.relative(sec, w[e + E.NSEC + side]);
    if (way !== 0 && this.isUnmatchable(e, far, side, time)) {
      this.minutes.at(pair, forward, sec).unmatchable += count;
      this.count(h, near, COUNT.unmatchable, count);
      return;
    }
    let lost = 0;
    if (side === near && (state & FLAG.early) === 0) {
      // Where nothing of a conversation arrives, it is dropped: a mirror's gaps are left to the others.
      const nothing = h >= 0 && this.nothingArrives(h + H.COUNTS + near * COUNTS);
      for (let i = 0; i < count; i++)
        if (!this.mayBeMissed(pair, forward, far, time, way !== 0 && !nothing, nothing)) lost++;
    }
    if (side !== near && way !== 0) this.claim(pair, forward, far, time);
    if (way === 0) {
      if (h < 0) this.minutes.at(pair, side === 0, sec).elsewhere += count;
      else this.wait(h, ((state & FLAG.server) !== 0 ? 2 : 0) + side, lost, count - lost);
      return;
    }
    if (h >= 0) this.settle(h);
    const minute = this.minutes.at(pair, forward, sec);
    minute.lost += lost;
    minute.unknown += count - lost;
    this.count(h, near, COUNT.lost, lost);
    this.count(h, near, COUNT.unknown, count - lost);
  }

  /** @param at where the counts of one direction of a conversation begin */
  private nothingArrives(at: number): boolean {
    const w = this.hops.words;
    return w[at + COUNT.matched] === 0 && w[at + COUNT.lost] + w[at + COUNT.unknown] >= NOTHING_ARRIVES;
  }

  private wait(h: number, at: number, lost: number, unknown: number): void {
    const w = this.hops.words;
    w[h + H.WAITING_LOST + at] += lost;
    w[h + H.WAITING_UNKNOWN + at] += unknown;
    w[h + H.WAITING] += lost + unknown;
  }

  /** Counts the packets that waited until something was known of their destination. */
  private settle(h: number): void {
    const w = this.hops.words;
    if (w[h + H.WAITING] === 0) return;
    const pair = this.hops.pairOf(h);
    for (let at = 0; at < 4; at++) {
      const lost = w[h + H.WAITING_LOST + at];
      const unknown = w[h + H.WAITING_UNKNOWN + at];
      if (lost + unknown === 0) continue;
      const side = at & 1;
      const way = this.directionOf(h, at >= 2, side);
      if (way === 0) continue;
      const near = way > 0 ? 0 : 1;
      const minute = this.minutes.at(pair, way > 0, w[h + H.LAST_SEC] >>> 0);
      const certain = side === near ? lost : 0;
      minute.lost += certain;
      minute.unknown += lost + unknown - certain;
      this.count(h, near, COUNT.lost, certain);
      this.count(h, near, COUNT.unknown, lost + unknown - certain);
      w[h + H.WAITING] -= lost + unknown;
      w[h + H.WAITING_LOST + at] = 0;
      w[h + H.WAITING_UNKNOWN + at] = 0;
    }
  }

  private directionOf(h: number, fromServer: boolean, side: number): number {
    const { words } = this.hops;
    const address = h + (fromServer ? H.CLIENT : H.SERVER);
    const w = this.words;
    const v4 = (words[h + H.STATE] & HOP.ipv6) === 0;
    if (v4) w[0] = words[address + 3];
    else for (let i = 0; i < 4; i++) w[i] = words[address + i];
    const pair = this.hops.pairOf(h);
    const end = this.pairs[pair].nat ? side : 0;
    return this.destinations.direction(this.hash.words(w, v4 ? 1 : 4, 0x10000 | (pair << 8) | end));
  }

  /** Whether the packet may have passed the other place in a form that cannot be compared. */
  private isUnmatchable(e: number, far: number, side: number, time: number): boolean {
    const w = this.window.words;
    const state = w[e + E.STATE];
    if ((state & FLAG.fragment) !== 0) return true;
    if (this.cutsAt(far, time) && w[e + E.LENGTH + side] >> 1 > this.cutTo[far]) return true;
    return (
      (state & FLAG.stream) !== 0 &&
      this.ranges.has(w[e + E.HOP], state & 0xff, state & FLAG.server, w[e + E.SEQUENCE])
    );
  }

  /**
   * Whether the other place's mirror may have lost the packet: it has no numbers, lacks some at the time when
   * the packet was due, or sent nothing any more.
   *
   * @param claim whether the packet takes the place of a missing one
   * @param dropped whether nothing of its conversation arrives, so that it is no missing one
   */
  private mayBeMissed(
    pair: number,
    forward: boolean,
    far: number,
    time: number,
    claim: boolean,
    dropped: boolean,
  ): boolean {
    const place = this.places[far];
    if (!place.numbered) return true;
    const from = time + this.minutes.least(pair, forward, 0) - SLACK;
    const to = time + this.minutes.most(pair, forward, this.windowNs) + SLACK;
    if (to < place.first || from > place.last) return true;
    if (dropped) return false;
    return claim ? place.takes(from, to) : place.covers(from, to);
  }

  /** A packet that only the far end has seen is one of those that the near end's mirror lost. */
  private claim(pair: number, forward: boolean, near: number, time: number): void {
    const from = time - this.minutes.most(pair, forward, this.windowNs) - SLACK;
    const to = time - this.minutes.least(pair, forward, 0) + SLACK;
    this.places[near].takes(from, to);
  }
}

/** Bytes of the longer of an entry's two packets. */
function longest(w: Int32Array, e: number): number {
  return Math.max(w[e + E.LENGTH], w[e + E.LENGTH + 1]) >>> 1;
}
