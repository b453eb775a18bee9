/**
 * Networks of one's own in one block of memory that all threads share: which network an address is in, and
 * what people call it.
 */
import type { Network } from '../model/network.js';
import { isMapped } from '../wire/ip/addresses.js';
import { IPV4, IPV6, PrefixTree, TREE_SECTIONS, treeSections } from './prefix-tree.js';
import { intsIn, packSections } from './sections.js';
import { SharedTexts, TextGatherer } from './shared-texts.js';

/** The texts of a network, by their place. */
const NAME = 0;
const SITE = 1;
const ROLE = 2;
const TENANT = 3;
const TEXTS = 4;

/** Sections: the numbers of the networks' texts, the texts, the trees. */
const TEXT_NUMBERS = 0;
const TEXT_SECTIONS = 1;
const IPV4_TREE = 3;
const IPV6_TREE = IPV4_TREE + TREE_SECTIONS;

/** The fewest bits of a prefix that can be IPv4's. */
const MAPPED_BITS = 96;

/**
 * Puts networks into one block. Networks with equal prefixes and keys are a mistake that whoever read them
 * has refused; of those the first counts.
 */
export function networkTable(networks: readonly Network[]): SharedArrayBuffer {
  const texts = new TextGatherer();
  const numbers = new Int32Array(networks.length * TEXTS);
  const four: number[] = [];
  const six: number[] = [];
  networks.forEach((network, i) => {
    numbers[i * TEXTS + NAME] = texts.number(network.name);
    numbers[i * TEXTS + SITE] = texts.number(network.site);
    numbers[i * TEXTS + ROLE] = texts.number(network.role);
    numbers[i * TEXTS + TENANT] = texts.number(network.tenant);
    const isFour = network.bits >= MAPPED_BITS && isMapped(network.address, 0);
    (isFour ? four : six).push(i);
  });
  return packSections([
    numbers,
    ...texts.sections(),
    ...treeSections(networks, four, IPV4),
    ...treeSections(networks, six, IPV6),
  ]);
}

/** A view of such a block. It is cheap to make, and each thread has its own. */
export class NetworkTable {
  /** Networks in the table. */
  readonly size: number;
  /** Whether any network has a VLAN id, and whether any has a VNI: else these make no difference. */
  readonly hasVlans: boolean;
  readonly hasVnis: boolean;
  private readonly numbers: Int32Array;
  private readonly texts: SharedTexts;
  private readonly four: PrefixTree;
  private readonly six: PrefixTree;

  /** @param memory what {@link networkTable} made */
  constructor(memory: SharedArrayBuffer) {
    this.numbers = intsIn(memory, TEXT_NUMBERS);
    this.size = this.numbers.length / TEXTS;
    this.texts = new SharedTexts(memory, TEXT_SECTIONS);
    this.four = new PrefixTree(memory, IPV4_TREE, IPV4);
    this.six = new PrefixTree(memory, IPV6_TREE, IPV6);
    this.hasVlans = this.four.hasVlans || this.six.hasVlans;
    this.hasVnis = this.four.hasVnis || this.six.hasVnis;
  }

  /**
   * The network that an address is in: of those whose prefix holds it, and whose VLAN id and VNI are absent
   * or the packet's, the one with the most specific prefix. Of equal prefixes that with more keys: VNI and
   * VLAN id, VNI, VLAN id, none; of several VLAN ids the outermost. Networks of IPv6 hold no IPv4 address.
   * Allocates nothing.
   *
   * @param address 16 bytes, IPv4 as ::ffff:a.b.c.d
   * @param vlans the packet's VLAN ids, outermost first, `vlanCount` of them
   * @param vni of the innermost overlay, null where there is none
   * @returns its index among the networks that the table was made of; -1: in none
   */
  find(address: Uint8Array, vlans: Uint16Array, vlanCount: number, vni: number | null): number {
    return (isMapped(address, 0) ? this.four : this.six).find(address, vlans, vlanCount, vni);
  }

  /** The name of a network by its index, '' for -1; {@link site} and the others likewise. */
  name(network: number): string {
    return this.text(network, NAME);
  }

  site(network: number): string {
    return this.text(network, SITE);
  }

  role(network: number): string {
    return this.text(network, ROLE);
  }

  tenant(network: number): string {
    return this.text(network, TENANT);
  }

  private text(network: number, which: number): string {
    return network < 0 ? '' : this.texts.text(this.numbers[network * TEXTS + which]);
  }
}
