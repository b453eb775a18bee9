/**
 * Defaults of the session table and of reassembly. `read` differs from `collect` where its column says so.
 */
const MIB = 2 ** 20;

export const SESSION_DEFAULTS = {
  capacity: 1_000_000,
  /** Seconds without packets after which a session ends. */
  tcpIdle: 300,
  udpIdle: 60,
  otherIdle: 30,
  /** Seconds after which a row ends and the session continues in its next part. */
  active: 900,
  /** Seconds that a finished TCP session waits for stragglers. Nobody waits for the rows of a capture. */
  linger: { collect: 2, read: 5 },
  /** Fragmented inner packets followed at once, and for how many seconds. */
  fragmentTrains: 8192,
  fragmentTimeout: 30,
} as const;

export const READING_DEFAULTS = {
  /** Conversations whose messages are read at once, and questions open in all of them. */
  conversations: 65_536,
  questions: 65_536,
  /** Bytes of messages that came in several segments, and of words that sessions keep. */
  memory: 32 * MIB,
  words: 32 * MIB,
  /** Rows of transactions a second and worker. All of a capture's are written. */
  rows: { collect: 20_000, read: Number.POSITIVE_INFINITY },
} as const;

/** Of the names of addresses. */
export const NAMES_DEFAULTS = {
  /** Names that a worker counts at once. */
  held: 65_536,
  /** Seconds until what was counted becomes a row. A capture's rows may come at its end. */
  seconds: { collect: 60, read: 3600 },
} as const;

export const REASSEMBLY_DEFAULTS = {
  /** Bytes of buffers. Linux: ipfrag_high_thresh, 4 MiB; a collector of fragmented mirrors needs more. */
  memory: 64 * MIB,
  datagrams: 4096,
  /** Seconds of packet time. Linux: ipfrag_time. */
  timeout: 30,
} as const;

/** Of the clocks that timestamps are of. */
export const CLOCK_DEFAULTS = {
  /** Seconds from arrival beyond which a timestamp is disbelieved. */
  within: 2,
} as const;
