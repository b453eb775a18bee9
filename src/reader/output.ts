import type { MirrorTable } from '../accounts/mirrors.js';
import type { PacketWatcher } from '../demux/dispatch.js';
import type { MirrorSink } from '../model/mirror-record.js';
import type { TableName } from '../store/tables.js';

/** Where `mirrorlake read` puts what it found: a store, or lines on stdout. */
export interface ReadOutput {
  /**
   * Takes finished rows, a segment at a time; without it the session thread prints them.
   *
   * @param lastSeen of sessions: when each row was last seen, seconds since 1970
   */
  readonly onSegment?: (
    table: TableName,
    segment: Uint8Array,
    rows: number,
    lastSeen: Uint32Array | undefined,
  ) => void;
  readonly mirrors?: MirrorSink;
  readonly watcher?: PacketWatcher;
  /** Called once something can be read, before anything else is. */
  begin?(): void;
  /** Called between batches: waits while too much is on its way. */
  settle(): Promise<void>;
  /** Puts away what is left. */
  finish(mirrors: MirrorTable): Promise<void>;
  /** Where it was stored, once it is finished: `in ./data`; or, of what the store has had before, that it was not. */
  readonly stored?: { readonly where: string; readonly hadBefore: boolean } | undefined;
  /** What whoever stored this has to know about the store, once it is finished. */
  readonly warnings?: readonly string[];
  /** Settles what is under way, when the rest is not to be put away. */
  abandon?(): Promise<void>;
}
