/**
 * Juniper's packet mirroring (jmirror, UDP port 30030): intercept id (4), session id (4), then an IP packet,
 * or PPP with address and control. No field says which of them; the first bytes do.
 */
import { SHORT, setU32, u16, u32 } from '../bytes.js';
import { EtherType } from '../link/ethertypes.js';

export const JMIRROR_LENGTH = 8;

export class JmirrorHeader {
  /** Which interception it belongs to. */
  intercept = 0;
  /** Which subscriber's session is mirrored. */
  session = 0;
}

/** @returns the header's length (8), or SHORT. */
export function parseJmirror(b: Uint8Array, o: number, end: number, h: JmirrorHeader): number {
  if (end - o < JMIRROR_LENGTH) return SHORT;
  h.intercept = u32(b, o);
  h.session = u32(b, o + 4);
  return JMIRROR_LENGTH;
}

export function emitJmirror(h: JmirrorHeader, b: Uint8Array, o: number): number {
  setU32(b, o, h.intercept);
  setU32(b, o + 4, h.session);
  return JMIRROR_LENGTH;
}

/** PPP's address and control in HDLC-like framing (RFC 1662 section 3.1). */
const PPP_FRAMING = 0xff03;

/**
 * What lies behind the header, at `o`, as a GRE protocol type: IP of either version (IPv4's), PPP, 0 for
 * anything else.
 */
export function jmirrorType(b: Uint8Array, o: number, end: number): number {
  if (end - o < 2) return 0;
  const version = b[o] >>> 4;
  if (version === 4 || version === 6) return EtherType.Ipv4;
  return u16(b, o) === PPP_FRAMING ? EtherType.Ppp : 0;
}
