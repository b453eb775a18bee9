import { u16le, u32le } from '../little-endian.js';

/** Bytes of SMB 1's header (MS-CIFS 2.2.3.1): protocol 4, command 1, status 4, flags 1 … */
export const SMB1_HEADER_BYTES = 32;
export const Smb1Command = { Negotiate: 0x72, SessionSetup: 0x73 } as const;

const REPLY = 0x80;
/** A dialect of an NEGOTIATE: its format (1 byte), then text that ends with 0. */
const DIALECT = 0x02;
/** `SMB 2.`, as in `SMB 2.002` and `SMB 2.???` (MS-SMB2 2.2.3, 3.2.4.2.2.1). */
const SMB_2 = [0x53, 0x4d, 0x42, 0x20, 0x32, 0x2e];

export function smb1Status(b: Uint8Array, o: number): number {
  return u32le(b, o + 5);
}

export function isSmb1Reply(b: Uint8Array, o: number): boolean {
  return (b[o + 9] & REPLY) !== 0;
}

/** Whether a NEGOTIATE at `o` offers SMB 2 among its dialects: then an SMB 2 response may answer it. */
export function offersSmb2(b: Uint8Array, o: number, end: number): boolean {
  let p = o + SMB1_HEADER_BYTES + 1;
  if (p + 2 > end) return false;
  const stop = Math.min(end, p + 2 + u16le(b, p));
  for (p += 2; p < stop && b[p] === DIALECT; p++) {
    const from = p + 1;
    while (p < stop && b[p] !== 0) p++;
    if (p - from >= SMB_2.length && startsSmb2(b, from)) return true;
  }
  return false;
}

function startsSmb2(b: Uint8Array, o: number): boolean {
  for (let i = 0; i < SMB_2.length; i++) if (b[o + i] !== SMB_2[i]) return false;
  return true;
}
