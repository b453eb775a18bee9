/**
 * Packets that look like a mirror's, of an input that is not listed: somebody may have forgotten it. Only
 * packets that are no mirrored traffic come here, and only those to a well-known port are looked at.
 */
import { GRE_DTLS_PORT, UDP_INPUT_KINDS, UDP_INPUT_PORTS, type UdpInputKind } from '../model/inputs.js';
import type { OuterPacket } from '../model/outer-packet.js';
import { u16 } from '../wire/bytes.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE } from '../wire/link/ethernet.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { isVlanType } from '../wire/link/vlan.js';
import { UDP_LENGTH } from '../wire/transport/udp.js';
import { GENEVE_BASE_LENGTH } from '../wire/tunnel/geneve.js';
import { GRE_BASE_LENGTH, GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3, GRE_ROUTING } from '../wire/tunnel/gre.js';
import { ERM_LENGTH } from '../wire/tunnel/hp-erm.js';
import { JMIRROR_LENGTH, jmirrorType } from '../wire/tunnel/jmirror.js';
import { TZSP_BASE_LENGTH, TZSP_VERSION, TzspType } from '../wire/tunnel/tzsp.js';
import { VXLAN_FLAG_I, VXLAN_LENGTH } from '../wire/tunnel/vxlan.js';

/** `gre-dtls`: GRE in DTLS in UDP, which nobody can read. */
export type UnlistedKind = 'gre' | UdpInputKind | 'gre-dtls';

export interface Unlisted {
  readonly kind: UnlistedKind;
  /** 0 for GRE directly in IP. */
  readonly port: number;
  readonly packets: number;
}

/** Its name in a sentence. */
export const UNLISTED_WORDS: Readonly<Record<UnlistedKind, string>> = {
  gre: 'GRE',
  vxlan: 'VXLAN',
  'vxlan-gpe': 'VXLAN-GPE',
  geneve: 'GENEVE',
  'gre-udp': 'GRE in UDP',
  tzsp: 'TZSP',
  jmirror: "Juniper's jmirror",
  erm: "HP's ERM",
  'gre-dtls': 'GRE in DTLS',
};

const KINDS: readonly UnlistedKind[] = ['gre', ...UDP_INPUT_KINDS, 'gre-dtls'];
const GRE = 0;
const DTLS = KINDS.length - 1;
/** DTLS record types (change cipher spec to heartbeat), and the first byte of its versions. */
const DTLS_TYPES = [20, 24] as const;
const DTLS_VERSION = 0xfe;

export class UnlistedMirrors {
  private readonly packets = new Float64Array(KINDS.length);

  /** Counts a packet of GRE. */
  gre(): void {
    this.packets[GRE]++;
  }

  /**
   * Counts a datagram if it looks like a mirror's.
   *
   * @param packet its `gre` is the offset of the UDP header
   */
  datagram(packet: OuterPacket): void {
    const { bytes: b, gre: udp, end } = packet;
    if (end - udp < UDP_LENGTH) return;
    const kind = kindOf(b, u16(b, udp + 2), udp + UDP_LENGTH, end);
    if (kind > 0) this.packets[kind]++;
  }

  /** Those that came. */
  list(): Unlisted[] {
    return KINDS.flatMap((kind, i) =>
      this.packets[i] > 0 ? [{ kind, port: portOf(kind), packets: this.packets[i] }] : [],
    );
  }
}

function portOf(kind: UnlistedKind): number {
  if (kind === 'gre') return 0;
  return kind === 'gre-dtls' ? GRE_DTLS_PORT : UDP_INPUT_PORTS[kind];
}

/** What a payload, from `o` up to `end`, to a UDP port looks like: an index in KINDS, 0 for nothing known. */
function kindOf(b: Uint8Array, port: number, o: number, end: number): number {
  switch (port) {
    case UDP_INPUT_PORTS.vxlan:
      return (b[o] & VXLAN_FLAG_I) !== 0 && isEthernet(b, o + VXLAN_LENGTH, end) ? kind('vxlan') : 0;
    case UDP_INPUT_PORTS['vxlan-gpe']:
      // Version 0 with a network id, and the next protocol or Ethernet.
      return end - o > VXLAN_LENGTH && (b[o] & 0xf8) === VXLAN_FLAG_I ? kind('vxlan-gpe') : 0;
    case UDP_INPUT_PORTS.geneve:
      return end - o > GENEVE_BASE_LENGTH && b[o] >>> 6 === 0 && isCarried(u16(b, o + 2))
        ? kind('geneve')
        : 0;
    case UDP_INPUT_PORTS['gre-udp']:
      return end - o > GRE_BASE_LENGTH && isGre(b, o) ? kind('gre-udp') : 0;
    case GRE_DTLS_PORT:
      return end - o > 2 && b[o] >= DTLS_TYPES[0] && b[o] <= DTLS_TYPES[1] && b[o + 1] === DTLS_VERSION
        ? DTLS
        : 0;
    case UDP_INPUT_PORTS.tzsp:
      return end - o > TZSP_BASE_LENGTH && b[o] === TZSP_VERSION && b[o + 1] < TzspType.Keepalive
        ? kind('tzsp')
        : 0;
    case UDP_INPUT_PORTS.jmirror:
      return jmirrorType(b, o + JMIRROR_LENGTH, end) !== 0 ? kind('jmirror') : 0;
    case UDP_INPUT_PORTS.erm:
      return isEthernet(b, o + ERM_LENGTH, end) ? kind('erm') : 0;
    default:
      return 0;
  }
}

function kind(word: UdpInputKind): number {
  return KINDS.indexOf(word);
}

/** Whether there is an Ethernet frame with what most of them carry. */
function isEthernet(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < ETHERNET_LENGTH) return false;
  const type = u16(b, o + ETHERNET_TYPE);
  return type === EtherType.Ipv4 || type === EtherType.Ipv6 || type === EtherType.Arp || isVlanType(type);
}

/** GRE protocol types of mirrors. */
function isCarried(protocol: number): boolean {
  return protocol === EtherType.Teb || protocol === EtherType.Ipv4 || protocol === EtherType.Ipv6;
}

function isGre(b: Uint8Array, o: number): boolean {
  if ((u16(b, o) & (GRE_ROUTING | 0x0fff)) !== 0) return false;
  const protocol = u16(b, o + 2);
  return isCarried(protocol) || protocol === GRE_PROTO_ERSPAN || protocol === GRE_PROTO_ERSPAN3;
}
