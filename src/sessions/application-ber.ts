/** Applications whose messages use ASN.1's basic encoding: LDAP, Kerberos, SNMP. */
import { u16, u32 } from '../wire/bytes.js';

/** A sequence that begins with a version: 1, 2c, 2u or 3 (RFC 1157, RFC 3416, RFC 3412). */
export function isSnmp(b: Uint8Array, o: number, end: number): boolean {
  if (b[o] !== 0x30) return false;
  const version = afterLength(b, o + 1, end);
  return version > 0 && version + 2 < end && u16(b, version) === 0x0201 && b[version + 2] <= 3;
}

/** A Kerberos message in a datagram. */
export function isKerberos(b: Uint8Array, o: number, end: number): boolean {
  return isKerberosTag(b[o]) && afterLength(b, o + 1, end) > 0;
}

/**
 * RFC 4511 section 4.1.1: a sequence with a message id and an operation, whose tag is of the application
 * class.
 */
export function isLdap(b: Uint8Array, o: number, end: number): boolean {
  if (b[o] !== 0x30) return false;
  const id = afterLength(b, o + 1, end);
  if (id < 0 || id + 2 >= end || b[id] !== 2 || b[id + 1] < 1 || b[id + 1] > 4) return false;
  const operation = id + 2 + b[id + 1];
  return operation >= end || (b[operation] & 0xc0) === 0x40;
}

/** RFC 4120 section 5.10: the application tags of requests, answers and errors. */
function isKerberosTag(tag: number): boolean {
  return (tag >= 0x6a && tag <= 0x6f) || tag === 0x7e;
}

/** RFC 4120 section 7.2.2: a length, possibly beyond this segment, and a message of that length. */
export function isKerberosOverTcp(b: Uint8Array, o: number, end: number): boolean {
  const n = end - o;
  if (n < 8 || !isKerberosTag(b[o + 4])) return false;
  const length = u32(b, o);
  const content = afterLength(b, o + 5, end);
  return length + 4 >= n && content > 0 && content - (o + 4) + derLength(b, o + 5) === length;
}

/** Octets of a BER length below 2^32 (ITU-T X.690 section 8.1.3); -1 for others. */
function lengthOctets(b: Uint8Array, o: number): number {
  if (b[o] < 0x80) return 1;
  return b[o] >= 0x81 && b[o] <= 0x84 ? 1 + (b[o] & 7) : -1;
}

/** The offset of the content behind a BER length; -1 if there is no valid length, or it is not here. */
function afterLength(b: Uint8Array, o: number, end: number): number {
  const octets = lengthOctets(b, o);
  return octets < 0 || o + octets >= end ? -1 : o + octets;
}

function derLength(b: Uint8Array, o: number): number {
  if (b[o] < 0x80) return b[o];
  let length = 0;
  for (let i = 1; i < lengthOctets(b, o); i++) length = length * 256 + b[o + i];
  return length;
}
