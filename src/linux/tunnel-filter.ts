/** A socket filter for receivers beside a tunnel service: what belongs to a tunnel need not reach them. */
import { EtherType } from '../wire/link/ethertypes.js';
import { GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3 } from '../wire/tunnel/gre.js';
import { ACCEPT, BpfProgram } from './bpf.js';

/** GRE flags: routing, and the seven bits gre_demux takes for the version; checksum; key. */
const NOT_A_TUNNELS = 0x4000 | 0x7f;
const GRE_CSUM = 0x8000;
const GRE_KEY = 0x2000;
/** Offset of the network header in a filter's packet (linux/filter.h: SKF_NET_OFF). */
const SKF_NET_OFF = 0xfff00000;
/** Tunnels in the filter; packets of further ones are recognised in the receiver. */
const MAX_TUNNELS = 100;

/** What identifies a tunnel's packets: both addresses, Ethernet or IP inside, and the key, if any. */
export interface TunnelPackets {
  /** 4 or 16 bytes, neither of them any. */
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly ethernet: boolean;
  readonly key: number | null;
}

/**
 * Passes everything except the packets of these tunnels, on a raw socket of protocol 47 (whose packets begin
 * with the IPv4 header, or after the IPv6 header).
 */
export function exceptTunnels(tunnels: readonly TunnelPackets[], ipv6: boolean): Uint8Array {
  const p = new BpfProgram();
  const length = ipv6 ? 16 : 4;
  const network = (offset: number) => (ipv6 ? SKF_NET_OFF + offset : offset);
  const ours = tunnels.filter((t) => t.remote.length === length).slice(0, MAX_TUNNELS);
  ours.forEach((t, i) => {
    const next = `next${i}`;
    matchAddress(p, t.remote, network(ipv6 ? 8 : 12), next);
    matchAddress(p, t.local, network(ipv6 ? 24 : 16), next);
    // X is where GRE starts.
    if (ipv6) p.setX(0);
    else p.loadHeaderLength(0);
    p.loadX('h', 0).jump('jset', NOT_A_TUNNELS, next);
    if (t.key === null) p.jump('jset', GRE_KEY, next);
    else {
      p.jump('jset', GRE_KEY, null, next).jump('jset', GRE_CSUM, `behind${i}`);
      p.loadX('w', 4).goto(`key${i}`);
      p.label(`behind${i}`).loadX('w', 8);
      p.label(`key${i}`).jump('jeq', t.key, null, next);
    }
    p.loadX('h', 2);
    if (t.ethernet) p.jump('jeq', EtherType.Teb, null, next);
    else for (const type of [EtherType.Teb, GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3]) p.jump('jeq', type, next);
    p.answer(0).label(next);
  });
  return p.answer(ACCEPT).assemble();
}

function matchAddress(p: BpfProgram, address: Uint8Array, offset: number, otherwise: string): void {
  const view = new DataView(address.buffer, address.byteOffset);
  for (let word = 0; word < address.length; word += 4) {
    p.load('w', offset + word).jump('jeq', view.getUint32(word), null, otherwise);
  }
}
