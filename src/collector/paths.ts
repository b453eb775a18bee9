/**
 * Matches packets between mirrors while they are received, in the main thread: observations of all workers
 * come through shared memory, and so do the sequence numbers that tell what a mirror lost.
 */
import { NumberWatch } from '../accounts/number-watch.js';
import type { Clocks } from '../model/clocks.js';
import type { HopRecord } from '../model/hop-record.js';
import type { PathRecord } from '../model/path-record.js';
import type { PathStatus, PathsStatus } from '../model/status.js';
import { Matcher } from '../paths/matcher.js';
import {
  LOG_OBSERVATIONS,
  LOG_SAMPLED,
  ObservationMerge,
  observationLogMemory,
} from '../paths/observation-log.js';
import type { PathPair } from '../paths/path-options.js';
import { clocksBetween, clocksOfPlaces, type PlaceClock } from '../paths/place-clocks.js';
import { PathRows } from '../paths/rows.js';
import { HopSegment, PathSegment } from '../store/segment/segments.js';
import type { PathRules } from './path-rules.js';

/** Packets of the raw path come in order, but may be read this late. */
const RAW_LAG_MS = 1000;
const SEGMENT_BYTES = 1 << 20;
const COUNTS = ['matched', 'lost', 'unknown', 'ambiguous', 'unmatchable', 'reordered', 'elsewhere'] as const;

export interface PathsOptions {
  readonly collector: string;
  readonly rules: PathRules;
  /** Takes a finished segment; false if there is no room for it. */
  readonly store: (table: 'paths' | 'hops', bytes: Uint8Array, rows: number) => boolean;
  /** The clocks of the mirror points at each place, by packet path: see {@link PacketPath.placeClocks}. */
  readonly clocks: () => readonly (readonly (readonly PlaceClock[])[])[];
}

export class Paths {
  /** Watches the numbers of mirror points that are at a place. */
  readonly watch: NumberWatch;
  private readonly matcher: Matcher;
  private readonly merge: ObservationMerge;
  private readonly paths: PathSegment;
  private readonly hops: HopSegment;
  private readonly placeOf: number[] = [];
  /** By the two names, in the direction of packets. */
  private readonly told = new Map<string, PathStatus>();
  private workers = 0;
  private rowsDropped = 0;
  /** By pair: what was found since the last {@link run}. */
  private readonly clocks = new Map<PathPair, Clocks>();

  constructor(private readonly options: PathsOptions) {
    const { collector, rules } = options;
    this.paths = new PathSegment(collector);
    this.hops = new HopSegment(collector);
    const rows = new PathRows(
      {
        path: (record) => this.path(record),
        hop: (record) => this.hop(record),
      },
      rules.sample,
      (pair) => this.clocksOf(pair),
    );
    this.matcher = new Matcher(rules, rows);
    this.merge = new ObservationMerge((o, at) => this.matcher.take(o, at));
    const { placeOf } = this;
    this.watch = new NumberWatch({
      number: (index, sinceSec, sinceNsec, sec, nsec, missing, numbered) =>
        this.matcher.number(placeOf[index], sinceSec, sinceNsec, sec, nsec, missing, numbered),
    });
  }

  /** Memory for a worker's observations. */
  log(): SharedArrayBuffer {
    const memory = observationLogMemory(this.options.rules.sample === 1 ? LOG_OBSERVATIONS : LOG_SAMPLED);
    this.merge.add(memory);
    this.workers++;
    return memory;
  }

  /** Says which entry of `mirrors` a mirror point has, by its index where its numbers are judged. */
  place(index: number, name: string): void {
    const place = name === '' ? -1 : this.options.rules.places.indexOf(name);
    if (this.placeOf[index] === place) return;
    this.placeOf[index] = place;
    if (place < 0) this.watch.unwatch(index);
    else this.watch.watch(index);
  }

  /** Takes an observation of this thread. */
  take(o: Int32Array, at: number): void {
    this.matcher.take(o, at);
  }

  /** Matches what has come, and hands rows on. @param now milliseconds since 1970 */
  run(now: number): void {
    this.clocks.clear();
    const horizon = this.workers === 0 ? now - RAW_LAG_MS : this.merge.run();
    this.matcher.advance(Math.floor(horizon / 1000));
    this.flush();
  }

  /** Judges everything: no more packets come. */
  finish(): void {
    this.clocks.clear();
    this.merge.run(true);
    this.matcher.finish();
    this.flush();
  }

  status(): PathsStatus {
    const { observed, early, hopsFull, gapsForgotten, pairsFull } = this.matcher.counters;
    return {
      sample: this.options.rules.sample,
      observed,
      waiting: this.matcher.waiting,
      conversations: this.matcher.conversations,
      early,
      hops_full: hopsFull,
      gaps_forgotten: gapsForgotten,
      pairs_full: pairsFull,
      dropped: this.merge.dropped,
      rows_dropped: this.rowsDropped,
      paths: [...this.told.values()],
    };
  }

  private clocksOf(pair: PathPair): Clocks {
    let clocks = this.clocks.get(pair);
    if (clocks === undefined) {
      clocks = clocksBetween(clocksOfPlaces(this.options.clocks(), [pair.from, pair.to]));
      this.clocks.set(pair, clocks);
    }
    return clocks;
  }

  private path(r: PathRecord): void {
    const name = JSON.stringify([r.fromMirror, r.toMirror]);
    const before = this.told.get(name);
    const sums = Object.fromEntries(COUNTS.map((count) => [count, (before?.[count] ?? 0) + r[count]]));
    this.told.set(name, {
      from: r.fromMirror,
      to: r.toMirror,
      ...(sums as Pick<PathStatus, (typeof COUNTS)[number]>),
      minute: r.minute,
      delay_ns: {
        min: r.delayMinNs,
        p50: r.delayP50Ns,
        p95: r.delayP95Ns,
        p99: r.delayP99Ns,
        max: r.delayMaxNs,
      },
    });
    this.paths.path(r);
    if (this.paths.length >= SEGMENT_BYTES) this.flush();
  }

  private hop(r: HopRecord): void {
    this.hops.hop(r);
    if (this.hops.length >= SEGMENT_BYTES) this.flush();
  }

  private flush(): void {
    const paths = this.paths.count;
    if (paths > 0 && !this.options.store('paths', this.paths.take(), paths)) this.rowsDropped += paths;
    const hops = this.hops.count;
    if (hops > 0 && !this.options.store('hops', this.hops.take(), hops)) this.rowsDropped += hops;
  }
}
