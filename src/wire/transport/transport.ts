/**
 * The word of the `transport` column: what a conversation speaks above its addresses. docs/reference has the
 * list; a number without its own word is written in one of four ways:
 *
 * - `ip-proto-99`: an IP protocol;
 * - `0x88b5`: an EtherType;
 * - `ppp-0x8049`: a PPP protocol;
 * - `llc-0xf0f0`: LLC's DSAP and SSAP, or a SNAP protocol id.
 */

import { IpProtocol } from '../ip/ip-protocol.js';
import { EtherType } from '../link/ethertypes.js';
import { PppProtocol } from '../link/ppp.js';
import { GRE_PROTO_ERSPAN3 } from '../tunnel/gre.js';

const IP_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [IpProtocol.HopByHop, 'hopopt'],
  [IpProtocol.Icmp, 'icmp'],
  [IpProtocol.Igmp, 'igmp'],
  [IpProtocol.Ipip, 'ipip'],
  [IpProtocol.Tcp, 'tcp'],
  [8, 'egp'],
  [9, 'igp'],
  [IpProtocol.Udp, 'udp'],
  [33, 'dccp'],
  [IpProtocol.Ipv6, 'ipv6'],
  [IpProtocol.Routing, 'ipv6-route'],
  [IpProtocol.Fragment, 'ipv6-frag'],
  [46, 'rsvp'],
  [IpProtocol.Gre, 'gre'],
  [IpProtocol.Esp, 'esp'],
  [IpProtocol.Ah, 'ah'],
  [IpProtocol.Icmp6, 'icmp6'],
  [IpProtocol.NoNext, 'ipv6-nonxt'],
  [IpProtocol.DestinationOptions, 'ipv6-opts'],
  [88, 'eigrp'],
  [IpProtocol.Ospf, 'ospf'],
  [94, 'ipip'],
  [IpProtocol.EtherIp, 'etherip'],
  [IpProtocol.Pim, 'pim'],
  [108, 'ipcomp'],
  [112, 'vrrp'],
  [113, 'pgm'],
  [115, 'l2tp'],
  [124, 'isis'],
  [IpProtocol.Sctp, 'sctp'],
  [133, 'fc'],
  [IpProtocol.Mobility, 'mobility'],
  [136, 'udplite'],
  [IpProtocol.MplsInIp, 'mpls'],
  [IpProtocol.Hip, 'hip'],
  [IpProtocol.Shim6, 'shim6'],
  [IpProtocol.Ethernet, 'ethernet'],
]);

const IP_WORDS: ReadonlySet<string> = new Set(IP_PROTOCOLS.values());

