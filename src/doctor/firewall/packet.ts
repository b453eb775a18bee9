/** The first GRE packet of a mirror, as far as it is known in advance. */

import { agreed, type Judgement, onSender } from './judgement.js';
import { IPV4_BITS, type Prefix, prefixesMeet, prefixOf } from './prefix.js';

export type Family = 'ip' | 'ip6';

export interface Packet {
  readonly family: Family;
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
