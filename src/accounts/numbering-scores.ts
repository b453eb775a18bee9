/** Scores how well numberings explain a mirror point's numbers, and their counts. */
import {
  type Explanation,
  LATE,
  Level,
  LOST,
  type PointNumbers,
  REORDERED,
  TOLD,
} from './numbering-point.js';
import type { SequenceTallies } from './sequence-tallies.js';

/** The longest time, in seconds, for which counts are held back until the counter is known. */
export const MAX_HELD = 180;
/** A jump weighs as much as this many lost numbers: a running number does not jump. */
const JUMP_WEIGHT = 64;
/** Weight of a number that arrives again with a different packet: a counter does not do that. */
const DIFFERING_WEIGHT = 8;
/** An explanation is believed if it is better than the others by this, and by a factor of two. */
export const KNOWN_MARGIN = 8;
/** An explanation worse than the best by this, and by a factor of 16, is no longer believed or followed. */
export const HOPELESS = 4096;

export class NumberingScores {
  constructor(private readonly tallies: SequenceTallies) {}

  /** Makes the published counts continue from here with an explanation. */
  rebase(p: PointNumbers, e: Explanation): void {
    for (let i = 0; i < TOLD; i++) e.base[i] = p.told[i] - this.counted(e.tally, i);
  }

  /** Raises the published counts to what an explanation says. They never fall. */
  tell(p: PointNumbers, e: Explanation): void {
    for (let i = 0; i < TOLD; i++) p.told[i] = Math.max(p.told[i], e.base[i] + this.counted(e.tally, i));
  }

  private counted(tally: number, which: number): number {
    const s = this.tallies;
    if (which === LOST) return s.lost(tally);
    if (which === LATE) return s.late[tally];
    return which === REORDERED ? s.reordered[tally] : s.repeated[tally];
  }

  /**
   * Whether missing numbers may belong to another sender under the same name, with numbers close by: many
   * packets arrive long after higher numbers. If so, equal numbers soon arrive with different packets.
   */
  isSuspect(p: PointNumbers, tally: number, now: number): boolean {
    const { distant, fresh } = this.tallies;
    if (distant[tally] < 2 || distant[tally] <= fresh[tally] / 8) p.suspect = 0;
    else if (p.suspect === 0) p.suspect = now;
    return p.suspect !== 0 && now - p.suspect < MAX_HELD;
  }

  /**
   * The best explanation by its own headers, if it is far better, or `due`, or already believed and not
   * hopeless.
   */
  known(p: PointNumbers, due: boolean): Explanation | undefined {
    const best = this.best(p);
    const score = this.of(best);
    const { believed } = p;
    if (believed !== undefined && believed !== p.common)
      return this.of(believed) > HOPELESS + 16 * score ? best : believed;
    if (due) return best;
    let next = Number.POSITIVE_INFINITY;
    if (best !== p.own) next = this.of(p.own!);
    for (const level of p.levels ?? [])
      if (level.followed && level !== best && !isSame(level, best, this.of(level) - score))
        next = Math.min(next, this.of(level));
    return next >= KNOWN_MARGIN + 2 * score ? best : undefined;
  }

  /** The best explanation by its own headers; of equally good ones the coarser. */
  best(p: PointNumbers): Explanation {
    let best = p.own!;
    if (p.levels === undefined) return best;
    let score = this.of(best);
    for (const level of p.levels) {
      if (!level.followed) continue;
      const s = this.of(level);
      if (s >= score) continue;
      score = s;
      best = level;
    }
    return best;
  }

  of(e: Explanation): number {
    const s = this.tallies;
    const t = e.tally;
    return (
      s.missing[t] +
      s.late[t] +
      s.reordered[t] +
      s.repeated[t] +
      DIFFERING_WEIGHT * s.differing[t] +
      JUMP_WEIGHT * s.jumps[t] +
      (e instanceof Level ? e.penalty : 0)
    );
  }

  /**
   * Numbers that no counter makes: nearly constant, without order, with gaps after most packets that add up
   * to far more than was received (a byte count, say), or equal for different packets (two senders under one
   * name).
   */
  unusable(tally: number): boolean {
    const s = this.tallies;
    const received = s.received[tally];
    const repeated = s.repeated[tally];
    const jumps = s.jumps[tally];
    if (received < 4) return false;
    if (repeated === received - 1) return true;
    if (received < 8) return false;
    if (jumps > received / 4) return true;
    if (s.differing[tally] >= 4 && s.differing[tally] > s.fresh[tally] / 8) return true;
    if (received < 64) return false;
    const scattered = s.gaps[tally] > received * 0.75 && s.missing[tally] > received * 32;
    return repeated > received * 0.875 || jumps > received / 16 || scattered;
  }
}

/** Whether two explanations are equivalent: so far they have separated the same streams. */
function isSame(a: Level, b: Explanation, difference: number): boolean {
  return b instanceof Level && a.count === b.count && difference === 0;
}
