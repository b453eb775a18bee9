/**
 * Finds what is in clear behind a SASL bind, where messages are only signed. They come in buffers: length
 * (4 bytes, high byte first), token (RFC 4422, 3.7).
 */
import { u16, u32 } from '../../wire/bytes.js';

/** The longest buffer: a length of 3 bytes (RFC 4752, 3.1). */
const LONGEST_BUFFER = 0xff_ffff;
export const BUFFER_HEADER_BYTES = 4;
/** Of a wrap token of Kerberos (RFC 4121, 4.2.6.2), and of NTLM's signature (MS-NLMP 2.2.2.9). */
const TOKEN_HEADER_BYTES = 16;
export const SASL_HEADER_BYTES = BUFFER_HEADER_BYTES + TOKEN_HEADER_BYTES;
const SEALED = 2;

/** The length of the buffer that begins at `o`, of which 4 bytes are there; 0 if it is none. */
export function bufferLength(b: Uint8Array, o: number): number {
  const length = u32(b, o);
  return length > TOKEN_HEADER_BYTES && length <= LONGEST_BUFFER ? length : 0;
}

/**
 * Where the messages of a buffer at `o` begin, from there on; 0 if they are encrypted. SASL_HEADER_BYTES are
 * there.
 */
export function clearAt(b: Uint8Array, o: number): number {
  const token = o + BUFFER_HEADER_BYTES;
  if (b[token] === 5 && b[token + 1] === 4) {
    if ((b[token + 2] & SEALED) !== 0) return 0;
    // The checksum stands behind the text, unless rotated before it.
    return SASL_HEADER_BYTES + u16(b, token + 6);
  }
  return b[token] === 1 && b[token + 1] === 0 && b[token + 2] === 0 && b[token + 3] === 0
    ? SASL_HEADER_BYTES
    : 0;
}

/** Bytes behind the messages of such a buffer: the checksum, unless it stands before them. */
export function bytesBehind(b: Uint8Array, o: number): number {
  const token = o + BUFFER_HEADER_BYTES;
  if (b[token] !== 5) return 0;
  const checksum = u16(b, token + 4);
  const rotated = u16(b, token + 6);
  return Math.max(0, checksum - rotated);
}
