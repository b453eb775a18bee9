/**
 * Why a packet is malformed: one small number and one word per reason. Counters, logs and the NDJSON of
 * packets use the words; docs/reference has a line for each.
 *
 * Outer reasons concern the encapsulation (nothing is known about the frame itself); inner reasons concern
 * the frame, which is still counted with everything known before the bad header.
 */
export const Malformed = {
  None: 0,

  /** The link-layer header before the outer IP packet is cut off or unknown. */
  LinkHeader: 1,
  /** Outer IPv4 or IPv6: wrong version, header or total length, or cut within the header. */
  IpHeader: 2,
  /** An outer fragment that contradicts those before it, or whose end lies beyond 65535 bytes. */
  IpFragment: 3,
  /** Less GRE than a header with these flags needs (gre_demux: at least 12 bytes). */
  GreShort: 4,
  /** A version other than 0 and 1. */
  GreVersion: 5,
  /** Source routing (R), which the kernel refuses as well. */
  GreRouting: 6,
  GreChecksum: 7,
  /** WCCP with GRE flags set, which the kernel does not accept as WCCP. */
  GreProtocol: 8,
  /** The ERSPAN header, or a Mellanox mirror's, is cut off. */
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
  /** The UDP header around a mirrored frame has a length below 8. */
  OuterUdp: 16,
  /** The VXLAN or VXLAN-GPE header around a mirrored frame: cut off, without I, or of another version. */
  OuterVxlan: 17,
  /** The GENEVE header around a mirrored frame: cut off, or of another version. */
  OuterGeneve: 18,
  /** TZSP cut off, of another version or type, or with a radio's header that is neither Prism nor AVS. */
  Tzsp: 19,
  /** Juniper's mirror header cut off, or before something that is neither IP nor PPP. */
  Jmirror: 20,
  /** HP's mirror header cut off. */
  Erm: 21,

  /** The frame ends within its first header. */
  FrameShort: 32,
  Ethernet: 33,
  Vlan: 34,
  Llc: 35,
  Mpls: 36,
  Pppoe: 37,
  Ppp: 38,
  Arp: 39,
  /** The IP version is neither 4 nor 6, or not the one announced. */
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
  /** Less than a transport header in a packet that is complete. */
  TransportShort: 46,
  /** More layers than are decoded. */
  TooManyLayers: 47,
  Ieee80211: 48,
  /** Encrypted 802.11 payload. */
  Ieee80211Protected: 49,
  Vxlan: 50,
  Geneve: 51,
  InnerGre: 52,
  InnerErspan: 53,
  /** AH with a length beyond the packet. */
  Ah: 54,
  /**
   * A frame that ends within a switch's tag (VN-tag, E-tag, I-tag, FabricPath, TTag, Arista's, HSR, R-tag).
   */
  FabricTag: 55,
  Nsh: 56,
  Macsec: 57,
  Gtpu: 58,
  EtherIp: 59,
} as const;

export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** The word for each code, indexed by it; '' for unused codes. */
export const MALFORMED_NAMES: readonly string[] = names();

function names(): string[] {
  const words = new Array<string>(64).fill('');
  for (const [key, code] of Object.entries(Malformed)) {
    if (code !== 0) words[code] = key.replace(/(?<=[a-z0-9])([A-Z])/g, '_$1').toLowerCase();
  }
  return words;
}
