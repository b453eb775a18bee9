/** A trial packet that a raw receiver looks out for, and keeps from being counted and decoded. */
import { isTrial } from '../wire/tunnel/trial.js';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

export interface Trial {
  /** {@link TRIAL_TOKEN_LENGTH} random bytes. */
  readonly token: Uint8Array;
  /** Called once per packet that has arrived. */
  readonly arrived: (version: 4 | 6) => void;
}

/** Whether the IP packet from `at` up to `end` is the trial's; if so, reports it. */
export function takeTrial(trial: Trial, b: Uint8Array, at: number, end: number): boolean {
  const version = b[at] >>> 4 === 4 ? 4 : 6;
  if (!isTrial(b, at + (version === 4 ? IPV4_HEADER : IPV6_HEADER), end, trial.token)) return false;
  trial.arrived(version);
  return true;
}
