/** The address pairs of tunnels: the first fragment of an incomplete packet is only checked against these. */

import type { OuterPacket } from '../../model/outer-packet.js';
import { u32 } from '../../wire/bytes.js';
import type { Tunnel } from './tunnel.js';

const ANY = 0;

/**
 * The ends of tunnels, by their folded addresses: four lookups, whatever the number of tunnels. It may say
 * yes if IPv6 addresses fold alike, but never no if there is a tunnel.
 */
export class TunnelEnds {
  /** Per IP version: by remote, how many tunnels have a local address. */
  private readonly ipv4 = new Map<number, Map<number, number>>();
  private readonly ipv6 = new Map<number, Map<number, number>>();

  add(t: Tunnel): void {
    this.count(t, 1);
  }

  remove(t: Tunnel): void {
    this.count(t, -1);
  }

  /** Whether there is a tunnel between a packet's addresses, seen from its destination. */
  between(p: OuterPacket): boolean {
    const ends = p.ipVersion === 6 ? this.ipv6 : this.ipv4;
    if (ends.size === 0) return false;
    const length = p.ipVersion === 6 ? 16 : 4;
    const remote = folded(p.bytes, p.source, length);
    const local = folded(p.bytes, p.destination, length);
    return hasLocal(ends.get(remote), local) || hasLocal(ends.get(ANY), local);
  }

  private count(t: Tunnel, by: number): void {
    const ends = t.ipv6 ? this.ipv6 : this.ipv4;
    const { local, remote } = t.config;
    // Packets to a group may have any source (Linux: ip_tunnel_lookup).
    const group = t.remoteMulticast;
    const from = group || t.remoteAny ? ANY : folded(remote, 0, remote.length);
    const to = group ? folded(remote, 0, remote.length) : t.localAny ? ANY : folded(local, 0, local.length);
    const locals = ends.get(from) ?? new Map<number, number>();
    const now = (locals.get(to) ?? 0) + by;
    if (now > 0) locals.set(to, now);
    else locals.delete(to);
    if (locals.size > 0) ends.set(from, locals);
    else ends.delete(from);
  }
}

function hasLocal(locals: Map<number, number> | undefined, local: number): boolean {
  return locals !== undefined && (locals.has(local) || locals.has(ANY));
}

function folded(b: Uint8Array, o: number, length: number): number {
  let all = 0;
  for (let i = 0; i < length; i += 4) all ^= u32(b, o + i);
  return all >>> 0;
}
