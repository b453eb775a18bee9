/** Sources whose sessions are tried as one counter, 4.3 to 19 KiB each; the sessions of others stand alone. */
const MAX_SOURCES = 1024;
/**
 * Streams by hardware id, direction and PPTP call, 0.6 to 2.5 KiB each; a level that needs more is followed no further, and
 * a call beyond them not at all.
 */
const MAX_LEVEL_STREAMS = 32_768;
/**
 * What every share has of both at least: some sources, and two points with every hardware id in both
 * directions.
 */
const LEAST_SOURCES = 16;
const LEAST_LEVEL_STREAMS = 512;

/**
 * What the numbers of some mirror points may take up beside a stream for each: those of one entry of the
 * configuration, say, so that no other's can take it from them.
 */
export class NumberingShare {
  constructor(
    public sources = MAX_SOURCES,
    public levelStreams = MAX_LEVEL_STREAMS,
  ) {}

  /** One of so many equal shares of what a {@link Numbering} may take up. */
  static oneOf(shares: number): NumberingShare {
    return new NumberingShare(
      Math.max(LEAST_SOURCES, Math.floor(MAX_SOURCES / shares)),
      Math.max(LEAST_LEVEL_STREAMS, Math.floor(MAX_LEVEL_STREAMS / shares)),
    );
  }
}
