/** Builds messages of DTLS (RFC 6347, 4.1 and 4.2). */
import { bytes, u16, u24 } from '../tls/build.js';

/** A record: type, version, epoch, sequence number, length. */
export function record(type: number, epoch: number, ...parts: Uint8Array[]): Uint8Array {
  const content = bytes(...parts);
  return bytes(type, 0xfe, 0xfd, u16(epoch), 0, 0, 0, 0, 0, 1, u16(content.length), content);
}

/** Bytes `from` to `to` of a handshake message's body. */
export function fragment(type: number, body: Uint8Array, from = 0, to = body.length, number = 0): Uint8Array {
  return bytes(type, u24(body.length), u16(number), u24(from), u24(to - from), body.subarray(from, to));
}

export const ENCRYPTED = record(23, 1, new Uint8Array(40));
