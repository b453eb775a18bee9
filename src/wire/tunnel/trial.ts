/**
 * The packet that a host sends to itself to see whether GRE arrives: GRE without options, with the EtherType
 * that IEEE 802 reserves for local experiments and a random token as payload.
 *
 *     0 flags and version: 0 | 2 protocol type: 0x88b5 | 4 token
 */
import { setU16, u16 } from '../bytes.js';
import { GRE_BASE_LENGTH } from './gre.js';

/** IEEE Std 802: Local Experimental Ethertype 1. */
export const ETHERTYPE_EXPERIMENTAL = 0x88b5;
/** Bytes of a token: 128 bits, which cannot be guessed. */
export const TRIAL_TOKEN_LENGTH = 16;
export const TRIAL_LENGTH = GRE_BASE_LENGTH + TRIAL_TOKEN_LENGTH;

/** Writes the GRE packet at `o`. @returns bytes written */
export function emitTrial(b: Uint8Array, o: number, token: Uint8Array): number {
  setU16(b, o, 0);
  setU16(b, o + 2, ETHERTYPE_EXPERIMENTAL);
  b.set(token, o + GRE_BASE_LENGTH);
  return TRIAL_LENGTH;
}

/** Whether the bytes from `o` up to `end` are the GRE packet with that token. */
export function isTrial(b: Uint8Array, o: number, end: number, token: Uint8Array): boolean {
  if (end - o !== TRIAL_LENGTH || u16(b, o) !== 0 || u16(b, o + 2) !== ETHERTYPE_EXPERIMENTAL) return false;
  for (let i = 0; i < TRIAL_TOKEN_LENGTH; i++) if (b[o + GRE_BASE_LENGTH + i] !== token[i]) return false;
  return true;
}