/** Whether the column `transport` may say this of a conversation over IP. */
export function isIpTransport(word: string): boolean {
  return IP_WORDS.has(word) || /^ip-proto-(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/.test(word);
}

const ETHERTYPES: ReadonlyMap<number, string> = new Map([
  // GRE protocol types that are no EtherTypes: RFC 1701's, Cisco's CDP and NHRP (RFC 2332), MikroTik's EoIP,
  // ERSPAN with unreadable frames.
  [0x0004, 'sna'],
  [0x00fe, 'osi'],
  [0x2000, 'cdp'],
  [0x2001, 'nhrp'],
  [0x6400, 'eoip'],
  [0x6559, 'frame-relay'],
  [GRE_PROTO_ERSPAN3, 'erspan'],
  // Payloads of GRE according to RFC 1701, and those of 3GPP2 (A.S0017).
  [0x0600, 'xns'],
  [0x0bad, 'vines'],
  [0x6003, 'decnet'],
  [0x8881, 'cdma2000'],
  [0x88d2, '3gpp2'],
  // Unreadable IP, named by the EtherType.
  [EtherType.Ipv4, 'ipv4'],
  [EtherType.Ipv6, 'ipv6'],
  [EtherType.Arp, 'arp'],
  [EtherType.WakeOnLan, 'wol'],
  [EtherType.Trill, 'trill'],
  [EtherType.Teb, 'ethernet'],
  [EtherType.Rarp, 'rarp'],
  [EtherType.AppleTalk, 'appletalk'],
  [EtherType.Aarp, 'aarp'],
  [EtherType.Vlan, 'vlan'],
  [EtherType.ProviderBridging, 'vlan'],
  [EtherType.Vlan9100, 'vlan'],
  [EtherType.Ipx, 'ipx'],
  [0x8200, 'ieee80211'],
  [EtherType.FlowControl, 'pause'],
  [EtherType.Mpls, 'mpls'],
  [EtherType.MplsMulticast, 'mpls'],
  [EtherType.PppoeDiscovery, 'pppoed'],
  [EtherType.HomePlug, 'homeplug'],
  [EtherType.Eapol, 'eapol'],
  [EtherType.Profinet, 'profinet'],
  [EtherType.Aoe, 'aoe'],
  [EtherType.EtherCat, 'ethercat'],
  [EtherType.Goose, 'goose'],
  [EtherType.Lldp, 'lldp'],
  [EtherType.HomePlugAv, 'homeplug'],
  [EtherType.Mrp, 'mrp'],
  [EtherType.Macsec, 'macsec'],
  [EtherType.ProviderBackbone, 'pbb'],
  [EtherType.Ptp, 'ptp'],
  [EtherType.Cfm, 'cfm'],
  [EtherType.FabricPath, 'fabricpath'],
  [EtherType.VnTag, 'vntag'],
  [EtherType.ETag, 'etag'],
  [EtherType.Fcoe, 'fcoe'],
  [EtherType.CiscoMetadata, 'cmd'],
  [EtherType.Fip, 'fip'],
  [EtherType.Roce, 'roce'],
  [EtherType.Hsr, 'hsr'],
  [EtherType.Prp, 'prp'],
  [EtherType.RTag, 'rtag'],
  [EtherType.Nsh, 'nsh'],
  [EtherType.TTag, 'ttag'],
  [EtherType.Arista, 'arista'],
  [EtherType.Slow, 'lacp'],
  [EtherType.Loopback, 'loop'],
]);

const PPP_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'ppp'],
  [PppProtocol.Ipv4, 'ipv4'],
  [PppProtocol.Ipv6, 'ipv6'],
  [PppProtocol.VanJacobsonCompressed, 'vjc'],
  [PppProtocol.Multilink, 'mlppp'],
  [PppProtocol.Compressed, 'ppp-compressed'],
  [PppProtocol.Ipcp, 'ipcp'],
  [PppProtocol.Ipv6cp, 'ipv6cp'],
  [PppProtocol.Mplscp, 'mplscp'],
  [PppProtocol.Ccp, 'ccp'],
  [PppProtocol.Lcp, 'lcp'],
  [PppProtocol.Pap, 'pap'],
  [PppProtocol.Lqr, 'lqr'],
  [PppProtocol.Chap, 'chap'],
  [PppProtocol.Eap, 'eap'],
]);

/** Frames without an EtherType: DSAP and SSAP, or Cisco's SNAP protocol ids. */
const LLC_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0x0000, 'llc'],
  [0x4242, 'stp'],
  [0xfefe, 'isis'],
  [0xf0f0, 'netbeui'],
  [0xe0e0, 'ipx'],
  [0xffff, 'ipx'],
  [0x0606, 'ipv4'],
  [0xaaaa, 'snap'],
  [0x0102, 'drip'],
  [0x0104, 'pagp'],
  [0x010b, 'pvst'],
  [0x0111, 'udld'],
  [0x2000, 'cdp'],
  [0x2001, 'cgmp'],
  [0x2003, 'vtp'],
  [0x2004, 'dtp'],
]);

/**
 * @param ipVersion 4, 6, or 0 for a conversation without IP; the other three are a Frame's fields of the same
 * names.
 */
export function transportName(
  ipVersion: number,
  protocol: number,
  etherType: number,
  subType: number,
): string {
  if (ipVersion !== 0) return IP_PROTOCOLS.get(protocol) ?? `ip-proto-${protocol}`;
  if (etherType === 0) return LLC_PROTOCOLS.get(subType) ?? `llc-${hex(subType)}`;
  if (etherType === EtherType.Ppp || etherType === EtherType.Pppoe) {
    return PPP_PROTOCOLS.get(subType) ?? `ppp-${hex(subType)}`;
  }
  return ETHERTYPES.get(etherType) ?? hex(etherType);
}

function hex(n: number): string {
  return `0x${n.toString(16).padStart(4, '0')}`;
}
