/** The layers of a frame, and what a frame can start with. */

/** The deepest stack of layers that is decoded; deeper ones are payload. */
export const MAX_LAYERS = 32;
/** The largest number of VLAN ids kept per frame. */
export const MAX_VLANS = 8;
/** A frame without VXLAN and GENEVE. */
export const NO_VNI = -1;

/** The layers in `Frame.layerKind`, 1 to 60: Step goes on behind them. layer-table.ts has a row each. */
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
  VnTag: 33,
  ETag: 34,
  Pbb: 35,
  FabricPath: 36,
  Mellanox: 37,
  TTag: 38,
  AristaTimestamp: 39,
  Hsr: 40,
  RTag: 41,
  Nsh: 42,
  Macsec: 43,
  VxlanGpe: 44,
  Gtpu: 45,
  EtherIp: 46,
} as const;
export type Layer = (typeof Layer)[keyof typeof Layer];

/** What a frame starts with, for {@link decodeFrame}. */
export const FrameKind = { Ethernet: 1, Ip: 2, Ppp: 3, EtherType: 4, Ieee80211: 5, Amsdu: 6 } as const;
