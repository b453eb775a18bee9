/**
 * Prefixes of one family, IPv4 or IPv6, in shared memory: finds the most specific one that holds an address.
 *
 * The same addresses may be used in several VLANs and overlays. Prefixes with the same VLAN id and VNI make a
 * space, and a space is sorted by address, wider prefixes first. Every prefix knows the next wider one of its
 * space that holds it. So the prefixes that hold an address are on the way up from the last prefix that
 * begins at the address or before it.
 */
import type { Network } from '../model/network.js';
import { i32 } from '../wire/bytes.js';
import { bytesIn, intsIn } from './sections.js';

const NONE = -1;
/** The sign bit turned: numbers with a sign then sort as the numbers without one. */
const SIGN = 0x80000000;

/** Which keys the networks of a space have: more keys come first. */
const WITH_BOTH = 0;
const WITH_VNI = 1;
const WITH_VLAN = 2;
const WITHOUT = 3;
const KINDS = 4;

/** Values of a digit that networks are sorted by. */
const DIGITS = 1 << 16;

/** The sections of a tree, in their order. */
const KIND_STARTS = 0;
const VNIS = 1;
const VLANS = 2;
const STARTS = 3;
const WORDS = 4;
const WIDER = 5;
const NUMBERS = 6;
const BITS = 7;
export const TREE_SECTIONS = 8;

/** Words of 32 bits in an address, and which of a 16-byte address is the first. */
export interface Family {
  readonly words: number;
  readonly first: number;
}
export const IPV4: Family = { words: 1, first: 3 };
export const IPV6: Family = { words: 4, first: 0 };

/**
 * The sections of a tree.
 *
 * @param numbers which of the networks are of this family. Of equal prefixes with equal keys the first counts
 */
export function treeSections(
  networks: readonly Network[],
  numbers: readonly number[],
  family: Family,
): (Int32Array | Uint8Array)[] {
  const count = numbers.length;
  const { words: width, first } = family;
  const narrower = 128 - width * 32;
  const kinds = new Uint8Array(count);
  const vnis = new Int32Array(count);
  const vlans = new Int32Array(count);
  const words = new Int32Array(count * width);
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const network = networks[numbers[i]];
    kinds[i] = kindOf(network);
    vnis[i] = network.vni ?? 0;
    vlans[i] = network.vlan ?? 0;
    for (let w = 0; w < width; w++) words[i * width + w] = i32(network.address, (first + w) * 4);
    bits[i] = network.bits - narrower;
  }

  const order = Uint32Array.from(kinds.keys());
  sortBy(order, bits, 1, 0);
  for (let w = width - 1; w >= 0; w--) sortByWords(order, words, width, w);
  sortByWords(order, vlans, 1, 0);
  sortByWords(order, vnis, 1, 0);
  sortBy(order, kinds, 1, 0);

  const sameSpace = (a: number, b: number): boolean =>
    kinds[a] === kinds[b] && vnis[a] === vnis[b] && vlans[a] === vlans[b];
  const spaces: number[] = [];
  const starts: number[] = [];
  const sorted = new Uint32Array(count);
  let size = 0;
  const wider = new Int32Array(count);
  let widest = NONE;
  for (const i of order) {
    if (size === 0 || !sameSpace(i, sorted[size - 1])) {
      spaces.push(i);
      starts.push(size);
      widest = NONE;
    }
    while (widest !== NONE && !holds(words, sorted[widest] * width, bits[sorted[widest]], words, i * width))
      widest = wider[widest];
    if (widest !== NONE && bits[sorted[widest]] === bits[i]) continue;
    wider[size] = widest;
    widest = size;
    sorted[size++] = i;
  }
  starts.push(size);

  const kindStarts = new Int32Array(KINDS + 1);
  for (const i of spaces) for (let kind = kinds[i] + 1; kind <= KINDS; kind++) kindStarts[kind]++;
  const sortedWords = new Int32Array(size * width);
  for (let entry = 0; entry < size; entry++)
    for (let w = 0; w < width; w++) sortedWords[entry * width + w] = words[sorted[entry] * width + w] ^ SIGN;
  return [
    kindStarts,
    Int32Array.from(spaces, (i) => vnis[i]),
    Int32Array.from(spaces, (i) => vlans[i]),
    Int32Array.from(starts),
    sortedWords,
    wider.subarray(0, size),
    Int32Array.from(sorted.subarray(0, size), (i) => numbers[i]),
    Uint8Array.from(sorted.subarray(0, size), (i) => bits[i]),
  ];
}

/** Sorts places by one of the `width` words that each has: as numbers without a sign. */
function sortByWords(order: Uint32Array, words: Int32Array, width: number, word: number): void {
  const halves = new Uint16Array(words.buffer, words.byteOffset, words.length * 2);
  sortBy(order, halves, width * 2, word * 2);
  sortBy(order, halves, width * 2, word * 2 + 1);
}

