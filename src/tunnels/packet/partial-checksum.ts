/**
 * TCP and UDP checksums that are not filled in yet. Linux leaves them to the network card (CHECKSUM_PARTIAL),
 * and so does its GRE device. On a wire a card fills them in, but over a veth pair to a container, or after
 * the kernel's own receive offload (gre_offload.c, which joins TCP segments inside GRE before raw sockets see
 * them), packets arrive without. The field then holds the sum of the pseudo header. The kernel's own tunnels
 * know it from a packet's metadata, which raw sockets do not pass on; the field is the only evidence.
 */
import { u16 } from '../../wire/bytes.js';
import { foldChecksum, sumWords } from '../../wire/checksum.js';
import { GENEVE_PORT } from '../../wire/tunnel/geneve.js';
import { GRE_PROTO_TEB, GRE_ROUTING, GRE_VERSION, greHeaderLength } from '../../wire/tunnel/gre.js';
import { VXLAN_LINUX_PORT, VXLAN_PORT } from '../../wire/tunnel/vxlan.js';
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from './inner-packet.js';

const IPPROTO_HOPOPTS = 0;
const IPPROTO_IPIP = 4;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;
const IPPROTO_ROUTING = 43;
const IPPROTO_GRE = 47;
const IPPROTO_DSTOPTS = 60;
/** IP headers and tunnels within tunnels that are searched. */
const MAX_DEPTH = 4;
const MAX_EXTENSIONS = 8;
const TUNNEL_HEADER = 8;

/** The result of {@link findPartialChecksum}, as offsets into the packet's bytes. Reused for every packet. */
export class PartialChecksum {
  /** The IP header, the transport header, and the payload of TCP or UDP. */
  network = 0;
  transport = 0;
  payload = 0;
  /** Offset of the checksum in the transport header. */
  field = 0;
  ipv4 = false;
  tcp = false;
  /** It belongs to a transport header within a tunnel. */
  nested = false;
}

/**
 * Whether a packet has a TCP or UDP checksum that is only the sum of the pseudo header, possibly within
 * another tunnel (VXLAN, GENEVE, GRE, IP in IP), and where. One packet in 65536 has one by chance, which only
 * means that its checksum is not verified.
 *
 * @param at what follows the Ethernet header, or the IP header if there is none.
 * @param protocol EtherType of what is at `at`.
 */
export function findPartialChecksum(
  b: Uint8Array,
  at: number,
  end: number,
  protocol: number,
  found: PartialChecksum,
): boolean {
  let n = at;
  let type = protocol;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    while ((type === ETH_P_8021Q || type === ETH_P_8021AD) && n + 4 <= end) {
      type = u16(b, n + 2);
      n += 4;
    }
    let next: number;
    let t: number;
    let stop: number;
    if (type === ETH_P_IP) {
      if (n + 20 > end || b[n] >>> 4 !== 4 || (u16(b, n + 6) & 0x3fff) !== 0) return false;
      t = n + (b[n] & 0x0f) * 4;
      stop = n + u16(b, n + 2);
      next = b[n + 9];
    } else if (type === ETH_P_IPV6) {
      if (n + 40 > end || b[n] >>> 4 !== 6) return false;
      t = n + 40;
      stop = t + u16(b, n + 4);
      next = b[n + 6];
      for (let i = 0; i < MAX_EXTENSIONS && isExtension(next) && t + 8 <= end; i++) {
        next = b[t];
        t += 8 * (b[t + 1] + 1);
      }
    } else return false;
    if (stop > end || t + TUNNEL_HEADER > stop) return false;
    found.network = n;
    found.transport = t;
    found.ipv4 = type === ETH_P_IP;
    found.nested = depth > 0;
    switch (next) {
      case IPPROTO_TCP:
        found.tcp = true;
        found.field = 16;
        if (t + 20 > stop) return false;
        found.payload = t + (b[t + 12] >>> 4) * 4;
        return pseudoHeader(b, found, next, stop - t) === u16(b, t + 16);
      case IPPROTO_UDP:
        found.tcp = false;
        found.field = 6;
        found.payload = t + 8;
        if (pseudoHeader(b, found, next, u16(b, t + 4)) === u16(b, t + 6)) return true;
        n = udpTunnel(b, t, stop);
        if (n < 0) return false;
        type = u16(b, n - 2);
        break;
      case IPPROTO_IPIP:
        n = t;
        type = ETH_P_IP;
        break;
      case IPPROTO_IPV6:
        n = t;
        type = ETH_P_IPV6;
        break;
      case IPPROTO_GRE: {
        const flags = u16(b, t);
        if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return false;
        type = u16(b, t + 2);
        n = t + greHeaderLength(flags);
        if (type !== GRE_PROTO_TEB) break;
        n += ETH_HLEN;
        if (n > stop) return false;
        type = u16(b, n - 2);
        break;
      }
      default:
        return false;
    }
  }
  return false;
}

function isExtension(next: number): boolean {
  return next === IPPROTO_HOPOPTS || next === IPPROTO_ROUTING || next === IPPROTO_DSTOPTS;
}

/** Sum of the pseudo header, folded: never 0 (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1). */
function pseudoHeader(b: Uint8Array, p: PartialChecksum, protocol: number, length: number): number {
  const n = p.network;
  const sum = p.ipv4 ? sumWords(b, n + 12, n + 20) : sumWords(b, n + 8, n + 40);
  return ~foldChecksum(sum + protocol + length) & 0xffff;
}

/** What follows the Ethernet header in VXLAN or GENEVE over the UDP header at `t`, -1 if it is neither. */
function udpTunnel(b: Uint8Array, t: number, stop: number): number {
  const port = u16(b, t + 2);
  let n = t + 8 + TUNNEL_HEADER + ETH_HLEN;
  if (port === GENEVE_PORT && t + 16 <= stop) {
    if (u16(b, t + 10) !== GRE_PROTO_TEB) return -1;
    n += (b[t + 8] & 0x3f) * 4;
  } else if (port !== VXLAN_PORT && port !== VXLAN_LINUX_PORT) return -1;
  return n <= stop ? n : -1;
}
