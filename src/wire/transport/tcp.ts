/**
 * TCP (RFC 9293 section 3.1): ports, sequence, acknowledgment, data offset(4) reserved(4) flags(8), window,
 * checksum, urgent pointer, options.
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const TCP_BASE_LENGTH = 20;
export const TCP_SEQUENCE = 4;
export const TCP_ACKNOWLEDGMENT = 8;
export const TCP_DATA_OFFSET = 12;
export const TCP_FLAGS = 13;
export const TCP_WINDOW = 14;
export const TCP_CHECKSUM = 16;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;
export const TCP_ECE = 0x40;
export const TCP_CWR = 0x80;

export class TcpHeader {
  sourcePort = 0;
  destinationPort = 0;
  sequence = 0;
  acknowledgment = 0;
  /** Header length in bytes, options included: 20 to 60, a multiple of 4. */
  headerLength = TCP_BASE_LENGTH;
  /** The four bits between data offset and flags. */
  reserved = 0;
  flags = 0;
  window = 0;
  checksum = 0;
  urgent = 0;
}

/** @returns the header's length; SHORT; BAD for a data offset below 5. */
export function parseTcp(b: Uint8Array, o: number, end: number, h: TcpHeader): number {
  if (end - o < TCP_BASE_LENGTH) return SHORT;
  const length = (b[o + TCP_DATA_OFFSET] >>> 4) << 2;
  if (length < TCP_BASE_LENGTH) return BAD;
  if (end - o < length) return SHORT;
  h.sourcePort = u16(b, o);
  h.destinationPort = u16(b, o + 2);
  h.sequence = u32(b, o + TCP_SEQUENCE);
  h.acknowledgment = u32(b, o + TCP_ACKNOWLEDGMENT);
  h.headerLength = length;
  h.reserved = b[o + TCP_DATA_OFFSET] & 0x0f;
  h.flags = b[o + TCP_FLAGS];
  h.window = u16(b, o + TCP_WINDOW);
  h.checksum = u16(b, o + TCP_CHECKSUM);
  h.urgent = u16(b, o + 18);
  return length;
}

/**
 * Writes the header at `o`. The checksum is written as it stands: see setTransportChecksum. With a header
 * length over 20 the caller writes the options at `o + 20`.
 *
 * @returns bytes written, options not included.
 */
export function emitTcp(h: TcpHeader, b: Uint8Array, o: number): number {
  setU16(b, o, h.sourcePort);
  setU16(b, o + 2, h.destinationPort);
  setU32(b, o + TCP_SEQUENCE, h.sequence);
  setU32(b, o + TCP_ACKNOWLEDGMENT, h.acknowledgment);
  b[o + TCP_DATA_OFFSET] = ((h.headerLength >>> 2) << 4) | h.reserved;
  b[o + TCP_FLAGS] = h.flags;
  setU16(b, o + TCP_WINDOW, h.window);
  setU16(b, o + TCP_CHECKSUM, h.checksum);
  setU16(b, o + 18, h.urgent);
  return TCP_BASE_LENGTH;
}
