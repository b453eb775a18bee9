/** What the configuration and the command line bound alike. */

/** Sessions held at once: 4 GB. */
export const MOST_SESSIONS = 16_000_000;
/** Within how many seconds the same inner frame again may count as a duplicate. */
export const LONGEST_DEDUPLICATION = 10;
