/**
 * The tunnels, and the way of every GRE packet of version 0 into them.
 *
 * For a capture: `const table = new TunnelTable(); table.add(parseTunnelSpec(spec))` for each, pass the table
 * to the demux as its GreReceiver, and at the end print `tunnelObject(t)` for each of `table.tunnels()`.
 */

import type { GreReceiver, OuterPacket } from '../../model/outer-packet.js';
import type { TunnelRecord } from '../../model/tunnel-record.js';
import { u16, u32 } from '../../wire/bytes.js';
import { GRE_BASE_LENGTH, GRE_KEY, GRE_PROTO_KEEPALIVE, greHeaderLength } from '../../wire/tunnel/gre.js';
import { BAD_CHECKSUM, BAD_HEADER } from '../packet/gre-header.js';
import { formatAddress, isAny } from '../spec/address.js';
import { type TunnelConfig, TunnelConfigError } from '../spec/config.js';
import { Counter, namedCounters } from './counters.js';
import { TunnelEnds } from './ends.js';
import { IpGre, PACKET_RCVD, PACKET_REJECT, type PacketFate } from './ip-gre.js';
import { Ip6Gre } from './ip6-gre.js';
import { REFUSED_COUNT, Refused } from './refused.js';
import { noDevice, Tunnel, type TunnelDevice } from './tunnel.js';

/** Linux: GREPROTO_CISCO; gre_demux reads seven bits of version, of which GRE has three. */
const GREPROTO_CISCO = 0;
const VERSION_BITS = 0x7f;
/** Packets with less GRE than this never reach a tunnel (Linux: gre_rcv of gre_demux.c). */
const GRE_DEMUX_LENGTH = 12;

export class TunnelTable implements GreReceiver {
  private readonly ipGre: IpGre;
  private readonly ip6Gre: Ip6Gre;
  private readonly byName = new Map<string, Tunnel>();
  private readonly ends = new TunnelEnds();

  /** @param refused counts of packets that no tunnel took, see {@link Refused}. */
  constructor(
    device: TunnelDevice = noDevice,
    private readonly refused: Float64Array = new Float64Array(REFUSED_COUNT),
  ) {
    this.ipGre = new IpGre(device);
    this.ip6Gre = new Ip6Gre(device);
  }

  /**
   * Adds a tunnel.
   *
   * @param link the interface index of its `dev`, 0 for none.
   * @throws TunnelConfigError if its name, or its addresses with its key, are taken.
   */
  add(config: TunnelConfig, link = 0, counters?: Float64Array): Tunnel {
    const t = new Tunnel(config, link, counters);
    this.put(t);
    return t;
  }

  /**
   * Puts a tunnel in, as it is: also one that was taken away.
   *
   * @throws TunnelConfigError as {@link add}
   */
  put(t: Tunnel): void {
    const { name } = t.config;
    if (this.byName.has(name)) {
      throw new TunnelConfigError('name', `tunnel ${name}: there is a tunnel of this name already`);
    }
    const net = t.ipv6 ? this.ip6Gre : this.ipGre.net(t);
    const twin = net.find(t);
    if (twin !== undefined) {
      throw new TunnelConfigError(
        'remote',
        `tunnel ${name}: tunnel ${twin.config.name} has the same local, remote and key; ` +
          'give one a key or another',
      );
    }
    net.add(t);
    this.byName.set(name, t);
    this.ends.add(t);
  }

  /** Removes a tunnel; its packets belong to no tunnel from now on. */
  remove(name: string): Tunnel | undefined {
    const t = this.byName.get(name);
    if (t === undefined) return undefined;
    (t.ipv6 ? this.ip6Gre : this.ipGre.net(t)).remove(t);
    this.byName.delete(name);
    this.ends.remove(t);
    return t;
  }

  get(name: string): Tunnel | undefined {
    return this.byName.get(name);
  }

  get size(): number {
    return this.byName.size;
  }

  /** In the order they were added. */
  tunnels(): IterableIterator<Tunnel> {
    return this.byName.values();
  }

  rcv(p: OuterPacket): boolean {
    const fate = this.demux(p);
    if (fate === PACKET_REJECT) this.refused[Refused.noTunnel]++;
    else if (fate === BAD_HEADER) this.refused[Refused.header]++;
    else if (fate === BAD_CHECKSUM) this.refused[Refused.checksum]++;
    return fate === PACKET_RCVD;
  }

  mayOwn(p: OuterPacket): boolean {
    return this.ends.between(p);
  }

