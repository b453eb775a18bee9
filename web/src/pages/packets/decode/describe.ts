/** Who describes which layer of the walk. */
import { Layer } from '../../../../../src/wire/walk/layers.js';
import type { Kind, Sheet } from './layer.js';
import * as link from './link.js';
import * as net from './net.js';
import { sctp, udp } from './transport.js';
import * as tunnel from './tunnel.js';

export interface Description {
  readonly kind: Kind;
  readonly name: string;
  readonly describe: (s: Sheet) => void;
}

/** What is a payload, and described by whoever reads applications. */
const payload = (): void => undefined;
const row = (kind: Kind, name: string, describe: (s: Sheet) => void): Description => ({
  kind,
  name,
  describe,
});

/** All layers but TCP, which is described with the numbers of its conversation. */
export const DESCRIPTIONS: Readonly<Record<Layer, Description>> = {
  [Layer.Ethernet]: row('link', 'Ethernet', link.ethernet),
  [Layer.Vlan]: row('tag', '802.1Q', link.vlan),
  [Layer.Llc]: row('link', 'LLC', link.llc),
  [Layer.Snap]: row('link', 'SNAP', link.snap),
  [Layer.Mpls]: row('tunnel', 'MPLS', link.mpls),
  [Layer.PppoeDiscovery]: row('tunnel', 'PPPoE discovery', link.pppoe),
  [Layer.Pppoe]: row('tunnel', 'PPPoE', link.pppoe),
  [Layer.Ppp]: row('link', 'PPP', link.ppp),
  [Layer.Arp]: row('net', 'ARP', link.arp),
  [Layer.Ipv4]: row('net', 'IPv4', net.ipv4),
  [Layer.Ipv6]: row('net', 'IPv6', net.ipv6),
  [Layer.Tcp]: row('transport', 'TCP', payload),
  [Layer.Udp]: row('transport', 'UDP', udp),
  [Layer.Sctp]: row('transport', 'SCTP', sctp),
  [Layer.Icmp]: row('transport', 'ICMP', net.icmp),
  [Layer.Icmp6]: row('transport', 'ICMPv6', net.icmp6),
  [Layer.Igmp]: row('transport', 'IGMP', net.igmp),
  [Layer.Ospf]: row('transport', 'OSPF', net.ospf),
  [Layer.Pim]: row('transport', 'PIM', net.pim),
  [Layer.Esp]: row('transport', 'ESP', net.esp),
  [Layer.Ah]: row('net', 'AH', net.ah),
  [Layer.Gre]: row('tunnel', 'GRE', tunnel.gre),
  [Layer.Erspan1]: row('tunnel', 'ERSPAN I', tunnel.erspan1),
  [Layer.Erspan2]: row('tunnel', 'ERSPAN II', tunnel.erspan2),
  [Layer.Erspan3]: row('tunnel', 'ERSPAN III', tunnel.erspan3),
  [Layer.Vxlan]: row('tunnel', 'VXLAN', tunnel.vxlan),
  [Layer.Geneve]: row('tunnel', 'GENEVE', tunnel.geneve),
  [Layer.Ieee80211]: row('link', '802.11', link.ieee80211),
  [Layer.CiscoMetadata]: row('tag', 'Cisco metadata', link.ciscoMetadata),
  [Layer.Wccp]: row('tunnel', 'WCCP', tunnel.wccp),
  [Layer.Fragment]: row('transport', 'Fragment', net.fragment),
  [Layer.Other]: row('app', 'Data', payload),
  [Layer.VnTag]: row('tag', 'VN-tag', link.vnTag),
  [Layer.ETag]: row('tag', 'E-tag', link.eTag),
  [Layer.Pbb]: row('tunnel', 'Provider backbone', link.pbb),
  [Layer.FabricPath]: row('tunnel', 'FabricPath', link.fabricPath),
  [Layer.Mellanox]: row('tunnel', 'Mellanox', tunnel.mellanox),
  [Layer.TTag]: row('tag', 'TTag', link.tTag),
  [Layer.AristaTimestamp]: row('tag', 'Arista timestamp', link.aristaTimestamp),
  [Layer.Hsr]: row('tag', 'HSR', link.hsr),
  [Layer.RTag]: row('tag', 'R-tag', link.rTag),
  [Layer.Nsh]: row('tunnel', 'NSH', tunnel.nsh),
  [Layer.Macsec]: row('tag', 'MACsec', link.macsec),
  [Layer.VxlanGpe]: row('tunnel', 'VXLAN-GPE', tunnel.vxlanGpe),
  [Layer.Gtpu]: row('tunnel', 'GTP-U', tunnel.gtpu),
  [Layer.EtherIp]: row('tunnel', 'EtherIP', tunnel.etherIp),
};
