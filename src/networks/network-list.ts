/** Gathers the networks of a file, within bounds, and finds those that are there twice. */
import type { Prefix } from '../config/units.js';
import type { UsageError } from '../model/errors.js';
import type { Network } from '../model/network.js';
import { mistake } from './file-bytes.js';
import { formatPrefix } from './prefix-text.js';

/** Networks of a file. */
export const MOST_NETWORKS = 2_000_000;

/** What is said of a prefix. */
export type NetworkWords = Pick<Network, 'name' | 'site' | 'role' | 'tenant' | 'vlan' | 'vni'>;

export class NetworkList {
  private readonly networks: Network[] = [];
  /** The line of each. */
  private readonly lines: number[] = [];
  /** Sites, roles and tenants repeat: one string of each is kept. */
  private readonly texts = new Map<string, string>();

  constructor(
    private readonly file: string,
    private readonly most = MOST_NETWORKS,
  ) {}

  /**
   * A network without a name has its prefix for one.
   *
   * @param prefix bits behind its length are 0
   * @param line its first, from 1
   * @throws UsageError for one too many
   */
  add({ address, bits }: Prefix, words: NetworkWords, line: number): void {
    if (this.networks.length === this.most) {
      const most = this.most.toLocaleString('en');
      throw mistake(this.file, line, `is one more than ${most} networks: write fewer, wider ones`);
    }
    this.networks.push({
      address,
      bits,
      name: words.name === '' ? formatPrefix(address, bits) : words.name,
      site: this.same(words.site),
      role: this.same(words.role),
      tenant: this.same(words.tenant),
      vlan: words.vlan,
      vni: words.vni,
    });
    this.lines.push(line);
  }

  /** The networks of a file of our own. @throws UsageError if one is there twice with the same keys */
  own(): readonly Network[] {
    const twins = new Groups(this.networks, sameKeys);
    for (let i = 0; i < this.networks.length; i++) {
      const first = twins.beforeIn(i);
      if (first !== NONE) throw this.twice(first, i, 'write it once, or give each its own vlan or vni');
    }
    return this.networks;
  }

  /**
   * The networks of an export, in which every prefix may have a VLAN. Behind a router, frames of other VLANs
   * have its addresses too; therefore it is a key only where a prefix is there with several. Exact copies are
   * left out.
   *
   * @param advice what to do about a prefix that is there twice
   * @throws UsageError if one is, and no key tells which
   */
  exported(advice: string): { networks: readonly Network[]; copies: number } {
    const twins = new Groups(this.networks, sameKeys);
    const namesakes = new Groups(this.networks, samePrefix);
    const networks: Network[] = [];
    for (const [i, network] of this.networks.entries()) {
      const first = twins.beforeIn(i);
      if (first !== NONE && !sameWords(this.networks[first], network)) throw this.twice(first, i, advice);
      if (first !== NONE) continue;
      const keyed = namesakes.some(i, (other) => !sameKeys(this.networks[other], network));
      networks.push(keyed ? network : { ...network, vlan: undefined, vni: undefined });
    }
    return { networks, copies: this.networks.length - networks.length };
  }

  private twice(first: number, second: number, advice: string): UsageError {
    const { address, bits, vlan, vni } = this.networks[second];
    const keys = (vlan === undefined ? '' : ` of vlan ${vlan}`) + (vni === undefined ? '' : ` of vni ${vni}`);
    const what = `${formatPrefix(address, bits)}${keys} is in line ${this.lines[first]} already`;
    return mistake(this.file, this.lines[second], `${what}: ${advice}`);
  }

  private same(text: string): string {
    const known = this.texts.get(text);
    if (known === undefined) this.texts.set(text, text);
    return known ?? text;
  }
}

const NONE = -1;

type Alike = (a: Network, b: Network) => boolean;

/** Networks that are alike: a hash table of chains, each from the newest to the oldest. */
class Groups {
  private readonly heads: Int32Array;
  private readonly before: Int32Array;

  constructor(
    private readonly networks: readonly Network[],
    private readonly alike: Alike,
  ) {
    this.heads = new Int32Array(2 ** Math.ceil(Math.log2(networks.length + 1))).fill(NONE);
    this.before = new Int32Array(networks.length);
    for (const [i, network] of networks.entries()) {
      const place = this.place(network);
      this.before[i] = this.heads[place];
      this.heads[place] = i;
    }
  }

  /** The newest network before `i` that is like it, or NONE. */
  beforeIn(i: number): number {
    let j = this.before[i];
    while (j !== NONE && !this.alike(this.networks[j], this.networks[i])) j = this.before[j];
    return j;
  }

  /** Whether a network that is like `i` fulfils a condition. */
  some(i: number, holds: (other: number) => boolean): boolean {
    const network = this.networks[i];
    for (let j = this.heads[this.place(network)]; j !== NONE; j = this.before[j])
      if (this.alike(this.networks[j], network) && holds(j)) return true;
    return false;
  }

  private place(network: Network): number {
    const { address, bits, vlan, vni } = network;
    let hash = bits;
    if (this.alike === sameKeys) hash = Math.imul(hash ^ (vlan ?? -1), PRIME) ^ Math.imul(vni ?? -1, PRIME);
    for (let at = 0; at < 16; at++) hash = Math.imul(hash ^ address[at], PRIME) ^ (hash >>> 15);
    return (hash ^ (hash >>> 13)) & (this.heads.length - 1);
  }
}

/** Of FNV-1a. */
const PRIME = 0x01000193;

function samePrefix(a: Network, b: Network): boolean {
  if (a.bits !== b.bits) return false;
  for (let at = 0; at < 16; at++) if (a.address[at] !== b.address[at]) return false;
  return true;
}

function sameKeys(a: Network, b: Network): boolean {
  return a.vlan === b.vlan && a.vni === b.vni && samePrefix(a, b);
}

function sameWords(a: Network, b: Network): boolean {
  return a.name === b.name && a.site === b.site && a.role === b.role && a.tenant === b.tenant;
}
