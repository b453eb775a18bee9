/** The first packet of a mirror, as far as it is known in advance. */

import { IpProtocol } from '../../wire/ip/ip-protocol.js';
import { agreed, type Judgement, onSender } from './judgement.js';
import { IPV4_BITS, type Prefix, prefixesMeet, prefixOf } from './prefix.js';

export type Family = 'ip' | 'ip6';

/** What carries the mirror: GRE, or UDP to a port. */
export interface Carrier {
  readonly protocol: 'gre' | 'udp';
  /** 0 for GRE. */
  readonly port: number;
}

export const GRE: Carrier = { protocol: 'gre', port: 0 };

/** Its IP protocol's name and number, as rules write them. */
export function protocolWords({ protocol }: Carrier): (string | number)[] {
  return protocol === 'gre' ? ['gre', IpProtocol.Gre] : ['udp', IpProtocol.Udp];
}

/** `GRE`, `UDP to 4789`, `GRE and UDP to 4789, 6081`. */
export function carrierWords(carriers: readonly Carrier[]): string {
  const ports = portsOf(carriers).join(', ');
  const gre = carriers.some((c) => c.protocol === 'gre') ? ['GRE'] : [];
  return [...gre, ...(ports === '' ? [] : [`UDP to ${ports}`])].join(' and ');
}

/** The UDP ports, each once. */
export function portsOf(carriers: readonly Carrier[]): number[] {
  return [...new Set(carriers.filter((c) => c.protocol === 'udp').map((c) => c.port))];
}

export interface Packet {
  readonly family: Family;
  readonly carrier: Carrier;
  /** The interface by which it arrives, as rules see it. */
  readonly iif: string;
  /** Its sender; undefined if any host may send. */
  readonly source?: Prefix | undefined;
  /** This host's addresses of the family, one of which is its destination. */
  readonly destinations: readonly Prefix[];
  /** Whether there is a route to the sender at all, and one through `iif`; undefined if unknown. */
  readonly routed?: boolean | undefined;
  readonly routedBack?: boolean | undefined;
}

/** Whether the sender is in a prefix. */
export function fromPrefix(p: Packet, prefix: Prefix): Judgement {
  if (prefix.bits === 0) return true;
  if (p.source === undefined) return onSender(`senders ${prefix.text}`);
  return prefixesMeet(p.source, prefix) ?? onSender(`senders ${prefix.text}`);
}

/** Whether the destination is in a prefix. */
export function toPrefix(p: Packet, prefix: Prefix): Judgement {
  if (prefix.bits === 0) return true;
  const held = p.destinations.map((d) => prefixesMeet(d, prefix) ?? false);
  return agreed(held, `the target ${prefix.text}`);
}

/** Interface names as nft (`eth*`) and iptables (`eth+`) match them. */
export function comesBy(p: Packet, pattern: string, wildcard: '*' | '+'): Judgement {
  if (p.iif === '') return onSender(`the interface ${pattern}`);
  if (!pattern.endsWith(wildcard)) return p.iif === pattern;
  return p.iif.startsWith(pattern.slice(0, -1));
}

/** @returns undefined for text that is no prefix of the family */
export function prefixIn(family: Family, text: string): Prefix | undefined {
  const prefix = prefixOf(text);
  return prefix === undefined || (prefix.width === IPV4_BITS) !== (family === 'ip') ? undefined : prefix;
}
