import type { MirrorTable } from '../accounts/mirrors.js';
import type { PacketWatcher } from '../demux/dispatch.js';
import type { TableName } from '../model/columns/tables.js';
import type { HopSink } from '../model/hop-record.js';
import type { MirrorSink } from '../model/mirror-record.js';
import type { PathSink } from '../model/path-record.js';

/** Where `mirrorlake read` writes: a store, or lines on stdout. */
export interface ReadOutput {
  /**
   * Takes finished rows, one segment at a time, unless the session thread prints them.
   *
   * @param lastSeen for sessions: when each row was last seen, seconds since 1970
   */
  readonly onSegment?: (
    table: TableName,
    segment: Uint8Array,
    rows: number,
    lastSeen: Uint32Array | undefined,
  ) => void;
  readonly mirrors?: MirrorSink;
  readonly watcher?: PacketWatcher;
  /** Takes the rows of paths, if there are some. */
  readonly paths?: PathSink & HopSink;
  /** Called once something can be read, before anything else. */
  begin?(): void;
  /** Called between batches: waits while too much is on its way. */
  settle(): Promise<void>;
  /** Writes the rest. */
  finish(mirrors: MirrorTable): Promise<void>;
  /** Where it was stored, once finished: `in ./data`; and whether the store had all of it before. */
  readonly stored?: { readonly where: string; readonly hadBefore: boolean } | undefined;
  /** What the user must know about the store, once finished. */
  readonly warnings?: readonly string[];
  /** Waits for inserts under way; the rest is not to be written. */
  abandon?(): Promise<void>;
}
