/** Rules of nftables and iptables in one form: tables of chains, some of which kernel hooks call. */
import type { Judgement } from './judgement.js';
import type { Packet } from './packet.js';

/** What ends a packet's way through a table: `divert` sends it elsewhere, `queue` lets a program decide. */
export type Verdict = 'accept' | 'drop' | 'divert' | 'queue';

export type Action =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** What a rule does with packets that meet a condition. A rule with a verdict map has several branches. */
export interface Branch {
  readonly when: Judgement;
  readonly action: Action;
}

export interface Rule {
  /** As the tool prints it. */
  readonly text: string;
  /** What it does with a packet: the first branch whose condition holds; nothing if none does. */
  readonly branches: (packet: Packet) => readonly Branch[];
}

/** The hooks that packets for this host pass, in order (enum nf_inet_hooks; ingress of nf_netdev_hooks). */
export const HOOKS = ['ingress', 'prerouting', 'input'] as const;
export type Hook = (typeof HOOKS)[number];

export interface Chain {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Undefined: only other chains jump to it. */
  readonly base?:
    | {
        readonly hook: Hook;
        readonly priority: number;
        readonly policy: Verdict;
        /** For `ingress`: the devices. */
        readonly devices?: readonly string[];
      }
    | undefined;
}

export interface Table {
  /** The program that reads and changes it. */
  readonly tool: 'nft' | 'iptables' | 'ip6tables' | 'iptables-legacy' | 'ip6tables-legacy';
  readonly family: 'ip' | 'ip6' | 'inet' | 'netdev' | 'bridge';
  readonly name: string;
  readonly chains: ReadonlyMap<string, Chain>;
}
