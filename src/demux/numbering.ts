/**
 * Which counter a sender's sequence numbers come from. Most number each ERSPAN session; some each hardware id (line
 * card) or direction within it, some all their sessions as one. Every numbering that the headers let one think of is
 * followed at the same time, and the one that explains the numbers best is believed.
 *
 * A numbering costs nothing until its headers differ: the first time a mirror point shows a second hardware id or
 * direction, or a source a second session, its streams start as copies of what is there.
 */
import { type MirrorPoint, MirrorType } from '../wire/mirror-point.js';
import { SequenceUse } from '../wire/mirror-record.js';
import { NumberingShare } from './numbering-share.js';
import { SequenceStreams } from './sequence.js';

/** A jump weighs as much as this many lost numbers: a running number does not jump. */
const JUMP_WEIGHT = 64;
/** Each counter more than one has to explain this many lost numbers: the freedom to have more hides losses. */
const FINER_PENALTY = 32;
/** Changes between hardware ids or directions before numbering by them is believed. */
const MIN_ALTERNATIONS = 4;
/** A numbering this much worse than another, and by a factor of 16, is followed no further. */
const HOPELESS = 4096;
/**
 * Packets of a mirror point before the first look for hopeless numberings and for a counter that sessions share, so that
 * whoever watches a new mirror is not shown losses that are none; each time twice as many, up to the second.
 */
const JUDGE_FIRST = 64;
const JUDGE_EVERY = 4096;
const HARDWARE_IDS = 64;
const DIRECTIONS = 4;
const NONE = -1;

/** What a level's streams are told apart by: the bits of hardware id(6) direction(2) that count. */
const LEVELS = [
  { use: SequenceUse.Hardware, shift: 2, mask: HARDWARE_IDS - 1 },
  { use: SequenceUse.Direction, shift: 0, mask: DIRECTIONS - 1 },
  { use: SequenceUse.HardwareDirection, shift: 0, mask: HARDWARE_IDS * DIRECTIONS - 1 },
] as const;

/** The streams of a mirror point told apart by hardware id, direction or both. */
class Level {
  readonly streams: Int32Array;
  count = 1;
  tally = NONE;
  /** Followed: since a second key was seen, and until it is hopeless. */
  followed = false;
  hopeless = false;
  constructor(
    readonly use: SequenceUse,
    readonly shift: number,
    readonly mask: number,
    /** The one key seen so far. */
    readonly only: number,
  ) {
    this.streams = new Int32Array(mask + 1).fill(NONE);
  }
}

/** What is known of one mirror point's numbers. */
class PointNumbers {
  stream = NONE;
  tally = NONE;
  /** Hardware id and direction of the last packet. */
  combination = 0;
  alternations = 0;
  /** Packets until the next look, and from the last to it. */
  untilJudged = JUDGE_FIRST;
  judgedEvery = JUDGE_FIRST;
  levels: Level[] | undefined;
  /** Its share of the source's common counter. */
  sourceTally = NONE;
  constructor(
    readonly index: number,
    readonly source: SourceNumbers | undefined,
    readonly share: NumberingShare,
  ) {}
}

/** The mirror points that may share one counter. */
class SourceNumbers {
  stream = NONE;
  /** They do share it, as it seems now. */
  common = false;
  /** Not to be tried (any more). */
  apart = false;
  /** Packets since it was weighed. */
  unjudged = 0;
  /** Its mirror points that have had numbers, and how many it has in all. */
  readonly points: PointNumbers[] = [];
  holders = 0;
  /** Whose share its common counter is of. */
  share: NumberingShare | undefined;
  /** The rounds of reviews in which it was weighed, and in which its points were named. */
  weighed = -1;
  named = -1;
  constructor(readonly name: string) {}
}

/** The answer about one mirror point: what its numbers count, and what they say. Reused. */
export class SequenceVerdict {
  use: SequenceUse = SequenceUse.None;
  lost = 0;
  reordered = 0;
  repeated = 0;
}

export class Numbering {
  private readonly streams = new SequenceStreams();
  private readonly tallies = this.streams.tallies;
  private readonly points: PointNumbers[] = [];
  private readonly sources = new Map<string, SourceNumbers>();
  private readonly share = new NumberingShare();
  /** Who is left with the losses of points that are gone, in counters that others go on sharing. */
  private readonly heir = this.tallies.add();
  private round = 0;

  /** Adds a mirror point, at the next index or at one that was {@link remove}d. */
  add(
    point: Pick<MirrorPoint, 'type' | 'source' | 'target'>,
    index = this.points.length,
    share = this.share,
  ): void {
    const source = this.sourceOf(point);
    if (source !== undefined) source.holders++;
    this.points[index] = new PointNumbers(index, source, share);
  }

