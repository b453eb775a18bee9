/**
 * What Linux puts before a packet that a firewall logs to netlink (LINKTYPE_NFLOG, `tcpdump -i nflog`):
 *
 *     0 address family (1) | 1 version: 0 (1) | 2 resource id (2) | attributes
 *
 * An attribute has its length with this header (2), its type (2), both in the byte order of the host that
 * captured, and ends at a multiple of four bytes (linux/netfilter/nfnetlink_log.h).
 */
import { BAD, SHORT, u16 } from '../bytes.js';

const BASE_LENGTH = 4;
const ATTRIBUTE_LENGTH = 4;
const AF_INET = 2;
const AF_INET6 = 10;
/** The packet, from its IP header. */
const NFULA_PAYLOAD = 9;
/** Linux knows some twenty attributes, each at most once. */
const MAX_ATTRIBUTES = 64;

/** The IP packet is behind this many bytes. @returns SHORT; BAD for other than IP, or without a packet */
export function nflogLength(b: Uint8Array, o: number, end: number): number {
  if (end - o < BASE_LENGTH) return SHORT;
  if ((b[o] !== AF_INET && b[o] !== AF_INET6) || b[o + 1] !== 0) return BAD;
  let p = o + BASE_LENGTH;
  if (end - p < ATTRIBUTE_LENGTH) return SHORT;
  // No attribute before the packet has 256 bytes, and none is empty: the first one tells the byte order.
  const little = b[p] !== 0 && b[p + 1] === 0;
  for (let i = 0; i < MAX_ATTRIBUTES; i++) {
    if (end - p < ATTRIBUTE_LENGTH) return SHORT;
    const length = little ? b[p] | (b[p + 1] << 8) : u16(b, p);
    const type = little ? b[p + 2] | (b[p + 3] << 8) : u16(b, p + 2);
    if (length < ATTRIBUTE_LENGTH) return BAD;
    if (type === NFULA_PAYLOAD) return p + ATTRIBUTE_LENGTH - o;
    p += (length + 3) & ~3;
  }
  return BAD;
}
