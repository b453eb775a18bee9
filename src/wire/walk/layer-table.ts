/**
 * Every layer of a frame, a row each: its word, and the numbers by which other headers announce it. The
 * tables by which the walk looks a number up are made from the rows. CONTRIBUTING.md says how to add a layer.
 */
import { IpProtocol } from '../ip/ip-protocol.js';
import { EtherType } from '../link/ethertypes.js';
import { MPLS_IN_UDP_PORT } from '../link/mpls.js';
import { PppProtocol } from '../link/ppp.js';
import { GENEVE_PORT } from '../tunnel/geneve.js';
import {
  GRE_IN_UDP_PORT,
  GRE_PROTO_ERSPAN,
  GRE_PROTO_ERSPAN3,
  GRE_PROTO_MELLANOX,
  GRE_PROTO_WCCP,
} from '../tunnel/gre.js';
import { GTPU_PORT } from '../tunnel/gtpu.js';
import { NextProtocol } from '../tunnel/nsh.js';
import type { OverlayKind } from '../tunnel/overlay-kinds.js';
import { VXLAN_LINUX_PORT, VXLAN_PORT } from '../tunnel/vxlan.js';
import { VXLAN_GPE_PORT } from '../tunnel/vxlan-gpe.js';
import { Layer } from './layers.js';

/** A layer, and what announces it. A number belongs to one layer. */
export interface LayerRow {
  /** Its word in the NDJSON of packets. */
  readonly word: string;
  /** EtherTypes, in GRE too. The first becomes the frame's where a next protocol announces the layer. */
  readonly etherTypes?: readonly number[];
  /** GRE's protocol types that are no EtherTypes: read together with GRE. */
  readonly greProtocols?: readonly number[];
  readonly pppProtocols?: readonly number[];
  /** Next protocols of NSH and VXLAN-GPE. */
  readonly nextProtocols?: readonly number[];
  /** IP protocols of a payload, which is read together with its IP header. */
  readonly ipProtocols?: readonly number[];
  /** IP protocols of a tunnel, whose carrier remains if it turns out to be none. */
  readonly ipTunnels?: readonly number[];
  /** A tunnel in UDP: its kind, for which ports can be configured, and its well-known ports. */
  readonly overlay?: OverlayKind;
  readonly udpPorts?: readonly number[];
}

