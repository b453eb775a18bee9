/** What one question may take of the store before it is ended. */

export interface QuestionLimits {
  /** Seconds, waiting for whoever reads the answer included. */
  readonly seconds: number;
  /** Bytes of the engine's memory. */
  readonly memory: number;
  /** Rows and bytes read from tables. */
  readonly rows: number;
  readonly bytes: number;
}

/** The longest that a question may be given, seconds. */
export const LONGEST_QUESTION = 86_400;

export const QUESTION_DEFAULTS: QuestionLimits = {
  seconds: 30,
  memory: 1e9,
  rows: 10e9,
  bytes: 1e12,
};
