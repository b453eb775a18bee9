/** Where rows are kept: ClickHouse as a server, or embedded in a data directory. */
import type { Readable } from 'node:stream';
import type { QuestionLimits } from '../model/question-limits.js';
import type { StoreSize } from './growth.js';
import type { Migrated } from './migrations.js';
import type { TableName } from './tables.js';

export interface QueryOptions {
  /** A ClickHouse output format, for statements that name none: letters, digits and _. */
  readonly format?: string;
  /** Values of the statement's parameters, `{name:Type}`; names are identifiers. */
  readonly params?: Readonly<Record<string, string>>;
  /** Whether the Pretty formats may use colors. */
  readonly color?: boolean;
  /** What the question may take; QUESTION_DEFAULTS unless given. */
  readonly limits?: QuestionLimits;
  /** Aborted when nobody waits for the answer any more: the question is ended. */
  readonly signal?: AbortSignal;
}

/** A segment in memory, or a file that holds nothing else. */
export type Segment = Uint8Array | { readonly file: string };

export interface OpenOptions {
  /** Whether a data directory that is not there is made. */
  create: boolean;
  /** Milliseconds that a server may take for one insert or query; 120,000 unless told otherwise. */
  timeout?: number;
  /** A cluster of the server's configuration, for making or changing tables on all of its nodes. */
  cluster?: string | undefined;
  /** Who asks a server's questions, where it is not who inserts. */
  reader?: { readonly username: string; readonly password: string };
  /** A directory that segments are inserted from, where it is not in the store's own. */
  spool?: string;
  /** Bytes of memory that the embedded engine may take. */
  memory?: number;
}

export interface Store {
  /** The directory, or the URL without credentials. */
  readonly name: string;

  /** What whoever runs the store has to know of how it runs, once it has answered; undefined: nothing. */
  readonly notice?: string | undefined;

  /**
   * Brings the tables up to this version's, and makes those that are missing.
   *
   * @throws StoreRefused when the store was made by a newer version.
   */
  migrate(): Promise<Migrated>;

  /**
   * Has rows removed once they are `seconds` old, or kept for good when undefined.
   *
   * @param onlyNew leaves tables that have a retention as they are
   */
  retain(seconds: number | undefined, onlyNew: boolean): Promise<void>;

  /** Seconds after which rows are removed, the least of all tables; undefined when none are. */
  retention(): Promise<number | undefined>;

  /** Rows of all tables together, without reading them; undefined where this user may not know. */
  rowCount(): Promise<number | undefined>;

  /** What the tables take of the store's disk. */
  size(): Promise<StoreSize>;

  /**
   * Inserts a segment, all of it or nothing, once: a segment with a token the table has seen is passed over.
   *
   * @param rows messages of the segment: a store that says it took fewer has not taken it
   * @throws StoreUnavailable when nothing is known of what became of it: insert it again, with the same
   * token.
   * @throws SegmentRefused when the store will never take it.
   */
  insert(table: TableName, segment: Segment, token: string, rows: number): Promise<void>;

  /**
   * Asks a question: a statement that only reads, and nothing but the store. Inserts do not wait for it.
   *
   * @returns the answer's bytes in the format asked for, no faster than they are read; destroyed when it
   * fails midway
   * @throws StatementRefused when it does more than read
   */
  query(sql: string, options?: QueryOptions): Promise<Readable>;

  /**
   * Runs a statement that may change the store, for whoever owns it.
   *
   * @throws StatementRefused for one that would let later questions read more than the store
   */
  change(sql: string, options?: QueryOptions): Promise<Readable>;

  close(): Promise<void>;
}
