/** What a collector answers to the command `trial`, see collector/trials.ts. */

/** What the asker is told first: which receiver there is, and for sockets the token, in hexadecimal. */
export interface TrialBegun {
  readonly receiver: 'raw' | 'ring' | 'none';
  readonly token?: string;
}

/**
 * A packet that arrived, as the answer's body names it: `4` or `6` for GRE over that IP version, `4:4789` for
 * UDP to a port.
 */
export function trialWord(version: 4 | 6, port: number): string {
  return port === 0 ? String(version) : `${version}:${port}`;
}