export const LAYERS = {
  Ethernet: {
    word: 'ethernet',
    etherTypes: [EtherType.Teb],
    nextProtocols: [NextProtocol.Ethernet],
    ipTunnels: [IpProtocol.Ethernet],
  },
  Vlan: {
    word: 'vlan',
    etherTypes: [EtherType.Vlan, EtherType.ProviderBridging, EtherType.Vlan9100],
  },
  VnTag: { word: 'vntag', etherTypes: [EtherType.VnTag] },
  ETag: { word: 'etag', etherTypes: [EtherType.ETag] },
  TTag: { word: 'ttag', etherTypes: [EtherType.TTag] },
  Hsr: { word: 'hsr', etherTypes: [EtherType.Hsr] },
  RTag: { word: 'rtag', etherTypes: [EtherType.RTag] },
  AristaTimestamp: {
    word: 'arista_timestamp',
    etherTypes: [EtherType.Arista],
  },
  CiscoMetadata: {
    word: 'cisco_metadata',
    etherTypes: [EtherType.CiscoMetadata],
  },
  Macsec: { word: 'macsec', etherTypes: [EtherType.Macsec] },
  Pbb: { word: 'pbb', etherTypes: [EtherType.ProviderBackbone] },
  FabricPath: {
    word: 'fabricpath',
    etherTypes: [EtherType.FabricPath],
  },
  Llc: { word: 'llc', etherTypes: [EtherType.JumboLlc] },
  Snap: { word: 'snap' },
  Ieee80211: { word: 'ieee80211' },
  Mpls: {
    word: 'mpls',
    etherTypes: [EtherType.Mpls, EtherType.MplsMulticast],
    pppProtocols: [PppProtocol.Mpls, PppProtocol.MplsMulticast],
    nextProtocols: [NextProtocol.Mpls],
    ipTunnels: [IpProtocol.MplsInIp],
    overlay: 'mpls',
    udpPorts: [MPLS_IN_UDP_PORT],
  },
  Nsh: { word: 'nsh', etherTypes: [EtherType.Nsh], nextProtocols: [NextProtocol.Nsh] },
  PppoeDiscovery: {
    word: 'pppoe_discovery',
    etherTypes: [EtherType.PppoeDiscovery],
  },
  Pppoe: { word: 'pppoe', etherTypes: [EtherType.Pppoe] },
  Ppp: { word: 'ppp', etherTypes: [EtherType.Ppp] },
  Arp: { word: 'arp', etherTypes: [EtherType.Arp, EtherType.Rarp] },

  Ipv4: {
    word: 'ipv4',
    etherTypes: [EtherType.Ipv4],
    pppProtocols: [PppProtocol.Ipv4],
    nextProtocols: [NextProtocol.Ipv4],
    ipTunnels: [IpProtocol.Ipip],
  },
  Ipv6: {
    word: 'ipv6',
    etherTypes: [EtherType.Ipv6],
    pppProtocols: [PppProtocol.Ipv6],
    nextProtocols: [NextProtocol.Ipv6],
    ipTunnels: [IpProtocol.Ipv6],
  },
  Fragment: { word: 'fragment' },
  Ah: { word: 'ah', ipProtocols: [IpProtocol.Ah] },
  Esp: { word: 'esp', ipProtocols: [IpProtocol.Esp] },
  Tcp: { word: 'tcp', ipProtocols: [IpProtocol.Tcp] },
  Udp: { word: 'udp', ipProtocols: [IpProtocol.Udp] },
  Sctp: { word: 'sctp', ipProtocols: [IpProtocol.Sctp] },
  Icmp: { word: 'icmp', ipProtocols: [IpProtocol.Icmp] },
  Icmp6: { word: 'icmp6', ipProtocols: [IpProtocol.Icmp6] },
  Igmp: { word: 'igmp', ipProtocols: [IpProtocol.Igmp] },
  Ospf: { word: 'ospf', ipProtocols: [IpProtocol.Ospf] },
  Pim: { word: 'pim', ipProtocols: [IpProtocol.Pim] },
  Other: { word: 'other' },

  Gre: {
    word: 'gre',
    ipTunnels: [IpProtocol.Gre],
    overlay: 'gre',
    udpPorts: [GRE_IN_UDP_PORT],
  },
  Erspan1: { word: 'erspan1' },
  Erspan2: { word: 'erspan2', greProtocols: [GRE_PROTO_ERSPAN] },
  Erspan3: { word: 'erspan3', greProtocols: [GRE_PROTO_ERSPAN3] },
  Mellanox: { word: 'mellanox', greProtocols: [GRE_PROTO_MELLANOX] },
  Wccp: { word: 'wccp', greProtocols: [GRE_PROTO_WCCP] },
  Vxlan: {
    word: 'vxlan',
    overlay: 'vxlan',
    udpPorts: [VXLAN_PORT, VXLAN_LINUX_PORT],
  },
  VxlanGpe: {
    word: 'vxlan_gpe',
    overlay: 'vxlan-gpe',
    udpPorts: [VXLAN_GPE_PORT],
  },
  Geneve: { word: 'geneve', overlay: 'geneve', udpPorts: [GENEVE_PORT] },
  Gtpu: { word: 'gtpu', overlay: 'gtpu', udpPorts: [GTPU_PORT] },
  EtherIp: { word: 'etherip', ipTunnels: [IpProtocol.EtherIp] },
} as const satisfies Record<keyof typeof Layer, LayerRow>;

type Rows = typeof LAYERS;
/** The names of layers that are read in a step of their own; the others are read with what carries them. */
export type AnnouncedLayer = {
  [Name in keyof Rows]: Rows[Name] extends
    | { etherTypes: unknown }
    | { pppProtocols: unknown }
    | { nextProtocols: unknown }
    | { ipTunnels: unknown }
    | { overlay: unknown }
    ? Name
    : never;
}[keyof Rows];

/** The rows, each with its code. */
export const LAYER_ROWS: readonly (LayerRow & { readonly code: Layer })[] = Object.entries<LayerRow>(
  LAYERS,
).map(([name, row]) => ({
  ...row,
  code: Layer[name as keyof typeof Layer],
}));

/** The words for layers, indexed by their code: `layers` in the NDJSON of packets. */
export const LAYER_NAMES: readonly string[] = byCode('', (row) => row.word);
/** The EtherType of each layer, indexed by its code; 0 without one. */
export const ETHER_TYPE_OF_LAYER = Uint16Array.from(byCode(0, (row) => row.etherTypes?.[0] ?? 0));

// A layer's code by the number that announces it, 0 for all others: arrays, so that a lookup is one load.
export const LAYER_OF_ETHER_TYPE = byNumber(65536, (row) => row.etherTypes);
export const LAYER_OF_GRE_PROTOCOL = byNumber(65536, (row) => row.greProtocols);
export const LAYER_OF_PPP_PROTOCOL = byNumber(65536, (row) => row.pppProtocols);
export const LAYER_OF_NEXT_PROTOCOL = byNumber(256, (row) => row.nextProtocols);
export const LAYER_OF_IP_PROTOCOL = byNumber(256, (row) => row.ipProtocols);
export const TUNNEL_OF_IP_PROTOCOL = byNumber(256, (row) => row.ipTunnels);

function byCode<T>(none: T, value: (row: LayerRow) => T): T[] {
  const values = [none];
  for (const row of LAYER_ROWS) values[row.code] = value(row);
  return values;
}

function byNumber(size: number, numbers: (row: LayerRow) => readonly number[] | undefined): Uint8Array {
  const layers = new Uint8Array(size);
  for (const row of LAYER_ROWS) for (const n of numbers(row) ?? []) layers[n] = row.code;
  return layers;
}
