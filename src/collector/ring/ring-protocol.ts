/** What the main thread and the ring workers say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { RingShape } from '../../linux/packet-socket.js';
import type { CaptureOptions, CaptureSnapshot, MirrorChanges, MirrorCounts } from '../packet-path.js';
import type { MirrorRules } from '../policy.js';

/** One ring to read: a packet socket on one interface. */
export interface RingData {
  readonly fd: number;
  readonly shape: RingShape;
  readonly linkType: number;
  readonly hasMac: boolean;
  /** Which interface of the collector it is. */
  readonly number: number;
}

export interface RingWorkerData {
  readonly capture: CaptureOptions;
  /** Readable when there are messages for the worker, which does not turn its event loop. */
  readonly wake: number;
  /** Where segments go. */
  readonly store: MessagePort;
  /** Bytes on their way to the store, in KiB: shared by all who send. */
  readonly waiting: SharedArrayBuffer;
}

export type ToRingWorker =
  /** The rings to read from now on; those left out are given back. */
  | { readonly kind: 'rings'; readonly rings: readonly RingData[] }
  | { readonly kind: 'rules'; readonly rules: MirrorRules }
  /** Read the rings empty, end everything, and leave. */
  | { readonly kind: 'finish' };

export type FromRingWorker =
  | { readonly kind: 'snapshot'; readonly snapshot: CaptureSnapshot; readonly changes: MirrorChanges }
  | { readonly kind: 'minute'; readonly counts: MirrorCounts }
  /** A ring is no longer read: its socket may be closed. */
  | { readonly kind: 'released'; readonly fd: number }
  | { readonly kind: 'finished'; readonly snapshot: CaptureSnapshot; readonly changes: MirrorChanges };
