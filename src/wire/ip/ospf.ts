/**
 * OSPF: version, type, length (2), router id (4), area id (4), checksum (2), then authentication type (2) and
 * data (8) in version 2 (RFC 2328 appendix A.3.1), or instance id (1) and a zero in version 3 (RFC 5340
 * appendix A.3.1).
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const OSPF2_LENGTH = 24;
export const OSPF3_LENGTH = 16;

export class OspfHeader {
  version = 2;
  /** 1 hello, 2 database description, 3 request, 4 update, 5 acknowledgment. */
  type = 0;
  /** Of the whole packet, bytes. */
  length = 0;
  routerId = 0;
  areaId = 0;
  checksum = 0;
  /** Version 2 only: authentication type, and its data as two words. */
  authentication = 0;
  authenticationHigh = 0;
  authenticationLow = 0;
  /** Version 3 only. */
  instanceId = 0;
}

/** @returns the header's length (24 or 16); SHORT; BAD for another version. */
export function parseOspf(b: Uint8Array, o: number, end: number, h: OspfHeader): number {
  if (end - o < OSPF3_LENGTH) return SHORT;
  h.version = b[o];
  if (h.version !== 2 && h.version !== 3) return BAD;
  h.type = b[o + 1];
  h.length = u16(b, o + 2);
  h.routerId = u32(b, o + 4);
  h.areaId = u32(b, o + 8);
  h.checksum = u16(b, o + 12);
  h.authentication = 0;
  h.authenticationHigh = 0;
  h.authenticationLow = 0;
  h.instanceId = 0;
  if (h.version === 3) {
    h.instanceId = b[o + 14];
    return OSPF3_LENGTH;
  }
  if (end - o < OSPF2_LENGTH) return SHORT;
  h.authentication = u16(b, o + 14);
  h.authenticationHigh = u32(b, o + 16);
  h.authenticationLow = u32(b, o + 20);
  return OSPF2_LENGTH;
}

/** Writes the header at `o`, the checksum as it stands. @returns bytes written. */
export function emitOspf(h: OspfHeader, b: Uint8Array, o: number): number {
  b[o] = h.version;
  b[o + 1] = h.type;
  setU16(b, o + 2, h.length);
  setU32(b, o + 4, h.routerId);
  setU32(b, o + 8, h.areaId);
  setU16(b, o + 12, h.checksum);
  if (h.version === 3) {
    b[o + 14] = h.instanceId;
    b[o + 15] = 0;
    return OSPF3_LENGTH;
  }
  setU16(b, o + 14, h.authentication);
  setU32(b, o + 16, h.authenticationHigh);
  setU32(b, o + 20, h.authenticationLow);
  return OSPF2_LENGTH;
}
