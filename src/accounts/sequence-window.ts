/** The bounds that sequence numbers are judged by, and a step beyond them. */

/** Numbers a track remembers, and how late a packet may be. */
export const SEQUENCE_WINDOW = 1024;
/** Numbers that must follow a step ahead, the old ones not seen again, until what lies between is lost. */
export const CONFIRM = 32;
/** A step ahead by more is a sender that has started again. At a million packets a second this is 16 s. */
export const MAX_DROPOUT = 1 << 24;
/**
 * A sender that starts again begins at 0 or 1, and the first packets may be lost. This and where a counter of 16 or 24
 * bits wraps are the only places that look at a number itself: all else looks at the distance between two.
 */
export const RESTART_NEAR = 64;
/**
 * A sender that has started again while its old numbers are in the window: at least this many numbers below the highest
 * running, upwards from one near 0, and so many of them repeated. A run is looked at up to its longest.
 */
export const RESTART_RUN = 8;
export const RESTART_REPEATED = 4;
export const RUN_LONGEST = 32;
/** Counters of 16 or 24 bits are recognised by this many numbers at most being lost where they wrap. */
export const NARROW_STEP = 64;

/** Whether a number so far above a track's highest is in its window, or no further ahead than the window is long. */
export function isNear(d: number): boolean {
  return d > 0 ? d <= SEQUENCE_WINDOW : d > -SEQUENCE_WINDOW;
}

/**
 * Whether a step of `d` to `n`, beyond the window, may be an outage. One that ends near 0 is a sender's restart: that is
 * where all restarts end, and an outage hardly ever does.
 */
export function isOutage(n: number, d: number): boolean {
  return d > 0 && d <= MAX_DROPOUT && n >= RESTART_NEAR;
}
