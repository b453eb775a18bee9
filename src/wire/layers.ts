/** The layers a walk through a frame can meet, and what a walk can start with. */

/** The deepest stack of layers that is walked; what lies deeper is left as payload. */
export const MAX_LAYERS = 32;
/** The most VLAN ids kept for a frame. */
export const MAX_VLANS = 8;

/** Layers as the walk names them, in `Frame.layerKind`. The words are in {@link LAYER_NAMES}. */
export const Layer = {
  Ethernet: 1,
  Vlan: 2,
  Llc: 3,
  Snap: 4,
  Mpls: 5,
  PppoeDiscovery: 6,
  Pppoe: 7,
  Ppp: 8,
  Arp: 9,
  Ipv4: 10,
  Ipv6: 11,
  Tcp: 12,
  Udp: 13,
  Sctp: 14,
  Icmp: 15,
  Icmp6: 16,
  Igmp: 17,
  Ospf: 18,
  Pim: 19,
  Esp: 20,
  Ah: 21,
  Gre: 22,
  Erspan1: 23,
  Erspan2: 24,
  Erspan3: 25,
  Vxlan: 26,
  Geneve: 27,
  Ieee80211: 28,
  CiscoMetadata: 29,
  Wccp: 30,
  Fragment: 31,
  Other: 32,
} as const;

/** What a frame starts with, for {@link decodeFrame}. */
export const FrameKind = { Ethernet: 1, Ip: 2, Ppp: 3, EtherType: 4, Ieee80211: 5, Amsdu: 6 } as const;

/** The words for layers, indexed by their code: `layers` in the NDJSON of packets. */
export const LAYER_NAMES: readonly string[] = [
  '',
  'ethernet',
  'vlan',
  'llc',
  'snap',
  'mpls',
  'pppoe_discovery',
  'pppoe',
  'ppp',
  'arp',
  'ipv4',
  'ipv6',
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmp6',
  'igmp',
  'ospf',
  'pim',
  'esp',
  'ah',
  'gre',
  'erspan1',
  'erspan2',
  'erspan3',
  'vxlan',
  'geneve',
  'ieee80211',
  'cisco_metadata',
  'wccp',
  'fragment',
  'other',
];
