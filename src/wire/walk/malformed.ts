/**
 * Why bytes from the network were passed over: one small number and one word a reason. The words are what
 * counters, logs and the NDJSON of packets say; docs/reference has a line for each.
 *
 * Outer reasons are about what carries a mirrored frame (nothing can be said of the frame itself); inner
 * reasons are about the frame, which is still counted with whatever was known of it before the bad header.
 */
export const Malformed = {
  None: 0,

  /** The link-layer header before the outer IP packet is cut off or unknown. */
  LinkHeader: 1,
  /** Outer IPv4 or IPv6: wrong version, header or total length, or cut within the header. */
  IpHeader: 2,
  /** An outer fragment that contradicts those before it, or whose end lies beyond 65535 bytes. */
  IpFragment: 3,
  /** Less GRE than a header with these flags needs (gre_demux: 12 bytes at least). */
  GreShort: 4,
  /** A version other than 0 and 1. */
  GreVersion: 5,
  /** Source routing (R), which the kernel refuses as well. */
  GreRouting: 6,
  GreChecksum: 7,
  /** WCCP with GRE flags set, which the kernel does not take for WCCP. */
  GreProtocol: 8,
  /** The ERSPAN header is cut off, or what stands in its place in a Mellanox mirror. */
  ErspanShort: 9,
  /** Version field and GRE protocol type contradict each other. */
  ErspanVersion: 10,
  /** ERSPAN type III with a frame type that is neither Ethernet nor IP. */
  ErspanFrameType: 11,
  /** PPTP (GRE version 1) with wrong flags or protocol type, or a payload length beyond the packet. */
  Pptp: 12,
  /** Cisco metadata header cut off or longer than the packet. */
  CiscoMetadata: 13,
  WccpShort: 14,
  /** Outer fragments were given up (timeout, bounds). */
  Reassembly: 15,

  /** The frame ends within its first header. */
  FrameShort: 32,
  Ethernet: 33,
  Vlan: 34,
  Llc: 35,
  Mpls: 36,
  Pppoe: 37,
  Ppp: 38,
  Arp: 39,
  /** The nibble where an IP version belongs is neither 4 nor 6, or not the one announced. */
  IpVersion: 40,
  /** IPv4 header length below 20 bytes or beyond the packet. */
  Ipv4HeaderLength: 41,
  /** IPv4 total length shorter than the header. */
  Ipv4TotalLength: 42,
  /** An IPv6 extension header longer than the packet, or more of them than anyone sends. */
  Ipv6Extension: 43,
  /** TCP data offset below 5 or beyond the packet. */
  TcpOffset: 44,
  /** UDP length below 8 or beyond the IP packet. */
  UdpLength: 45,
  /** Less than a header's worth of transport in a packet that is whole. */
  TransportShort: 46,
  /** More layers than are walked. */
  TooManyLayers: 47,
  Ieee80211: 48,
  /** 802.11 payload that is encrypted. */
  Ieee80211Protected: 49,
  Vxlan: 50,
  Geneve: 51,
  InnerGre: 52,
  InnerErspan: 53,
  /** AH with a length beyond the packet. */
  Ah: 54,
  /** A tag of a switch (VN-tag, E-tag, I-tag, FabricPath, TTag, Arista's, HSR, R-tag) that the frame ends in. */
  FabricTag: 55,
  Nsh: 56,
  Macsec: 57,
  Gtpu: 58,
  EtherIp: 59,
} as const;

export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** The word for each code, indexed by it; '' where there is none. */
export const MALFORMED_NAMES: readonly string[] = names();

function names(): string[] {
  const words = new Array<string>(64).fill('');
  for (const [key, code] of Object.entries(Malformed)) {
    if (code !== 0) words[code] = key.replace(/(?<=[a-z0-9])([A-Z])/g, '_$1').toLowerCase();
  }
  return words;
}
