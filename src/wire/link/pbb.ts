/**
 * The I-tag of provider backbone bridging (EtherType 0x88e7; IEEE 802.1ah, now 802.1Q section 9.7):
 * priority(3) drop-eligible(1) use-customer-address(1) reserved(3) service id(24). The customer's whole
 * Ethernet frame follows.
 */
import { SHORT, setU24, u24 } from '../bytes.js';

export const PBB_LENGTH = 4;

export class PbbTag {
  priority = 0;
  dropEligible = 0;
  useCustomerAddress = 0;
  reserved = 0;
  /** I-SID. */
  service = 0;
}

/** @returns the tag's length (4), or SHORT. */
export function parsePbb(b: Uint8Array, o: number, end: number, t: PbbTag): number {
  if (end - o < PBB_LENGTH) return SHORT;
  t.priority = b[o] >>> 5;
  t.dropEligible = (b[o] >>> 4) & 1;
  t.useCustomerAddress = (b[o] >>> 3) & 1;
  t.reserved = b[o] & 7;
  t.service = u24(b, o + 1);
  return PBB_LENGTH;
}

export function emitPbb(t: PbbTag, b: Uint8Array, o: number): number {
  b[o] = (t.priority << 5) | (t.dropEligible << 4) | (t.useCustomerAddress << 3) | t.reserved;
  setU24(b, o + 1, t.service);
  return PBB_LENGTH;
}
