/** What the configuration and the command line bound alike. */

/** Sessions held at once: 4 GB. */
export const MOST_SESSIONS = 16_000_000;
/** Places for mirror points that an entry of `mirrors` may have, or the unknown ones together. */
export const MOST_POINTS = 65_536;
/** Within how many seconds the same inner frame again may count as a duplicate. */
export const LONGEST_DEDUPLICATION = 10;
