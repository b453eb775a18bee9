/**
 * Detects, at any depth, a packet from the device that the same tunnel has sent: the route to the remote
 * leads into the tunnel. The kernel sees this from the route's device (ip_tunnel_xmit: collisions); here the
 * addresses show it.
 */
import { u16 } from '../../wire/bytes.js';
import { greHeaderLength } from '../../wire/tunnel/gre.js';
import { ETH_P_IP, ETH_P_IPV6, type InnerPacket } from '../packet/inner-packet.js';
import type { Destination } from './destination.js';

const IPPROTO_GRE = 47;
const IPPROTO_DSTOPTS = 60;
/** Linux: XMIT_RECURSION_LIMIT. */
const MAX_DEPTH = 8;

/** @param to the tunnel's remote and its own address; `ipv6`: of IPv6. */
export function isLoop(p: InnerPacket, ipv6: boolean, to: Destination): boolean {
  const { source, sourceAt, remote, remoteAt } = to;
  const b = p.bytes;
  let n = p.network;
  let protocol = p.protocol;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    let gre: number;
    if (protocol === ETH_P_IP) {
      if (n + 20 > p.end || b[n + 9] !== IPPROTO_GRE) return false;
      if (!ipv6 && same(b, n + 12, source, sourceAt, 4) && same(b, n + 16, remote, remoteAt, 4)) return true;
      gre = n + (b[n] & 0x0f) * 4;
    } else if (protocol === ETH_P_IPV6) {
      if (n + 48 > p.end) return false;
      const options = b[n + 6] === IPPROTO_DSTOPTS ? 8 * (b[n + 41] + 1) : 0;
      if ((options > 0 ? b[n + 40] : b[n + 6]) !== IPPROTO_GRE) return false;
      if (ipv6 && same(b, n + 8, source, sourceAt, 16) && same(b, n + 24, remote, remoteAt, 16)) return true;
      gre = n + 40 + options;
    } else return false;
    if (gre + 4 > p.end) return false;
    protocol = u16(b, gre + 2);
    n = gre + greHeaderLength(u16(b, gre));
  }
  return true;
}

function same(b: Uint8Array, o: number, address: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (b[o + i] !== address[at + i]) return false;
  return true;
}
