import type { PacketWatcher } from '../../demux/inner.js';
import type { MirrorTable } from '../../demux/mirrors.js';
import type { TableName } from '../../store/tables.js';
import type { MirrorSink } from '../../wire/mirror-record.js';

/** Where `mirrorlake read` puts what it found: a store, or lines on stdout. */
export interface ReadOutput {
  /** Takes finished sessions, a segment at a time; without it the session thread prints them. */
  readonly onSegment?: (table: TableName, segment: Uint8Array) => void;
  readonly mirrors?: MirrorSink;
  readonly watcher?: PacketWatcher;
  /** Called between batches: waits while too much is on its way. */
  settle(): Promise<void>;
  /** Puts away what is left. */
  finish(mirrors: MirrorTable): Promise<void>;
  /** Settles what is under way, when the rest is not to be put away. */
  abandon?(): Promise<void>;
}