  /** Forgets a mirror point and gives back all that it took up. */
  remove(index: number): void {
    const p = this.points[index];
    if (p.stream !== NONE) {
      this.streams.close(p.stream);
      this.tallies.release(p.tally);
    }
    for (const level of p.levels ?? []) {
      this.closeLevel(p, level);
      if (level.tally !== NONE) this.tallies.release(level.tally);
    }
    if (p.source !== undefined) this.leave(p, p.source);
    this.points[index] = new PointNumbers(index, undefined, this.share);
  }

  private leave(p: PointNumbers, source: SourceNumbers): void {
    source.holders--;
    const at = source.points.indexOf(p);
    if (at >= 0) source.points.splice(at, 1);
    if (p.sourceTally !== NONE) {
      if (source.stream !== NONE) this.streams.bequeath(source.stream, p.sourceTally, this.heir);
      this.tallies.release(p.sourceTally);
    }
    if (source.points.length === 0) this.closeSource(source);
    if (source.holders === 0) this.sources.delete(source.name);
  }

  /** Takes the sequence number of a packet of a mirror point, with its hardware id (0 to 63) and direction (0 to 3). */
  update(index: number, n: number, hardware: number, direction: number): void {
    const p = this.points[index];
    const combination = (hardware << 2) | direction;
    if (p.stream === NONE) {
      this.first(p, n, combination);
      return;
    }
    if (combination !== p.combination) this.alternate(p, combination);
    this.streams.update(p.stream, n, p.tally);
    if (p.levels !== undefined) this.updateLevels(p, p.levels, n, combination);
    if (p.sourceTally !== NONE) this.updateSource(p, n);
    if (--p.untilJudged > 0) return;
    p.judgedEvery = Math.min(2 * p.judgedEvery, JUDGE_EVERY);
    this.judge(p);
  }

  /** Fills `verdict` with what is believed of a mirror point's numbers so far. */
  verdict(index: number, verdict: SequenceVerdict): void {
    const p = this.points[index];
    verdict.use = SequenceUse.None;
    verdict.lost = 0;
    verdict.reordered = 0;
    verdict.repeated = 0;
    if (p.stream === NONE) return;
    const common = p.source?.common === true && p.sourceTally !== NONE;
    const level = this.best(p);
    const tally = common ? p.sourceTally : (level?.tally ?? p.tally);
    if (this.unusable(tally)) {
      verdict.use = SequenceUse.Unusable;
      return;
    }
    verdict.use = common ? SequenceUse.Source : (level?.use ?? SequenceUse.Session);
    verdict.lost = this.tallies.lost[tally];
    verdict.reordered = this.tallies.reordered[tally];
    verdict.repeated = this.tallies.repeated[tally];
  }

  /** Begins a round of reviews: a source is weighed once in it, however many of its points are reviewed. */
  beginReviews(): void {
    this.round++;
  }

  /** Stops following what explains a mirror point's numbers hopelessly, and weighs its source as one counter. */
  review(index: number): void {
    const p = this.points[index];
    this.judgeLevels(p);
    const { source } = p;
    if (source === undefined || source.stream === NONE || source.weighed === this.round) return;
    source.weighed = this.round;
    this.judgeSource(source);
  }

  /**
   * Names the points that share a counter with this one, whose numbers say something of theirs: once a source
   * and round.
   */
  siblings(index: number, name: (index: number) => void): void {
    const { source } = this.points[index];
    if (source === undefined || source.stream === NONE || source.named === this.round) return;
    source.named = this.round;
    for (const sibling of source.points) name(sibling.index);
  }

  /** Judges all mirror points once more: there will be no more packets. */
  settle(): void {
    for (const p of this.points) if (p.stream !== NONE) this.judge(p);
    for (const source of this.sources.values()) if (source.stream !== NONE) this.judgeSource(source);
  }

  /** {@link settle}, and forgets the numbers: those that come next are of another time. What was counted stays. */
  restart(): void {
    this.settle();
    for (const p of this.points) {
      if (p.stream === NONE) continue;
      this.streams.restart(p.stream);
      for (const level of p.levels ?? []) {
        for (const stream of level.streams) if (stream !== NONE) this.streams.restart(stream);
      }
    }
    for (const source of this.sources.values())
      if (source.stream !== NONE) this.streams.restart(source.stream);
  }

  /** The ERSPAN sessions of one sender to one address may share a counter; each tunnel has its own. */
  private sourceOf(point: Pick<MirrorPoint, 'type' | 'source' | 'target'>): SourceNumbers | undefined {
    if (point.type >= MirrorType.Gre) return undefined;
    const name = Buffer.concat([point.source, point.target]).toString('latin1');
    let source = this.sources.get(name);
    if (source === undefined) {
      source = new SourceNumbers(name);
      this.sources.set(name, source);
    }
    return source;
  }

  private first(p: PointNumbers, n: number, combination: number): void {
    p.tally = this.tallies.add();
    p.stream = this.streams.open(n, p.tally);
    p.combination = combination;
    const source = p.source;
    if (source === undefined || source.apart) return;
    if (source.points.length === 1 && source.stream === NONE && !this.openSource(source)) return;
    source.points.push(p);
    if (source.stream === NONE) return;
    p.sourceTally = this.tallies.add();
    this.updateSource(p, n);
  }

