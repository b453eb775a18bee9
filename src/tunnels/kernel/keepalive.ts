/**
 * Cisco's GRE keepalives: a packet through the tunnel that the other end sends back by decapsulating and
 * routing it. It contains an IP packet from the remote to us whose GRE has protocol type 0.
 */

import type { OuterPacket } from '../../model/outer-packet.js';
import { setU16, setU32, u16, u32 } from '../../wire/bytes.js';
import { checksum } from '../../wire/checksum.js';
import { GRE_KEY, GRE_PROTO_KEEPALIVE, greHeaderLength } from '../../wire/tunnel/gre.js';
import { ETH_P_IP, ETH_P_IPV6 } from '../packet/inner-packet.js';
import type { Tunnel } from './tunnel.js';

const IPPROTO_GRE = 47;
const TTL = 64;

/**
 * Writes a keepalive's inner packet: IP from the remote to us, and empty GRE with the tunnel's key. @returns
 * its length.
 */
export function emitKeepalive(t: Tunnel, source: Uint8Array, b: Uint8Array, o: number): number {
  const key = t.config.ikey !== null && !t.erspan;
  const gre = key ? 8 : 4;
  let p: number;
  if (t.ipv6) {
    p = o + 40;
    setU32(b, o, 0x60000000);
    setU16(b, o + 4, gre);
    b[o + 6] = IPPROTO_GRE;
    b[o + 7] = TTL;
    b.set(t.config.remote, o + 8);
    b.set(source, o + 24);
  } else {
    p = o + 20;
    b.fill(0, o, p);
    b[o] = 0x45;
    setU16(b, o + 2, 20 + gre);
    b[o + 8] = TTL;
    b[o + 9] = IPPROTO_GRE;
    b.set(t.config.remote, o + 12);
    b.set(source, o + 16);
    setU16(b, o + 10, checksum(b, o, p));
  }
  setU16(b, p, key ? GRE_KEY : 0);
  setU16(b, p + 2, GRE_PROTO_KEEPALIVE);
  if (key) setU32(b, p + 4, t.config.ikey ?? 0);
  return p + gre - o;
}

/**
 * Whether the inner packet at `at` is a keepalive of the other end, to be sent back: GRE with protocol type 0
 * from us to it.
 */
export function isKeepaliveRequest(
  t: Tunnel,
  b: Uint8Array,
  at: number,
  end: number,
  protocol: number,
): boolean {
  if (t.ethernet || t.remoteAny) return false;
  if (protocol === ETH_P_IP && !t.ipv6) {
    const gre = at + 20;
    if (gre + 4 > end || b[at] !== 0x45 || b[at + 9] !== IPPROTO_GRE) return false;
    return u16(b, gre + 2) === GRE_PROTO_KEEPALIVE && between(t, b, at + 12, at + 16);
  }
  if (protocol === ETH_P_IPV6 && t.ipv6) {
    const gre = at + 40;
    if (gre + 4 > end || b[at + 6] !== IPPROTO_GRE) return false;
    return u16(b, gre + 2) === GRE_PROTO_KEEPALIVE && between(t, b, at + 8, at + 24);
  }
  return false;
}

/** From us to the remote: nobody can make us send under another's address. */
function between(t: Tunnel, b: Uint8Array, source: number, destination: number): boolean {
  return same(b, destination, t.config.remote) && (t.localAny || same(b, source, t.config.local));
}

/** Whether the packet is the answer to a keepalive of tunnel `t`. */
export function isKeepaliveAnswer(t: Tunnel, p: OuterPacket): boolean {
  if (t.ipv6 !== (p.ipVersion === 6) || !same(p.bytes, p.source, t.config.remote)) return false;
  if (!t.localAny && !same(p.bytes, p.destination, t.config.local)) return false;
  const flags = u16(p.bytes, p.gre);
  if (p.gre + greHeaderLength(flags) > p.end) return false;
  const key = (flags & GRE_KEY) !== 0 ? u32(p.bytes, p.gre + greHeaderLength(flags & ~0x1000) - 4) : null;
  return key === t.config.ikey;
}

function same(b: Uint8Array, o: number, address: Uint8Array): boolean {
  for (let i = 0; i < address.length; i++) if (b[o + i] !== address[i]) return false;
  return true;
}
