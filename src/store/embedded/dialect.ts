/** What a process and the one that holds chDB for it (worker.ts) say to each other. */
import { MirrorlakeError } from '../../model/errors.js';
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
  readonly query: string;
  /** The output format, if the statement names none. */
  readonly format: string;
}

/** Somebody else's statement: judged, limited, and run beside everything else. */
export interface Question {
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
  /** The output format, where the statement names none. */
  readonly format: string;
  readonly color: boolean;
  readonly limits: QuestionLimits;
  /** The FIFO that takes the answer; its name is known to nobody else. */
  readonly fifo: string;
}

/** A statement that may change the store, of whoever owns it: judged, and run in turn with calls. */
export interface Change {
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
  readonly format: string;
}

/**
 * What the engine understands. Calls and changes are answered in pieces, questions into their FIFOs. They
 * fail with StatementRefused for what asks for more than it may, else with EngineFailure.
 */
export type EngineSide = {
  asks: {
    call: (call: Call) => void;
    change: (change: Change) => void;
    question: (question: Question) => void;
  };
  tells: Record<never, never>;
};

/** What the process understands that forked it. */
export type ForkingSide = {
  asks: Record<never, never>;
  tells: {
    /** The directory is open. */
    opened: { readonly confined: boolean };
    /** There is no engine for this machine, and why. */
    absent: string;
  };
};

/** What the engine itself says went wrong. */
export class EngineFailure extends MirrorlakeError {
  override readonly name = 'EngineFailure';

  constructor(
    message: string,
    /** ClickHouse's number for it, '' where there is none. */
    code: string,
    /** ClickHouse's name for it, '' where there is none. */
    readonly type: string,
  ) {
    super(message, code);
  }
}
