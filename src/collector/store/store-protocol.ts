/** What the main thread and the store's thread say to each other; segments come by ports (segment-port.ts). */
import type { MessagePort } from 'node:worker_threads';
import type { QuestionLimits } from '../../model/question-limits.js';
import type { StoreStatus } from '../../model/status.js';

export interface StoreWorkerData {
  readonly location: string;
  readonly retention: number | undefined;
  readonly spool: { readonly directory: string; readonly limit: number; readonly packetsLimit: number };
  /** Bytes of memory of the embedded engine, undefined for its default. */
  readonly memory: number | undefined;
  /** Who asks a server's questions. */
  readonly reader: { readonly username: string; readonly password: string } | undefined;
  readonly waiting: SharedArrayBuffer;
}

/** A question that came by the control socket, checked. */
export interface ThreadQuestion {
  readonly sql: string;
  readonly format: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly color: boolean;
  readonly limits: QuestionLimits;
}

export type ToStoreWorker =
  | { readonly kind: 'port'; readonly port: MessagePort }
  | { readonly kind: 'query'; readonly id: number; readonly question: ThreadQuestion }
  | { readonly kind: 'more'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Store what has come, within so many milliseconds, and leave. */
  | { readonly kind: 'close'; readonly within: number };

export type FromStoreWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'status'; readonly status: StoreStatus }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  /** A piece of a query's answer; the next comes when `more` is said. */
  | { readonly kind: 'piece'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly exitCode: number }
  | { readonly kind: 'closed'; readonly status: StoreStatus }
  /** The store cannot be used at all. */
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number };
