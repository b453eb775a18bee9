/** A trial packet that a raw receiver looks out for, and keeps from being counted and decoded. */
import { UDP_LENGTH } from '../wire/transport/udp.js';
import { isTrial } from '../wire/tunnel/trial.js';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

export interface Trial {
  /** {@link TRIAL_TOKEN_LENGTH} random bytes. */
  readonly token: Uint8Array;
  /** Called once per packet that has arrived. @param port its UDP destination port, 0 for GRE */
  readonly arrived: (version: 4 | 6, port: number) => void;
}

/**
 * Whether the IP packet from `at` up to `end` is the trial's; if so, reports it.
 *
 * @param port its UDP destination port, 0 for GRE
 */
export function takeTrial(trial: Trial, b: Uint8Array, at: number, end: number, port = 0): boolean {
  const version = b[at] >>> 4 === 4 ? 4 : 6;
  const payload = at + (version === 4 ? IPV4_HEADER : IPV6_HEADER) + (port === 0 ? 0 : UDP_LENGTH);
  if (!isTrial(b, payload, end, trial.token)) return false;
  trial.arrived(version, port);
  return true;
}
