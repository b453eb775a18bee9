/** The bounds for judging sequence numbers, and whether a step exceeds them. */

/** Numbers that a track remembers, and how late a packet may be. */
export const SEQUENCE_WINDOW = 1024;
/**
 * Numbers that must follow a step ahead, without the old ones continuing, before the numbers between count as
 * lost.
 */
export const CONFIRM = 32;
/** A larger step ahead is a restarted sender. At a million packets per second this is 16 s. */
export const MAX_DROPOUT = 1 << 24;
/**
 * A sender restarts at 0 or 1, and its first packets may be lost. Only this, and the wrap of a counter of 16
 * or 24 bits, depend on a number itself; everything else depends on the distance between two.
 */
export const RESTART_NEAR = 64;
/**
 * A sender that restarted while its old numbers are in the window: at least this many consecutive numbers
 * below the highest, ascending from one near 0, and this many of them repeated. A run is followed up to its
 * longest.
 */
export const RESTART_RUN = 8;
export const RESTART_REPEATED = 4;
export const RUN_LONGEST = 32;
/** Counters of 16 or 24 bits are recognised if at most this many numbers are lost where they wrap. */
export const NARROW_STEP = 64;

/** Whether a number this far above a track's highest is in its window, or at most one window ahead. */
export function isNear(d: number): boolean {
  return d > 0 ? d <= SEQUENCE_WINDOW : d > -SEQUENCE_WINDOW;
}

/**
 * Whether a step of `d` to `n`, beyond the window, may be an outage. One that ends near 0 is a restart: all
 * restarts end there, and outages hardly ever do.
 */
export function isOutage(n: number, d: number): boolean {
  return d > 0 && d <= MAX_DROPOUT && n >= RESTART_NEAR;
}
