/** Words for numbers of the registries (IANA, IEEE) that headers name what follows by. */
import { EtherType } from '../../../../../src/wire/link/ethertypes.js';
import { hex } from './words.js';

const ETHER_TYPES: ReadonlyMap<number, string> = new Map(
  Object.entries(EtherType).map(([name, type]) => [type, name]),
);
/** Names that are written otherwise than in the table. */
const WRITTEN: Readonly<Record<string, string>> = {
  Ipv4: 'IPv4',
  Ipv6: 'IPv6',
  Arp: 'ARP',
  Rarp: 'RARP',
  Vlan: '802.1Q',
  ProviderBridging: '802.1ad',
  Vlan9100: 'VLAN, 0x9100',
  Teb: 'Ethernet',
  Ppp: 'PPP',
  Mpls: 'MPLS',
  MplsMulticast: 'MPLS multicast',
  Lldp: 'LLDP',
  Macsec: 'MACsec',
  Eapol: 'EAPOL',
  Ptp: 'PTP',
  Pppoe: 'PPPoE',
  PppoeDiscovery: 'PPPoE discovery',
  Slow: 'slow protocols (LACP)',
  FlowControl: 'flow control',
};

/** `IPv4 (0x0800)`. */
export function etherTypeWords(type: number): string {
  const name = ETHER_TYPES.get(type);
  return name === undefined ? hex(type, 4) : `${WRITTEN[name] ?? name} (${hex(type, 4)})`;
}

/** An EtherType, or the length of 802.3. */
export function typeOrLength(value: number): string {
  return value <= 1500 ? `length ${value}` : etherTypeWords(value);
}

const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'hop-by-hop options',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  43: 'routing header',
  44: 'fragment header',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  59: 'nothing',
  60: 'destination options',
  88: 'EIGRP',
  89: 'OSPF',
  97: 'EtherIP',
  103: 'PIM',
  112: 'VRRP',
  115: 'L2TP',
  132: 'SCTP',
  135: 'mobility header',
  137: 'MPLS',
  139: 'HIP',
  140: 'Shim6',
  143: 'Ethernet',
};

export function ipProtocolWords(protocol: number): string {
  const name = IP_PROTOCOLS[protocol];
  return name === undefined ? String(protocol) : `${name} (${protocol})`;
}

const ECN = ['not capable', 'capable (1)', 'capable (0)', 'congestion met'];

/** DSCP and ECN of a traffic class. */
export function trafficClass(n: number): string {
  return `DSCP ${n >> 2}, ECN ${ECN[n & 3]!}`;
}

const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: 'echo reply',
  3: 'destination unreachable',
  4: 'source quench',
  5: 'redirect',
  8: 'echo request',
  9: 'router advertisement',
  10: 'router solicitation',
  11: 'time exceeded',
  12: 'parameter problem',
  13: 'timestamp request',
  14: 'timestamp reply',
};
const UNREACHABLE: Readonly<Record<number, string>> = {
  0: 'network',
  1: 'host',
  2: 'protocol',
  3: 'port',
  4: 'fragmentation needed',
  9: 'network prohibited',
  10: 'host prohibited',
  13: 'prohibited by a filter',
};
const ICMP6_TYPES: Readonly<Record<number, string>> = {
  1: 'destination unreachable',
  2: 'packet too big',
  3: 'time exceeded',
  4: 'parameter problem',
  128: 'echo request',
  129: 'echo reply',
  130: 'multicast listener query',
  131: 'multicast listener report',
  132: 'multicast listener done',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbor solicitation',
  136: 'neighbor advertisement',
  137: 'redirect',
  143: 'multicast listener report, version 2',
};
const UNREACHABLE6: Readonly<Record<number, string>> = {
  0: 'no route',
  1: 'prohibited by a filter',
  3: 'address',
  4: 'port',
};

/** `destination unreachable: port`. */
export function icmpWords(version: 4 | 6, type: number, code: number): string {
  const types = version === 4 ? ICMP_TYPES : ICMP6_TYPES;
  const word = types[type] ?? `type ${type}`;
  if (version === 4 && type === 3) return `${word}: ${UNREACHABLE[code] ?? `code ${code}`}`;
  if (version === 6 && type === 1) return `${word}: ${UNREACHABLE6[code] ?? `code ${code}`}`;
  return code === 0 ? word : `${word}, code ${code}`;
}
