/**
 * BSD loopback (LINKTYPE_NULL): the address family in four bytes, in the byte order of the machine that
 * captured; OpenBSD's (LINKTYPE_LOOP): the same, big endian.
 */
import { BAD, SHORT, setU32, u32 } from '../bytes.js';
import { EtherType } from './ethertypes.js';

export const NULL_LENGTH = 4;
const AF_INET = 2;
/** AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const AF_INET6_LINUX = 10;
const AF_INET6_OPENBSD = 24;
const AF_INET6_FREEBSD = 28;
const AF_INET6_DARWIN = 30;

export class NullHeader {
  family = AF_INET;
  /** 1 when the first byte is the least significant. */
  littleEndian = 0;
}

/** @returns the header's length (4); SHORT; BAD for a family above 255 in either byte order. */
export function parseNull(b: Uint8Array, o: number, end: number, h: NullHeader): number {
  if (end - o < NULL_LENGTH) return SHORT;
  const word = u32(b, o);
  // A family fits in one byte, so the position of that byte tells the byte order.
  h.littleEndian = word > 0xffffff ? 1 : 0;
  h.family = h.littleEndian === 1 ? word >>> 24 : word;
  return h.family > 0xff || (h.littleEndian === 1 && (word & 0xffffff) !== 0) ? BAD : NULL_LENGTH;
}

export function emitNull(h: NullHeader, b: Uint8Array, o: number): number {
  setU32(b, o, h.littleEndian === 1 ? h.family << 24 : h.family);
  return NULL_LENGTH;
}

/** The EtherType of an address family, 0 for one that is not IP. */
export function familyEtherType(family: number): number {
  switch (family) {
    case AF_INET:
      return EtherType.Ipv4;
    case AF_INET6_LINUX:
    case AF_INET6_OPENBSD:
    case AF_INET6_FREEBSD:
    case AF_INET6_DARWIN:
      return EtherType.Ipv6;
    default:
      return 0;
  }
}