  /** Linux: gre_rcv of gre_demux.c, for IPv4 only; IPv6 goes directly to ip6_gre.c. */
  private demux(p: OuterPacket): PacketFate {
    if (this.byName.size === 0) return PACKET_REJECT;
    if (p.ipVersion === 6) return this.ip6Gre.greRcv(p);
    if (p.end - p.gre < GRE_DEMUX_LENGTH) return BAD_HEADER;
    if ((p.bytes[p.gre + 1] & VERSION_BITS) !== GREPROTO_CISCO) return BAD_HEADER;
    return this.ipGre.greRcv(p);
  }

  /**
   * The tunnel of an ICMP error, from our outer packet that it quotes (Linux: gre_err of ip_gre.c and
   * ip6gre_err of ip6_gre.c). The quote may have only 8 bytes of GRE; a key beyond them is unknown, and so is
   * the tunnel.
   */
  quoted(p: OuterPacket): Tunnel | null {
    const b = p.bytes;
    if (p.end - p.gre < GRE_BASE_LENGTH) return null;
    const flags = u16(b, p.gre);
    const proto = u16(b, p.gre + 2);
    // Only the fields up to the key must be present.
    const needed = greHeaderLength(flags & (0xc000 | GRE_KEY));
    if (p.end - p.gre < needed) return null;
    const key = (flags & GRE_KEY) !== 0 ? u32(b, p.gre + needed - 4) : 0;
    return this.owner(p, flags, key, proto);
  }

  private owner(p: OuterPacket, flags: number, key: number, proto: number): Tunnel | null {
    for (const t of this.byName.values()) {
      if (t.ipv6 !== (p.ipVersion === 6)) continue;
      if ((t.config.okey !== null && !t.erspan) !== ((flags & GRE_KEY) !== 0)) continue;
      if (!t.erspan && (t.config.okey ?? 0) !== key) continue;
      if (!sameOrAny(t.config.local, t.localAny, p.bytes, p.source)) continue;
      if (!sameOrAny(t.config.remote, t.remoteAny, p.bytes, p.destination)) continue;
      if (proto === GRE_PROTO_KEEPALIVE || t.sends(proto)) return t;
    }
    return null;
  }
}

function sameOrAny(address: Uint8Array, any: boolean, b: Uint8Array, o: number): boolean {
  if (any) return true;
  for (let i = 0; i < address.length; i++) if (address[i] !== b[o + i]) return false;
  return true;
}

/**
 * One tunnel as `read --ndjson tunnels` and `status --json` print it: its identity, then the kernel's
 * counters.
 */
export function tunnelObject(t: Tunnel): Record<string, string | number | null> {
  return {
    name: t.config.name,
    mode: t.config.mode,
    local: addressText(t.config.local),
    remote: addressText(t.config.remote),
    key: t.config.ikey,
    ...namedCounters(t.counters),
  };
}

/** `any`, or the address in text form. */
export function addressText(address: Uint8Array): string {
  return isAny(address) ? 'any' : formatAddress(address);
}

/** Fills the record with the tunnel and the increase of its counters since `before`, which is updated. */
export function fillTunnelRecord(
  t: Tunnel,
  minute: number,
  before: Float64Array,
  record: TunnelRecord,
): void {
  record.minute = minute;
  record.name = t.config.name;
  record.mode = t.config.mode;
  mapped(t.config.local, t.localAny, record.local);
  mapped(t.config.remote, t.remoteAny, record.remote);
  record.key = t.config.ikey;
  const since = (at: number) => t.counters[at] - before[at];
  record.rxPackets = since(Counter.rxPackets);
  record.rxBytes = since(Counter.rxBytes);
  record.rxErrors = since(Counter.rxErrors);
  record.rxDropped = since(Counter.rxDropped);
  record.multicast = since(Counter.multicast);
  record.rxLengthErrors = since(Counter.rxLengthErrors);
  record.rxCrcErrors = since(Counter.rxCrcErrors);
  record.rxFrameErrors = since(Counter.rxFrameErrors);
  record.rxFifoErrors = since(Counter.rxFifoErrors);
  record.txPackets = since(Counter.txPackets);
  record.txBytes = since(Counter.txBytes);
  record.txErrors = since(Counter.txErrors);
  record.txDropped = since(Counter.txDropped);
  record.txAbortedErrors = since(Counter.txAbortedErrors);
  record.txCarrierErrors = since(Counter.txCarrierErrors);
  record.collisions = since(Counter.collisions);
  before.set(t.counters);
}

/** An address in 16 bytes: IPv4 as ::ffff:a.b.c.d, any as ::. */
function mapped(address: Uint8Array, any: boolean, into: Uint8Array): void {
  into.fill(0);
  if (any) return;
  if (address.length === 4) into[10] = into[11] = 0xff;
  into.set(address, 16 - address.length);
}
