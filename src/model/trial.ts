/** What a collector answers to the command `trial`, see collector/trials.ts. */

/** What the asker is told first: which receiver there is, and for raw sockets the token, in hexadecimal. */
export interface TrialBegun {
  readonly receiver: 'raw' | 'ring' | 'none';
  readonly token?: string;
}
