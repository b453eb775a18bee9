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

export const REASSEMBLY_DEFAULTS = {
  /** Bytes of buffers. Linux: ipfrag_high_thresh, 4 MiB; a collector of fragmented mirrors needs more. */
  memory: 64 * MIB,
  datagrams: 4096,
  /** Seconds of packet time. Linux: ipfrag_time. */
  timeout: 30,
} as const;
