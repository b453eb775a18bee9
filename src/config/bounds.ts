/** Bounds that the configuration and the command line share. */

/** Sessions held at once: 4 GB. */
export const MOST_SESSIONS = 16_000_000;
/** Worker threads of a collector, or of `read`. */
export const MOST_WORKERS = 64;
/** The largest number of places for mirror points, of an entry of `mirrors` or of all unknown ones. */
export const MOST_POINTS = 65_536;
/** The longest time, in seconds, within which a repeated inner frame may count as a duplicate. */
export const LONGEST_DEDUPLICATION = 10;
/** UDP ports of `inputs`: the ring's filter compares each packet's with all of them. */
export const MOST_UDP_INPUTS = 64;
/** Files of owners of addresses. */
export const MOST_OWNERS = 8;
/** Entries of `policies`: each is a series of a metric. */
export const MOST_POLICIES = 1_024;
