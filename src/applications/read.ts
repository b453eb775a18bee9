/** What a reader says of the bytes of a stream it was given, when it does not say how many a message took. */
export const Read = {
  /** The message goes on: again, when there is more. Not when `d.ending` says that nothing will come. */
  More: 0,
  /** Nobody knows where the next message begins: go on with what this side says after the other spoke. */
  Turn: -1,
  /** Nothing more is wanted of this side. */
  Done: -2,
  /** Nothing more is wanted of the conversation. */
  Over: -3,
} as const;

/** What a reader keeps of one conversation. Objects are reused: `reset` makes one as when it was new. */
export interface State {
  reset(): void;
}

/** Of readers that keep nothing. */
export const STATELESS: State = { reset() {} };
