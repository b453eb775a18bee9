/**
 * Finds the counter that a sender's sequence numbers come from. Most senders number per ERSPAN session, some
 * per hardware id (line card) or direction within it, some all their sessions together. Every numbering that
 * the headers allow is followed at the same time, and the one that explains the numbers best is believed once
 * it is far better, or after three minutes. Until then counts are held back; published counts are never taken
 * back.
 *
 * A numbering costs nothing until its headers differ: when a mirror point first shows a second hardware id or
 * direction, or a source a second session, its streams start as copies of the existing ones.
 *
 * Two hosts that both send (GRE, PPTP) never share a counter: each has its own, and in PPTP each call has.
 */
import { isTwoWay, type MirrorPoint, MirrorType } from '../model/mirror-point.js';
import { SequenceUse } from '../model/sequence-use.js';
import {
  Explanation,
  LATE,
  Level,
  LOST,
  NONE,
  PointNumbers,
  REORDERED,
  REPEATED,
  SourceNumbers,
} from './numbering-point.js';
import { HOPELESS, KNOWN_MARGIN, MAX_HELD, NumberingScores } from './numbering-scores.js';
import { NumberingShare } from './numbering-share.js';
import { SequenceStreams } from './sequence.js';

/** A missing number is given up after this many seconds, at most twice as many. */
export const EPOCH = 2;
/**
 * A counter that begins where another continues is more likely the same one; this counts as much as this many
 * lost numbers.
 */
const CONTINUES_WEIGHT = 4;
/**
 * Packets of a mirror point before the first check for hopeless numberings and for a counter that sessions
 * share; the interval doubles up to the second value.
 */
const JUDGE_FIRST = 64;
const JUDGE_EVERY = 4096;
const HARDWARE_IDS = 64;
const DIRECTIONS = 4;

/** What tells a level's streams apart: a mask over hardware id(6) direction(2). */
const LEVELS = [
  { use: SequenceUse.Hardware, shift: 2, mask: HARDWARE_IDS - 1 },
  { use: SequenceUse.Direction, shift: 0, mask: DIRECTIONS - 1 },
  { use: SequenceUse.HardwareDirection, shift: 0, mask: HARDWARE_IDS * DIRECTIONS - 1 },
] as const;

/** The verdict on one mirror point: what its numbers count, and the counts. Reused. */
export class SequenceVerdict {
  use: SequenceUse = SequenceUse.None;
  /** Given up: missing for some seconds, or at the end. Published counts never fall. */
  lost = 0;
  /** Arrived after they were given up. */
  late = 0;
  reordered = 0;
  repeated = 0;
  /** Lost, or missing now and possibly still to come. */
  missing = 0;
}

export class Numbering {
  private readonly streams = new SequenceStreams();
  private readonly tallies = this.streams.tallies;
  private readonly scores = new NumberingScores(this.tallies);
  private readonly points: PointNumbers[] = [];
  private readonly sources = new Map<string, SourceNumbers>();
  private readonly share = new NumberingShare();
  /** Inherits the losses of forgotten points, in counters that other points continue to share. */
  private readonly heir = this.tallies.add();
  /** By tally: the mirror point whose numbers it counts. */
  private readonly owners: number[] = [];
  /** Points whose counter is not known yet. */
  private readonly held = new Set<PointNumbers>();
  private round = 0;
  /** Seconds since 1970, and the start of the epoch; packets since then. */
  private now = 0;
  private began = 0;
  private packets = 0;

  /** Adds a mirror point, at the next index or at a {@link remove}d one. */
  add(
    point: Pick<MirrorPoint, 'type' | 'source' | 'target'>,
    index = this.points.length,
    share = this.share,
  ): void {
    const source = this.sourceOf(point);
    if (source !== undefined) source.holders++;
    const p = new PointNumbers(index, source, share, JUDGE_FIRST);
    if (isTwoWay(point.type)) p.parts = new Map();
    this.points[index] = p;
  }

  /** Forgets a mirror point and frees everything that it took. */
  remove(index: number): void {
    const p = this.points[index];
    if (p.stream !== NONE) this.streams.close(p.stream);
    if (p.own !== undefined) this.release(p.own.tally);
    for (const stream of p.parts?.values() ?? []) {
      this.streams.close(stream);
      p.share.levelStreams++;
    }
    for (const level of p.levels ?? []) {
      this.closeLevel(p, level);
      if (level.tally !== NONE) this.release(level.tally);
    }
    if (p.source !== undefined) this.leave(p, p.source);
    this.held.delete(p);
    this.points[index] = new PointNumbers(index, undefined, this.share, JUDGE_FIRST);
  }

