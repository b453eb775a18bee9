/** Where rows are kept: ClickHouse as a server, or embedded in a data directory. */
import type { Readable } from 'node:stream';
import type { Migration } from './migrations.js';
import type { TableName } from './tables.js';

export interface QueryOptions {
  /** A ClickHouse output format, for statements that name none. */
  format?: string;
  /** Values of the statement's parameters, `{name:Type}`. */
  params?: Record<string, string>;
  /** Whether the Pretty formats may use colors. */
  color?: boolean;
}

/** A segment in memory, or a file that holds nothing else. */
export type Segment = Uint8Array | { file: string };

export interface OpenOptions {
  /** Whether a data directory that is not there is made. */
  create: boolean;
  /** Milliseconds that a server may take for one insert or query; 120,000 unless told otherwise. */
  timeout?: number;
  /** A cluster of the server's configuration, for making or changing tables on all of its nodes. */
  cluster?: string | undefined;
}

export interface Store {
  /** The directory, or the URL without credentials. */
  readonly name: string;

  /**
   * Brings the tables up to this version's. @returns the migrations that were applied.
   * @throws StoreRefused when the store was made by a newer version.
   */
  migrate(): Promise<Migration[]>;

  /**
   * Has rows removed once they are `seconds` old, or kept for good when undefined.
   *
   * @param onlyNew leaves tables that have a retention as they are
   */
  retain(seconds: number | undefined, onlyNew: boolean): Promise<void>;

  /**
   * Inserts a segment, all of it or nothing, once: a segment with a token the table has seen is passed over.
   * @throws StoreUnavailable when nothing is known of what became of it: insert it again, with the same token.
   * @throws SegmentRefused when the store will never take it.
   */
  insert(table: TableName, segment: Segment, token: string): Promise<void>;

  /** Runs a statement. The answer's bytes, in the format asked for. */
  query(sql: string, options?: QueryOptions): Promise<Readable>;

  close(): Promise<void>;
}
