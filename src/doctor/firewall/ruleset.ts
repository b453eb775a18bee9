/**
 * Rules as nftables and iptables have them, in one shape: tables of chains, some of which hooks of the kernel
 * call.
 */
import type { Judgement } from './judgement.js';
import type { Packet } from './packet.js';

/** What ends a packet's way through a table: `divert` sends it elsewhere, `queue` has a program decide. */
export type Verdict = 'accept' | 'drop' | 'divert' | 'queue';

export type Action =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** What a rule does to packets for which a condition holds. A rule with a verdict map has several. */
export interface Branch {
  readonly when: Judgement;
  readonly action: Action;
}

export interface Rule {
  /** As its tool prints it. */
  readonly text: string;
  /** What it does with a packet: nothing where none holds. The first that holds is it. */
  readonly branches: (packet: Packet) => readonly Branch[];
}

/**
 * Places of the kernel that packets for this host pass (enum nf_inet_hooks; ingress of nf_netdev_hooks), in
 * their order.
 */
export const HOOKS = ['ingress', 'prerouting', 'input'] as const;
export type Hook = (typeof HOOKS)[number];

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Undefined: other chains jump to it, or nobody. */
  readonly base?:
    | {
        readonly hook: Hook;
        readonly priority: number;
        readonly policy: Verdict;
        /** Of `ingress`: the devices. */
        readonly devices?: readonly string[];
      }
    | undefined;
}

export interface Table {
  /** Which program reads and changes it. */
  readonly tool: 'nft' | 'iptables' | 'ip6tables' | 'iptables-legacy' | 'ip6tables-legacy';
  readonly family: 'ip' | 'ip6' | 'inet' | 'netdev' | 'bridge';
  readonly name: string;
  readonly chains: ReadonlyMap<string, Chain>;
}
