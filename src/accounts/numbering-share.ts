/**
 * Sources whose sessions may be tried as one counter, 4.3 to 19 KiB each; sessions of further sources stand
 * alone.
 */
const MAX_SOURCES = 1024;
/**
 * Streams by hardware id, direction and PPTP call, 0.6 to 2.5 KiB each; a level that needs more is no longer
 * followed, and a further call not at all.
 */
const MAX_LEVEL_STREAMS = 32_768;
/**
 * The least of both in every share: some sources, and two points with every hardware id in both directions.
 */
const LEAST_SOURCES = 16;
const LEAST_LEVEL_STREAMS = 512;

/**
 * What the numbers of some mirror points may take beyond one stream each. An entry of the configuration has
 * its own share, which no other entry can take.
 */
export class NumberingShare {
  constructor(
    public sources = MAX_SOURCES,
    public levelStreams = MAX_LEVEL_STREAMS,
  ) {}

  /** One of this many equal shares of what a {@link Numbering} may take. */
  static oneOf(shares: number): NumberingShare {
    return new NumberingShare(
      Math.max(LEAST_SOURCES, Math.floor(MAX_SOURCES / shares)),
      Math.max(LEAST_LEVEL_STREAMS, Math.floor(MAX_LEVEL_STREAMS / shares)),
    );
  }
}
