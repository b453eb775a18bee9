/** Messages between a process and the one that holds chDB for it (worker.ts). */
import type { QuestionLimits } from '../../model/question-limits.js';
import type { Owner } from './owner.js';

/** How long a running insert may delay the end of the engine, milliseconds. */
export const INSERT_PATIENCE = 2_000;
/** The longest answer of a statement other than SELECT, which is collected. */
export const SMALL_ANSWER = 16 << 20;

/** Options of the worker, as JSON in its first argument. */
export interface WorkerOptions {
  /** The data directory, which exists. */
  readonly data: string;
  /** Bytes of memory that the engine may take. */
  readonly memory: number;
}

/** Options of the starter (starter.ts), as JSON in its only argument. */
export interface StarterOptions {
  readonly worker: string;
  readonly options: WorkerOptions;
  /** Files and directories that the engine may read, and write. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** The user and group to become, if this process is root and the data is not root's. */
  readonly owner: Owner | undefined;
}

/** One of our own statements, run in order. */
export interface Call {
  readonly kind: 'call';
  /** From 1. */
  readonly id: number;
  readonly query: string;
  /** The output format, if the statement names none. */
  readonly format: string;
}

/** Somebody else's statement: judged, limited, and run beside everything else. */
export interface Question {
  readonly kind: 'question';
  /** From 1, numbered together with calls. */
  readonly id: number;
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
  /** The output format, if the statement names none. */
  readonly format: string;
  readonly color: boolean;
  readonly limits: QuestionLimits;
  /** The FIFO for the answer, whose name nobody else knows. */
  readonly fifo: string;
}

/** A statement of the store's owner that may change it: judged, and run in order with calls. */
export interface Change {
  readonly kind: 'change';
  readonly id: number;
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
  readonly format: string;
}

/** Ends a question. */
export interface Kill {
  readonly kind: 'kill';
  readonly id: number;
}

export type ToWorker = Call | Question | Change | Kill;

/**
 * The outcome of the call or question `id`; 0 is the start itself. `refused`: the statement does more than it
 * may. `absent`: there is no engine for this machine.
 */
export type Answer =
  | { readonly id: number; readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly kind: 'done'; readonly confined?: boolean }
  | {
      readonly id: number;
      readonly kind: 'failed';
      readonly message: string;
      readonly code: string;
      readonly type: string;
    }
  | { readonly id: number; readonly kind: 'refused'; readonly message: string }
  | { readonly id: number; readonly kind: 'absent'; readonly message: string };
