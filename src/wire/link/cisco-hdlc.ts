/**
 * Cisco HDLC (RFC 1547 section 4.3.1), what routers have on serial lines:
 *
 *     0 address: 0x0F one station, 0x8F all (1) | 1 control: 0 (1) | 2 EtherType (2)
 */
export const CISCO_HDLC_LENGTH = 4;
/** Offset of the EtherType. */
export const CISCO_HDLC_TYPE = 2;

const UNICAST = 0x0f;
const MULTICAST = 0x8f;

/** Whether bytes that may be PPP are Cisco HDLC: no PPP protocol begins with its addresses. */
export function isCiscoHdlc(b: Uint8Array, o: number, end: number): boolean {
  return end - o >= CISCO_HDLC_LENGTH && (b[o] === UNICAST || b[o] === MULTICAST) && b[o + 1] === 0;
}