  private leave(p: PointNumbers, source: SourceNumbers): void {
    source.holders--;
    const at = source.points.indexOf(p);
    if (at >= 0) source.points.splice(at, 1);
    if (p.common !== undefined) {
      if (source.stream !== NONE) this.streams.bequeath(source.stream, p.common.tally, this.heir);
      this.release(p.common.tally);
    }
    if (source.points.length === 0) this.closeSource(source);
    if (source.holders === 0) this.sources.delete(source.name);
  }

  /**
   * Sets the time. At the end of an epoch, numbers missing for one are given up.
   *
   * @param sec seconds since 1970, of packets or, with `idle`, of the clock
   * @param stirred called for mirror points whose verdict may have changed
   */
  clock(sec: number, idle: boolean, stirred: (index: number) => void): void {
    if (sec < this.began || this.now === 0) this.began = sec;
    const silent = sec - this.now;
    this.now = sec;
    if (sec - this.began < EPOCH) return;
    // Packets can have any time: the end of an epoch costs as much as there are tracks, so not every packet
    // may cause one.
    if (!idle && this.packets < this.streams.size / 8) return;
    this.began = sec;
    this.packets = 0;
    const given = (tally: number): void => {
      const owner = this.owners[tally];
      if (owner !== undefined && owner !== NONE) stirred(owner);
    };
    this.streams.turn(given);
    if (silent >= EPOCH) this.streams.turn(given);
    for (const p of this.held) if (sec - p.since >= MAX_HELD) stirred(p.index);
  }

  /**
   * Takes the sequence number of a mirror point's packet.
   *
   * @param hardware its hardware id, 0 to 63; for PPTP the call, 16 bits
   * @param direction 0 to 3; with two senders, which of them
   * @param trace 0 to 255: tells packets with the same number apart
   */
  update(index: number, n: number, hardware: number, direction: number, trace = 0): void {
    const p = this.points[index];
    this.packets++;
    if (p.parts !== undefined) {
      this.updatePart(p, p.parts, n, (hardware << 2) | direction, trace);
      return;
    }
    const combination = (hardware << 2) | direction;
    if (p.own === undefined) {
      this.first(p, n, combination, trace);
      return;
    }
    if (combination !== p.combination) this.alternate(p, combination);
    if (p.levels !== undefined) this.updateLevels(p, p.levels, n, combination, trace);
    this.streams.update(p.stream, n, p.own.tally, trace);
    if (p.common !== undefined) this.updateSource(p, p.common, n, trace);
    if (--p.untilJudged > 0) return;
    p.judgedEvery = Math.min(2 * p.judgedEvery, JUDGE_EVERY);
    this.judge(p);
  }

  /** Fills `verdict` with what is published about a mirror point's numbers so far. */
  verdict(index: number, verdict: SequenceVerdict): void {
    const p = this.points[index];
    verdict.use = SequenceUse.None;
    if (p.own !== undefined) {
      const e = this.tell(p);
      verdict.use = p.unusable ? SequenceUse.Unusable : this.useOf(p, e);
      const { missing, late } = this.tallies;
      verdict.missing = p.unusable ? 0 : e.base[LOST] + missing[e.tally] + late[e.tally];
    } else verdict.missing = 0;
    verdict.lost = p.told[LOST];
    verdict.late = p.told[LATE];
    verdict.reordered = p.told[REORDERED];
    verdict.repeated = p.told[REPEATED];
    verdict.missing = Math.max(verdict.missing, verdict.lost);
  }

  private useOf(p: PointNumbers, e: Explanation): SequenceUse {
    return p.parts !== undefined && p.parts.size > 1 ? SequenceUse.Direction : e.use;
  }

  /** Grows whenever numbers of any mirror point are skipped, or come after all. */
  get changes(): number {
    return this.tallies.changes;
  }

  /**
   * Numbers missing now by the most likely explanation, for {@link NumberWatch}; -1 where they cannot tell.
   */
  missing(index: number): number {
    const p = this.points[index];
    if (p.own === undefined || p.unusable) return -1;
    const only = p.levels === undefined && p.common === undefined ? p.own : undefined;
    const e = p.believed ?? only ?? this.guess(p);
    return e.base[LOST] + this.tallies.missing[e.tally];
  }

  /**
   * Begins a round of reviews, in which a source is weighed once, however many of its points are reviewed.
   */
  beginReviews(): void {
    this.round++;
  }

  /**
   * Stops following hopeless explanations of a mirror point's numbers, and weighs its source as one counter.
   */
  review(index: number): void {
    const p = this.points[index];
    this.judgeLevels(p);
    const { source } = p;
    if (source === undefined || source.stream === NONE || source.weighed === this.round) return;
    source.weighed = this.round;
    this.judgeSource(source, false);
  }

