/** `read --path`: matches packets between places, in the thread that reads and decodes. */
import { randomBytes } from 'node:crypto';
import type { PointWatcher } from '../accounts/mirror-table-options.js';
import { NumberWatch, type NumberWatcher } from '../accounts/number-watch.js';
import type { Clocks as HardwareClocks } from '../clocks/clocks.js';
import type { NamedPath } from '../config/paths.js';
import type { PointName } from '../config/point-name.js';
import type { MirrorConfig } from '../config/schema.js';
import type { Clocks } from '../model/clocks.js';
import type { HopSink } from '../model/hop-record.js';
import type { MirrorPoint } from '../model/mirror-point.js';
import type { FrameSink, Mirrored } from '../model/mirrored.js';
import type { PathSink } from '../model/path-record.js';
import { pathKey } from '../paths/fingerprint.js';
import { Matcher, type MatcherCounters } from '../paths/matcher.js';
import { PathObserver } from '../paths/observer.js';
import { EXACT_DELAYS_READ } from '../paths/path-options.js';
import { clocksBetween } from '../paths/place-clocks.js';
import { PathRows } from '../paths/rows.js';
import type { Frame } from '../wire/walk/frame.js';
import { KeptObservations } from './kept-observations.js';
import { isNamed } from './point-names.js';

/** What is matched. */
export interface PathTask {
  readonly paths: readonly NamedPath[];
  readonly sample: number;
  /** Entries of `mirrors`, whose names places may have. */
  readonly mirrors: readonly MirrorConfig[];
  /** Whether several captures are read one after the other, though they may be of the same time. */
  readonly several: boolean;
}

/** What came of it, for the summary. */
export interface PathsTold {
  readonly rows: number;
  readonly counters: MatcherCounters;
  /** Observations for which there was no room. */
  readonly leftOut: number;
}

const KEY_BYTES = 32;

export class PathReading implements FrameSink, PointWatcher {
  readonly watch: NumberWatch;
  private readonly places: PointName[];
  private readonly matcher: Matcher;
  private readonly observer: PathObserver;
  private readonly rows: PathRows;
  private readonly kept: KeptObservations | undefined;
  private readonly placeOf: number[] = [];
  private readonly points: MirrorPoint[] = [];

  /**
   * @param next takes the frames too
   * @param clocks those of the switches, with hardware time
   */
  constructor(
    private readonly task: PathTask,
    sink: PathSink & HopSink,
    private readonly next: FrameSink,
    private readonly clocks: HardwareClocks | undefined,
  ) {
    this.places = placesOf(task.paths);
    const numberOf = (name: PointName): number => this.places.findIndex(({ text }) => text === name.text);
    const pairs = task.paths.map(({ from, to, nat }) => ({
      from: numberOf(from),
      to: numberOf(to),
      fromName: from.text,
      toName: to.text,
      nat,
    }));
    const key = pathKey(randomBytes(KEY_BYTES));
    this.rows = new PathRows(sink, task.sample, ({ from, to }) => this.clocksOf(from, to));
    const { sample } = task;
    const places = this.places.map(({ text }) => text);
    const exactDelays = EXACT_DELAYS_READ;
    this.matcher = new Matcher({ pairs, places, auto: false, key, sample, exactDelays }, this.rows);
    if (task.several) this.kept = new KeptObservations();
    const to = this.kept ?? this.matcher;
    this.observer = new PathObserver(places.length, pairs, key, sample, to);
    const { placeOf } = this;
    const watcher: NumberWatcher = {
      number: (index, sinceSec, sinceNsec, sec, nsec, missing, numbered) =>
        to.number(placeOf[index], sinceSec, sinceNsec, sec, nsec, missing, numbered),
    };
    this.watch = new NumberWatch(watcher);
  }

  made(point: MirrorPoint): void {
    const place = this.places.findIndex((name) => isNamed(point, name, this.task.mirrors));
    this.placeOf[point.index] = place;
    this.points[point.index] = point;
    this.observer.set(point.index, place);
    if (place >= 0) this.watch.watch(point.index);
  }

  forgotten(): void {}

  /** Whether the times at two places are of one clock, or of clocks that are right both. */
  private clocksOf(from: number, to: number): Clocks {
    const { points, placeOf } = this;
    const ends = points.filter(({ index }) => placeOf[index] === from || placeOf[index] === to);
    return clocksBetween(ends.map((point) => this.clocks?.clockOf(point)));
  }

  frame(f: Frame, m: Mirrored): void {
    this.observer.frame(f, m.point.index);
    this.next.frame(f, m);
  }

  /** Another capture begins. */
  begin(): void {
    this.kept?.begin();
  }

  finish(): PathsTold {
    this.kept?.tell(this.matcher);
    this.matcher.finish();
    return {
      rows: this.rows.rows,
      counters: this.matcher.counters,
      leftOut: this.kept?.leftOut ?? 0,
    };
  }
}

function placesOf(paths: readonly NamedPath[]): PointName[] {
  const places = new Map<string, PointName>();
  for (const { from, to } of paths) for (const place of [from, to]) places.set(place.text, place);
  return [...places.values()];
}
