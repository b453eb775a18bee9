/** What a process and the one that holds chDB for it (worker.ts) say to each other. */
import { MirrorlakeError } from '../../model/errors.js';
import type { QuestionLimits } from '../../model/question-limits.js';
import type { Owner } from './owner.js';

/** How long an insert that is under way holds up the end of the engine, milliseconds. */
export const INSERT_PATIENCE = 2_000;
/** The longest answer of a statement that is no SELECT: it is collected. */
export const SMALL_ANSWER = 16 << 20;

/** What the worker is begun with, as JSON in its only argument. */
export interface WorkerOptions {
  /** The data directory, which exists. */
  readonly data: string;
  /** Bytes of memory that the engine may take. */
  readonly memory: number;
}

/** What the starter (starter.ts) is begun with, as JSON in its only argument. */
export interface StarterOptions {
  readonly worker: string;
  readonly options: WorkerOptions;
  /** Files and directories that the engine may read, and write. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** The user and group to become, where this process is root and the data is not root's. */
  readonly owner: Owner | undefined;
}

/** A statement of ours, run in turn with the others. */
export interface Call {
  readonly query: string;
  /** The output format, where the statement names none. */
  readonly format: string;
}

/** A statement of somebody else's: judged, held to limits, run beside everything else. */
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
 * What the engine understands. Calls and changes are answered in pieces, questions into their FIFOs. They fail with
 * StatementRefused for what asks for more than it may, else with EngineFailure.
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