  /**
   * Reports the points that share a counter with this one, whose verdicts depend on its numbers: once per
   * source and round.
   */
  siblings(index: number, name: (index: number) => void): void {
    const { source } = this.points[index];
    if (source === undefined || source.stream === NONE || source.named === this.round) return;
    source.named = this.round;
    for (const sibling of source.points) name(sibling.index);
  }

  /** Judges all mirror points a last time: no more packets come, and what is missing is lost. */
  settle(): void {
    this.tallies.giveUp();
    for (const source of this.sources.values()) if (source.stream !== NONE) this.judgeSource(source, true);
    for (const p of this.points) {
      if (p.own === undefined) continue;
      this.judgeLevels(p);
      this.believe(p, true);
    }
  }

  /** {@link settle} for one mirror point that is about to be forgotten. */
  conclude(index: number): void {
    const p = this.points[index];
    if (p.own === undefined) return;
    for (const e of [p.own, p.common, ...(p.levels ?? [])])
      if (e !== undefined && e.tally !== NONE) this.tallies.conclude(e.tally);
    this.believe(p, true);
  }

  /** {@link settle}, then forgets the numbers: the next ones belong to another time. Counts stay. */
  restart(): void {
    this.settle();
    for (const p of this.points) {
      if (p.own !== undefined) this.tell(p);
      if (p.stream !== NONE) this.streams.restart(p.stream);
      for (const stream of p.parts?.values() ?? []) this.streams.restart(stream);
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

  private tally(p: PointNumbers): number {
    const tally = this.tallies.add();
    this.owners[tally] = p.index;
    return tally;
  }

  private copy(p: PointNumbers, from: number): number {
    const tally = this.tallies.copy(from);
    this.owners[tally] = p.index;
    return tally;
  }

  private release(tally: number): void {
    this.owners[tally] = NONE;
    this.tallies.release(tally);
  }

  private first(p: PointNumbers, n: number, combination: number, trace: number): void {
    p.own = new Explanation(SequenceUse.Session, this.tally(p));
    p.stream = this.streams.open(n, p.own.tally, trace);
    p.combination = combination;
    const source = p.source;
    if (source === undefined || source.apart) return;
    if (source.points.length === 1 && source.stream === NONE && !this.openSource(source)) return;
    source.points.push(p);
    if (source.stream === NONE) return;
    p.common = new Explanation(SequenceUse.Source, this.tally(p));
    if (this.streams.continues(source.stream, n)) source.penalty += CONTINUES_WEIGHT;
    this.updateSource(p, p.common, n, trace);
    if (source.common === undefined) this.hold(p);
  }

  /** Takes a packet of one of two senders. */
  private updatePart(
    p: PointNumbers,
    parts: Map<number, number>,
    n: number,
    key: number,
    trace: number,
  ): void {
    p.own ??= new Explanation(SequenceUse.Session, this.tally(p));
    const stream = parts.get(key);
    if (stream !== undefined) this.streams.update(stream, n, p.own.tally, trace);
    else if (p.share.levelStreams > 0) {
      p.share.levelStreams--;
      parts.set(key, this.streams.open(n, p.own.tally, trace));
    }
  }

  /** Takes a packet with another hardware id or direction than the one before. */
  private alternate(p: PointNumbers, combination: number): void {
    const own = p.own!;
    p.levels ??= LEVELS.map((l) => new Level(l.use, l.shift, l.mask, (p.combination >>> l.shift) & l.mask));
    for (const level of p.levels) {
      if (level.followed || level.hopeless) continue;
      if (((combination >>> level.shift) & level.mask) === level.only) continue;
      if (p.share.levelStreams === 0) {
        level.hopeless = true;
        continue;
      }
      p.share.levelStreams--;
      level.followed = true;
      level.tally = this.copy(p, own.tally);
      level.streams[level.only] = this.streams.copy(p.stream);
      this.think(p, level);
    }
    p.combination = combination;
  }

  private updateLevels(
    p: PointNumbers,
    levels: Level[],
    n: number,
    combination: number,
    trace: number,
  ): void {
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i];
      if (!level.followed) continue;
      const key = (combination >>> level.shift) & level.mask;
      if (level.streams[key] !== NONE) {
        this.streams.update(level.streams[key], n, level.tally, trace);
      } else if (p.share.levelStreams === 0) {
        this.closeLevel(p, level);
      } else {
        p.share.levelStreams--;
        if (this.streams.continues(p.stream, n)) level.penalty += CONTINUES_WEIGHT;
        level.streams[key] = this.streams.open(n, level.tally, trace);
        level.count++;
      }
    }
  }

