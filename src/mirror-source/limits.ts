/** Bounds of a mirror with several targets. This file loads nothing. */

/** Most targets of a mirror. */
export const MOST_TARGETS = 32;

/** How often a target's health is asked for: by default, and the bounds; seconds. */
export const HEALTH_INTERVAL = { default: 2, least: 0.2, most: 600 } as const;
/** An answer that takes longer is none, milliseconds. */
export const HEALTH_TIMEOUT = 2_000;
/** Failed checks in a row that take a target out; one at the start. */
export const HEALTH_FAILURES = 2;

/** How often names are resolved again, milliseconds: collectors move, and names follow. */
export const RESOLVE_EVERY = 30_000;

/** How long a target is left alone after ICMP said that packets do not arrive, milliseconds. */
export const FIRST_HOLD = 5_000;
/** The time doubles with each trial that fails, up to this. */
export const LONGEST_HOLD = 60_000;
/**
 * How long nothing must be heard after a trial, milliseconds: the neighbour of an address that nobody has is
 * given up after three seconds.
 */
export const TRIAL = 5_000;
