import { SESSION_DEFAULTS } from '../model/defaults.js';

/** Timeouts in seconds, and the bounds of the session table. */
export interface SessionOptions {
  /** Sessions held at once; beyond it the ones that would end soonest end by pressure. */
  readonly capacity: number;
  readonly tcpIdle: number;
  readonly udpIdle: number;
  readonly otherIdle: number;
  /** After a row has been open this long it ends, and the session goes on in the next part. */
  readonly active: number;
  /** How long a finished TCP session waits for stragglers. */
  readonly linger: number;
  /** Inner fragment trains followed at once, a power of two, and how long one is remembered. */
  readonly fragmentTrains: number;
  readonly fragmentTimeout: number;
  /** Five bytes that tell the ids of this table's sessions from those of others; random unless given. */
  readonly ids?: Uint8Array;
  /** What the table's hashes are made under, HASH_SECRET bytes; random unless given. */
  readonly secret?: Uint8Array;
}

/** Those of `read`. */
export const READ_OPTIONS: SessionOptions = { ...SESSION_DEFAULTS, linger: SESSION_DEFAULTS.linger.read };

/** What the table counted since it was made. */
export class SessionCounters {
  /** Conversations opened, and rows handed on. */
  opened = 0;
  rows = 0;
  /** Sessions ended by a full table. */
  pressure = 0;
  /** Sessions ended by pressure because the hashes of too many were alike. */
  collisions = 0;
  /** Fragment trains given up because too many were open, or because their first fragment never came. */
  fragmentTrainsDropped = 0;
  fragmentTrainsHeadless = 0;
  /** Frames counted as duplicates of one seen just before. */
  duplicates = 0;
  /** Frames forgotten within their window, another having the place: a copy of them counts as a packet. */
  duplicatesForgotten = 0;
}