/** Sorts places by one of the `width` digits that each has; equals keep their order (a radix sort's pass). */
function sortBy(order: Uint32Array, digits: Uint8Array | Uint16Array, width: number, digit: number): void {
  const starts = new Uint32Array(DIGITS + 1);
  for (const i of order) starts[digits[i * width + digit] + 1]++;
  // Most tables have no keys.
  if (starts.includes(order.length)) return;
  for (let d = 0; d < DIGITS; d++) starts[d + 1] += starts[d];
  const before = order.slice();
  for (const i of before) order[starts[digits[i * width + digit]]++] = i;
}

function kindOf({ vlan, vni }: Network): number {
  if (vni !== undefined) return vlan !== undefined ? WITH_BOTH : WITH_VNI;
  return vlan !== undefined ? WITH_VLAN : WITHOUT;
}

/** Whether the prefix at `p` holds the address at `a`. */
function holds(prefixes: Int32Array, p: number, bits: number, addresses: Int32Array, a: number): boolean {
  let rest = bits;
  let w = 0;
  for (; rest >= 32; rest -= 32, w++) if (prefixes[p + w] !== addresses[a + w]) return false;
  return rest === 0 || (prefixes[p + w] ^ addresses[a + w]) >>> (32 - rest) === 0;
}

/** A view of a tree. */
export class PrefixTree {
  /** Whether any network has a VLAN id, and whether any has a VNI. */
  readonly hasVlans: boolean;
  readonly hasVnis: boolean;
  /** Spaces by their keys: kinds one after the other, each sorted by VNI, then by VLAN id. */
  private readonly kindStarts: Int32Array;
  private readonly vnis: Int32Array;
  private readonly vlans: Int32Array;
  /** Where the prefixes of each space begin, and where the last one's end. */
  private readonly starts: Int32Array;
  private readonly words: Int32Array;
  private readonly wider: Int32Array;
  private readonly numbers: Int32Array;
  private readonly bits: Uint8Array;
  /** The address that is asked for. */
  private readonly asked: Int32Array;

  /** @param section the first of its sections */
  constructor(
    memory: SharedArrayBuffer,
    section: number,
    private readonly family: Family,
  ) {
    this.kindStarts = intsIn(memory, section + KIND_STARTS);
    this.vnis = intsIn(memory, section + VNIS);
    this.vlans = intsIn(memory, section + VLANS);
    this.starts = intsIn(memory, section + STARTS);
    this.words = intsIn(memory, section + WORDS);
    this.wider = intsIn(memory, section + WIDER);
    this.numbers = intsIn(memory, section + NUMBERS);
    this.bits = bytesIn(memory, section + BITS);
    this.asked = new Int32Array(family.words);
    this.hasVnis = this.has(WITH_BOTH) || this.has(WITH_VNI);
    this.hasVlans = this.has(WITH_BOTH) || this.has(WITH_VLAN);
  }

  /** The number of the network of an address of this family, see {@link NetworkTable.find}. */
  find(address: Uint8Array, vlans: Uint16Array, vlanCount: number, vni: number | null): number {
    const { asked, family } = this;
    for (let w = 0; w < family.words; w++) asked[w] = i32(address, (family.first + w) * 4) ^ SIGN;
    let best = NONE;
    if (vni !== null && this.hasVnis) {
      if (this.has(WITH_BOTH))
        for (let v = 0; v < vlanCount; v++) best = this.better(best, WITH_BOTH, vni, vlans[v]);
      best = this.better(best, WITH_VNI, vni, 0);
    }
    if (this.has(WITH_VLAN))
      for (let v = 0; v < vlanCount; v++) best = this.better(best, WITH_VLAN, 0, vlans[v]);
    best = this.better(best, WITHOUT, 0, 0);
    return best === NONE ? NONE : this.numbers[best];
  }

  private has(kind: number): boolean {
    return this.kindStarts[kind + 1] > this.kindStarts[kind];
  }

  /** The more specific of a prefix and the one that a space has; the first of equals. */
  private better(best: number, kind: number, vni: number, vlan: number): number {
    const space = this.space(kind, vni, vlan);
    if (space === NONE) return best;
    const found = this.last(this.starts[space], this.starts[space + 1]);
    return found !== NONE && (best === NONE || this.bits[found] > this.bits[best]) ? found : best;
  }

  private space(kind: number, vni: number, vlan: number): number {
    const end = this.kindStarts[kind + 1];
    let low = this.kindStarts[kind];
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const before = this.vnis[middle] - vni || this.vlans[middle] - vlan;
      if (before < 0) low = middle + 1;
      else high = middle;
    }
    return low < end && this.vnis[low] === vni && this.vlans[low] === vlan ? low : NONE;
  }

  /** The most specific prefix of those from `from` up to `to` that holds the address. */
  private last(from: number, to: number): number {
    const { words, asked, bits, wider } = this;
    const width = this.family.words;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.behind(middle * width)) high = middle;
      else low = middle + 1;
    }
    let entry = low === from ? NONE : low - 1;
    while (entry !== NONE && !holds(words, entry * width, bits[entry], asked, 0)) entry = wider[entry];
    return entry;
  }

  /** Whether the prefix at `p` begins behind the address. */
  private behind(p: number): boolean {
    const { words, asked } = this;
    for (let w = 0; w < asked.length; w++) if (words[p + w] !== asked[w]) return words[p + w] > asked[w];
    return false;
  }
}