  private updateSource(p: PointNumbers, common: Explanation, n: number, trace: number): void {
    const source = p.source;
    if (source === undefined || source.stream === NONE) return;
    source.unjudged++;
    this.streams.update(source.stream, n, common.tally, trace);
  }

  private openSource(source: SourceNumbers): boolean {
    const only = source.points[0];
    if (only.share.sources === 0) {
      source.apart = true;
      return false;
    }
    only.share.sources--;
    source.share = only.share;
    source.since = this.now;
    only.common = new Explanation(SequenceUse.Source, this.copy(only, only.own!.tally));
    source.stream = this.streams.copy(only.stream, only.common.tally);
    this.think(only, only.common);
    return true;
  }

  /** Considers another explanation: published counts continue from here, whichever is believed. */
  private think(p: PointNumbers, e: Explanation): void {
    this.tell(p);
    this.scores.rebase(p, e);
    this.hold(p);
  }

  private hold(p: PointNumbers): void {
    p.believed = undefined;
    p.since = this.now;
    this.held.add(p);
  }

  /** Updates the published counts of a mirror point. @returns the most likely explanation */
  private tell(p: PointNumbers): Explanation {
    const e = this.believe(p, false) ?? this.guess(p);
    const unusable = this.scores.unusable(e.tally);
    if (p.believed === undefined || unusable || this.scores.isSuspect(p, e.tally, this.now)) {
      p.unusable = unusable;
      return e;
    }
    if (p.unusable) this.scores.rebase(p, e);
    p.unusable = false;
    this.scores.tell(p, e);
    return e;
  }

  /**
   * The known explanation of a mirror point's numbers, undefined if unknown. @param force then returns the
   * most likely one
   */
  private believe(p: PointNumbers, force: boolean): Explanation | undefined {
    const shared = p.common === undefined ? false : this.isCommon(p, force);
    if (shared === undefined) return undefined;
    const due = force || this.now - p.since >= MAX_HELD;
    const e = shared ? p.common! : this.scores.known(p, due);
    if (e === undefined) return undefined;
    if (p.believed !== undefined && p.believed !== e) this.scores.rebase(p, e);
    p.believed = e;
    this.held.delete(p);
    return e;
  }

  private isCommon(p: PointNumbers, force: boolean): boolean | undefined {
    const source = p.source!;
    if (source.stream === NONE) return false;
    if (source.common === undefined && (force || this.now - source.since >= MAX_HELD))
      this.judgeSource(source, true);
    return source.common;
  }

  private guess(p: PointNumbers): Explanation {
    return p.source?.common === true && p.common !== undefined ? p.common : this.scores.best(p);
  }

  private judge(p: PointNumbers): void {
    this.judgeLevels(p);
    // Weighing a source costs as much as it has points, so at least as many packets must have come.
    const { source } = p;
    if (source === undefined || source.stream === NONE || source.unjudged < source.points.length) return;
    this.judgeSource(source, false);
  }

  private judgeLevels(p: PointNumbers): void {
    p.untilJudged = p.judgedEvery;
    if (p.levels === undefined) return;
    const limit = HOPELESS + 16 * this.scores.of(this.scores.best(p));
    for (const level of p.levels)
      if (level.followed && level !== p.believed && this.scores.of(level) > limit) this.closeLevel(p, level);
  }

  private judgeSource(source: SourceNumbers, force: boolean): void {
    source.unjudged = 0;
    let alone = source.penalty;
    let common = 0;
    for (const p of source.points) {
      alone += this.scores.of(this.scores.best(p));
      common += this.scores.of(p.common!);
    }
    const better = Math.min(alone, common);
    const worse = Math.max(alone, common);
    if (source.common === undefined) {
      if (force || worse >= KNOWN_MARGIN + 2 * better) source.common = common < alone;
    } else if ((source.common ? common : alone) > HOPELESS + 16 * better) source.common = !source.common;
    if (common <= HOPELESS + 16 * alone) return;
    this.closeSource(source);
    source.apart = true;
  }

  private closeSource(source: SourceNumbers): void {
    if (source.stream === NONE) return;
    this.streams.close(source.stream);
    source.stream = NONE;
    source.common = undefined;
    if (source.share !== undefined) source.share.sources++;
  }

  private closeLevel(p: PointNumbers, level: Level): void {
    if (p.believed === level) this.tell(p);
    level.followed = false;
    level.hopeless = true;
    for (const stream of level.streams) {
      if (stream === NONE) continue;
      this.streams.close(stream);
      p.share.levelStreams++;
    }
    level.streams.fill(NONE);
    if (p.believed !== level) return;
    p.believed = p.own!;
    this.scores.rebase(p, p.own!);
  }
}
