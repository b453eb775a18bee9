/** PPPoE (RFC 2516 section 4): version(4)=1 type(4)=1, code, session id (2), length of the payload (2). */
import { BAD, SHORT, setU16, u16 } from '../bytes.js';

export const PPPOE_LENGTH = 6;
export const PPPOE_SESSION_DATA = 0x00;
export const PPPOE_PADI = 0x09;

export class PppoeHeader {
  /** 0 in the session stage; PADI 0x09, PADO 0x07, PADR 0x19, PADS 0x65, PADT 0xa7 in discovery. */
  code = 0;
  session = 0;
  /** Bytes behind this header; Ethernet padding is not in it. */
  length = 0;
}

/** @returns the header's length (6); SHORT; BAD for a version or type other than 1. */
export function parsePppoe(b: Uint8Array, o: number, end: number, h: PppoeHeader): number {
  if (end - o < PPPOE_LENGTH) return SHORT;
  if (b[o] !== 0x11) return BAD;
  h.code = b[o + 1];
  h.session = u16(b, o + 2);
  h.length = u16(b, o + 4);
  return PPPOE_LENGTH;
}

export function emitPppoe(h: PppoeHeader, b: Uint8Array, o: number): number {
  b[o] = 0x11;
  b[o + 1] = h.code;
  setU16(b, o + 2, h.session);
  setU16(b, o + 4, h.length);
  return PPPOE_LENGTH;
}
