import type { Application } from '../applications/reader.js';
import { APPLICATIONS } from '../applications/registry.js';
import { NAMES_DEFAULTS, READING_DEFAULTS, SESSION_DEFAULTS } from '../model/defaults.js';
import type { SharedCopies } from './copies.js';
import type { ReadingOptions } from './reading.js';

/** Timeouts in seconds, and the bounds of the session table. */
export interface SessionOptions {
  /** Sessions held at once; beyond that, those closest to their timeout end by pressure. */
  readonly capacity: number;
  readonly tcpIdle: number;
  readonly udpIdle: number;
  readonly otherIdle: number;
  /** A row that has been open this long ends, and the session continues in its next part. */
  readonly active: number;
  /** How long a finished TCP session waits for stragglers. */
  readonly linger: number;
  /** Inner fragment trains followed at once, a power of two, and how long one is remembered. */
  readonly fragmentTrains: number;
  readonly fragmentTimeout: number;
  /** Applications that are recognised and read; and the bounds of reading them. */
  readonly applications: readonly Application[];
  readonly readings: ReadingOptions;
  /** Names counted at once, a power of two, and seconds until they become rows. */
  readonly namesHeld: number;
  readonly namesSeconds: number;
  /** Five bytes that distinguish the ids of this table's sessions; random by default. */
  readonly ids?: Uint8Array;
  /** The secret of the table's hashes, HASH_SECRET bytes; random by default. */
  readonly secret?: Uint8Array;
  /** Where its conversations are compared with those of other tables; by default only with each other. */
  readonly copies?: SharedCopies;
}

/** The options of `read`. */
export const READ_OPTIONS: SessionOptions = {
  ...SESSION_DEFAULTS,
  linger: SESSION_DEFAULTS.linger.read,
  applications: APPLICATIONS,
  readings: { ...READING_DEFAULTS, rows: READING_DEFAULTS.rows.read },
  namesHeld: NAMES_DEFAULTS.held,
  namesSeconds: NAMES_DEFAULTS.seconds.read,
};

/** What the table counted since it was made. */
export class SessionCounters {
  /** Conversations opened, and rows handed on. */
  opened = 0;
  rows = 0;
  /** Sessions ended because the table was full. */
  pressure = 0;
  /** Sessions ended by pressure because too many hashes collided. */
  collisions = 0;
  /** Fragment trains given up because too many were open; and those whose first fragment never came. */
  fragmentTrainsDropped = 0;
  fragmentTrainsHeadless = 0;
  /** Frames counted as duplicates of one seen just before. */
  duplicates = 0;
  /** Frames that lost their place within their window: their copies count as packets. */
  duplicatesForgotten = 0;
  /** Rows of conversations that another mirror point had before; and sessions that were not compared. */
  copies = 0;
  uncompared = 0;
  /** Frames of groups that another member had sent. */
  groupCopies = 0;
  /** Frames of groups that lost their place within their window: their copies count as packets. */
  groupFramesForgotten = 0;
}
