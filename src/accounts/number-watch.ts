/**
 * Watches when a mirror's own sequence numbers show that packets are missing: between which two packets, and
 * how many. Numbers that are missing under the most likely explanation count at once; those that come after
 * all are taken back.
 */
import type { Numbering } from './numbering.js';

/** Told of gaps in the numbers of a watched mirror point, and every millisecond that packets came. */
export interface NumberWatcher {
  /**
   * @param index the mirror point's
   * @param since the time of the previous packet that the same part of the sender numbered: seconds, ns
   * @param missing numbers missing since then, negative where some of before have come
   * @param numbered whether the numbers can tell what is missing
   */
  number(
    index: number,
    sinceSec: number,
    sinceNsec: number,
    sec: number,
    nsec: number,
    missing: number,
    numbered: boolean,
  ): void;
}

/** Hardware id (6 bits) and direction (2) of a packet. */
const PARTS = 256;
const TELL_EVERY_NS = 1e6;

/** What was known at the last packet of a mirror point. */
class Watched {
  missing = Number.NaN;
  /** {@link Numbering.changes}. */
  changes = -1;
  numbered = false;
  /** When the watcher was told last. */
  toldSec = 0;
  toldNsec = 0;
  /** By part: when its last packet came, 0 before the first. */
  readonly sec = new Uint32Array(PARTS);
  readonly nsec = new Uint32Array(PARTS);
}

export class NumberWatch {
  private readonly points: (Watched | undefined)[] = [];

  constructor(private readonly watcher: NumberWatcher) {}

  /** Watches the mirror point with this index, from its beginning on. */
  watch(index: number): void {
    this.points[index] = new Watched();
  }

  unwatch(index: number): void {
    this.points[index] = undefined;
  }

  /** A packet of a mirror point was taken by `numbering`, if it has numbers. */
  taken(
    index: number,
    part: number,
    direction: number,
    sec: number,
    nsec: number,
    numbering: Numbering,
  ): void {
    const w = this.points[index];
    if (w === undefined) return;
    const at = ((part << 2) | direction) & (PARTS - 1);
    const isDue = sec !== w.toldSec || Math.abs(nsec - w.toldNsec) >= TELL_EVERY_NS;
    if (isDue || numbering.changes !== w.changes) {
      w.changes = numbering.changes;
      const missing = numbering.missing(index);
      if (isDue || missing !== w.missing) this.tell(w, index, at, sec, nsec, missing);
    }
    w.sec[at] = sec;
    w.nsec[at] = nsec;
  }

  private tell(w: Watched, index: number, at: number, sec: number, nsec: number, missing: number): void {
    const numbered = missing >= 0;
    const more = numbered && w.numbered && w.sec[at] > 0 ? missing - w.missing : 0;
    this.watcher.number(index, w.sec[at], w.nsec[at], sec, nsec, more, numbered);
    w.missing = missing;
    w.numbered = numbered;
    w.toldSec = sec;
    w.toldNsec = nsec;
  }

  /** The next packets belong to another time. */
  restart(): void {
    for (const w of this.points) w?.sec.fill(0);
  }

  /** A packet without a number. */
  unnumbered(index: number, sec: number, nsec: number): void {
    if (this.points[index] !== undefined) this.watcher.number(index, sec, nsec, sec, nsec, 0, false);
  }
}
