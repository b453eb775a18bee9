/** A store of rows: ClickHouse as a server, or embedded in a data directory. */
import type { Readable } from 'node:stream';
import type { TableName } from '../model/columns/tables.js';
import type { QuestionLimits } from '../model/question-limits.js';
import type { StoreSize } from './growth.js';
import type { Migrated } from './migrations.js';
import type { StoredFacts } from './networks/stored-facts.js';
import type { StoredNetworks } from './networks/stored-networks.js';
import type { Gap } from './rollups.js';

export interface QueryOptions {
  /** A ClickHouse output format for statements that name none: letters, digits and _. */
  readonly format?: string;
  /** Values of the statement's parameters, `{name:Type}`; names are identifiers. */
  readonly params?: Readonly<Record<string, string>>;
  /** Whether the Pretty formats may use colors. */
  readonly color?: boolean;
  /** The question's limits; QUESTION_DEFAULTS by default. */
  readonly limits?: QuestionLimits;
  /** Aborted when nobody waits for the answer any more: ends the question. */
  readonly signal?: AbortSignal;
}

/** A segment in memory, or a file that holds nothing else. */
export type Segment = Uint8Array | { readonly file: string };

export interface OpenOptions {
  /** Whether to create a missing data directory. */
  create: boolean;
  /** Milliseconds that a server may take for one insert or query; 120,000 by default. */
  timeout?: number;
  /** A cluster of the server's configuration, for creating or changing tables on all of its nodes. */
  cluster?: string | undefined;
  /** The user for questions to a server, if it is not the inserting one. */
  reader?: { readonly username: string; readonly password: string };
  /** A directory that segments are inserted from, if it is outside of the store's own. */
  spool?: string;
  /** Bytes of memory that the embedded engine may take. */
  memory?: number;
  /**
   * Called when another process wants the data directory, which waits three seconds for it. Without this, it
   * is refused.
   */
  wanted?: () => void;
}

export interface Store {
  /** The directory, or the URL without credentials. */
  readonly name: string;

  /** Networks of one's own that `mirrorlake networks load` has kept. */
  readonly networks: StoredNetworks;

  /** What rows say of their addresses, for those who rewrite it. */
  readonly facts: StoredFacts;

  /** What the store's operator must know about how it runs, once it has answered; undefined: nothing. */
  readonly notice?: string | undefined;

  /**
   * Migrates the tables to this version, and creates missing ones.
   *
   * @throws StoreRefused if the store was made by a newer version.
   */
  migrate(): Promise<Migrated>;

  /**
   * Makes the store remove rows once they are `seconds` old, or keep them forever if undefined.
   *
   * @param onlyNew leaves tables with a retention as they are
   */
  retain(seconds: number | undefined, onlyNew: boolean): Promise<void>;

  /** The shortest retention of all tables in seconds; undefined if rows are never removed. */
  retention(): Promise<number | undefined>;

  /** Days that have ended of which a roll-up lacks sessions, mostly those from before it was made. */
  gaps(): Promise<readonly Gap[]>;

  /**
   * Fills a day of a roll-up anew from its sessions. One process may do so at a time.
   *
   * @throws StoreError if sessions of that day keep coming
   */
  fill(gap: Gap): Promise<void>;

  /** Rows of all tables together, without reading them; undefined if this user may not know. */
  rowCount(): Promise<number | undefined>;

  /** The disk space of the tables. */
  size(): Promise<StoreSize>;

  /**
   * Inserts a segment completely or not at all, and once: a segment whose token the table has seen is
   * skipped.
   *
   * @param rows messages of the segment: a store that says it took fewer has not taken it
   * @throws StoreUnavailable if the outcome is unknown: insert it again, with the same token.
   * @throws SegmentRefused if the store will never take it.
   */
  insert(table: TableName, segment: Segment, token: string, rows: number): Promise<void>;

  /**
   * Asks a question: a statement that only reads, and only from the store. Inserts do not wait for it.
   *
   * @returns the answer's bytes in the requested format, no faster than they are read; destroyed if it fails
   * midway
   * @throws StatementRefused if it does more than read
   */
  query(sql: string, options?: QueryOptions): Promise<Readable>;

  /**
   * Runs a statement that may change the store, for its owner.
   *
   * @throws StatementRefused for one that would let later questions read more than the store
   */
  change(sql: string, options?: QueryOptions): Promise<Readable>;

  close(): Promise<void>;
}
