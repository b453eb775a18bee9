/** Messages between the main thread and the ring workers. */
import type { MessagePort } from 'node:worker_threads';
import type { MirrorChanges, MirrorCounts } from '../../accounts/mirror-changes.js';
import type { RingShape } from '../../linux/packet-socket.js';
import type { XdpSource } from '../../linux/xdp/umem.js';
import type { OpenOrder } from '../../model/live.js';
import type { Knowledge } from '../../networks/conversation-facts.js';
import type { EndedRows, OpenRows, Watch, WatchedFrame } from '../live/live-path.js';
import type { ReceivedMarker } from '../marker-socket.js';
import type { PathOptions, PathSnapshot } from '../packet-path.js';
import type { MirrorRules } from '../policy.js';

/** One ring to read: a packet socket on one interface, or an AF_XDP socket of one of its queues. */
export interface RingData {
  readonly fd: number;
  readonly shape: RingShape | XdpSource;
  readonly linkType: number;
  readonly hasMac: boolean;
  /** Its interface's number in the collector. */
  readonly number: number;
  /** The name of a SPAN port, whose frames are the mirrored traffic; undefined: packets carry it. */
  readonly span: string | undefined;
}

export interface RingWorkerData {
  readonly path: PathOptions;
  /** Memory of the log that takes observations, where packets are matched. */
  readonly observations?: SharedArrayBuffer;
  /**
   * An eventfd that is readable when there are messages for the worker, which does not run its event loop.
   */
  readonly wake: number;
  /** Where segments go. */
  readonly store: MessagePort;
  /** Bytes on their way to the store, in KiB: shared by all senders. */
  readonly waiting: SharedArrayBuffer;
}

/** What a worker has counted so far. */
export interface RingCounts {
  readonly snapshot: PathSnapshot;
  readonly changes: MirrorChanges;
}

/** What a ring worker understands. */
export type RingWorkerSide = {
  asks: {
    /** Read the rings empty, and hand over what belongs to other workers. */
    empty: (nothing: undefined) => undefined;
    /** Read the rings empty, end everything, and leave. */
    finish: (nothing: undefined) => RingCounts;
  };
  tells: {
    /** The rings to read from now on; those left out are given back. */
    rings: readonly RingData[];
    rules: MirrorRules;
    /** What is known of addresses from now on. */
    knowledge: Knowledge;
    /** What a switch says of its clock. */
    marker: ReceivedMarker;
    /** See {@link LivePath}: what is asked for comes when it is there, in messages of its own. */
    showRows: number;
    findOpen: OpenOrder;
    watch: readonly Watch[];
  };
};

/** What the main thread understands of a ring worker. */
export type RingMainSide = {
  asks: Record<never, never>;
  tells: {
    counts: RingCounts;
    minute: MirrorCounts;
    /** The descriptor of a ring that is no longer read: its socket may be closed. */
    released: number;
    /** What its {@link LivePath} was asked for. */
    rows: EndedRows;
    open: OpenRows;
    frames: readonly WatchedFrame[];
  };
};
