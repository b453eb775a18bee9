/** Bounds of one question to the store. */

export interface QuestionLimits {
  /** Seconds, including the time its reader takes. */
  readonly seconds: number;
  /** Bytes of the engine's memory. */
  readonly memory: number;
  /** Rows and bytes read from tables. */
  readonly rows: number;
  readonly bytes: number;
}

/** The longest time that can be configured for a question, seconds. */
export const LONGEST_QUESTION = 86_400;

export const QUESTION_DEFAULTS: QuestionLimits = {
  seconds: 30,
  memory: 1e9,
  rows: 10e9,
  bytes: 1e12,
};