  /** A packet of another hardware id or direction than the one before. */
  private alternate(p: PointNumbers, combination: number): void {
    p.levels ??= LEVELS.map((l) => new Level(l.use, l.shift, l.mask, (p.combination >>> l.shift) & l.mask));
    for (let i = 0; i < p.levels.length; i++) {
      const level = p.levels[i];
      if (level.followed || level.hopeless) continue;
      if (((combination >>> level.shift) & level.mask) === level.only) continue;
      if (p.share.levelStreams === 0) {
        level.hopeless = true;
        continue;
      }
      p.share.levelStreams--;
      level.followed = true;
      level.tally = this.tallies.copy(p.tally);
      level.streams[level.only] = this.streams.copy(p.stream);
    }
    p.alternations++;
    p.combination = combination;
  }

  private updateLevels(p: PointNumbers, levels: Level[], n: number, combination: number): void {
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      if (!level.followed) continue;
      const key = (combination >>> level.shift) & level.mask;
      if (level.streams[key] !== NONE) {
        this.streams.update(level.streams[key], n, level.tally);
      } else if (p.share.levelStreams === 0) {
        this.closeLevel(p, level);
      } else {
        p.share.levelStreams--;
        level.streams[key] = this.streams.open(n, level.tally);
        level.count++;
      }
    }
  }

  private updateSource(p: PointNumbers, n: number): void {
    const source = p.source;
    if (source === undefined || source.stream === NONE) return;
    source.unjudged++;
    this.streams.update(source.stream, n, p.sourceTally);
  }

  private openSource(source: SourceNumbers): boolean {
    const only = source.points[0];
    if (only.share.sources === 0) {
      source.apart = true;
      return false;
    }
    only.share.sources--;
    source.share = only.share;
    only.sourceTally = this.tallies.copy(only.tally);
    source.stream = this.streams.copy(only.stream, only.sourceTally);
    return true;
  }

  private judge(p: PointNumbers): void {
    this.judgeLevels(p);
    // Weighing a source costs as much as it has points: that much has to have come.
    const { source } = p;
    if (source === undefined || source.stream === NONE || source.unjudged < source.points.length) return;
    this.judgeSource(source);
  }

  private judgeLevels(p: PointNumbers): void {
    p.untilJudged = p.judgedEvery;
    const best = this.best(p);
    const limit = HOPELESS + 16 * this.score(best?.tally ?? p.tally);
    for (const level of p.levels ?? []) {
      if (level.followed && this.score(level.tally) > limit) this.closeLevel(p, level);
    }
  }

  private judgeSource(source: SourceNumbers): void {
    source.unjudged = 0;
    let alone = 0;
    let common = 0;
    for (const p of source.points) {
      alone += this.score(this.best(p)?.tally ?? p.tally);
      common += this.score(p.sourceTally);
    }
    source.common = common < alone;
    if (common <= HOPELESS + 16 * alone) return;
    this.closeSource(source);
    source.apart = true;
  }

  private closeSource(source: SourceNumbers): void {
    if (source.stream === NONE) return;
    this.streams.close(source.stream);
    source.stream = NONE;
    source.common = false;
    if (source.share !== undefined) source.share.sources++;
  }

  private closeLevel(p: PointNumbers, level: Level): void {
    level.followed = false;
    level.hopeless = true;
    for (const stream of level.streams) {
      if (stream === NONE) continue;
      this.streams.close(stream);
      p.share.levelStreams++;
    }
    level.streams.fill(NONE);
  }

  /** The level that explains a mirror point's numbers best; undefined: one counter for all of them. */
  private best(p: PointNumbers): Level | undefined {
    let best: Level | undefined;
    if (p.levels === undefined || p.alternations < MIN_ALTERNATIONS) return best;
    let score = this.score(p.tally);
    for (const level of p.levels) {
      if (!level.followed) continue;
      const s = this.score(level.tally) + FINER_PENALTY * (level.count - 1);
      if (s >= score) continue;
      score = s;
      best = level;
    }
    return best;
  }

  private score(tally: number): number {
    const s = this.tallies;
    return s.lost[tally] + s.reordered[tally] + s.repeated[tally] + JUMP_WEIGHT * s.jumps[tally];
  }

  /**
   * Numbers that no counter makes: constant or nearly so, all over the place, or with gaps after most packets that
   * hold far more than was received (a count of bytes, say).
   */
  private unusable(tally: number): boolean {
    const s = this.tallies;
    const received = s.received[tally];
    const repeated = s.repeated[tally];
    const jumps = s.jumps[tally];
    if (received < 4) return false;
    if (repeated === received - 1) return true;
    if (received < 8) return false;
    if (jumps > received / 4) return true;
    if (received < 64) return false;
    const scattered = s.gaps[tally] > received * 0.75 && s.lost[tally] > received * 32;
    return repeated > received * 0.875 || jumps > received / 16 || scattered;
  }
}
