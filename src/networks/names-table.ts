/**
 * Names of addresses as one block of memory that all threads share: a hash table of addresses, and the names
 * as UTF-8. Little endian, whoever reads it is of the same machine.
 */
import { parseAddress } from '../wire/ip/addresses.js';

/** Words before the places: how many places (a power of two), how many names. */
const HEADER_WORDS = 2;
/** Words of a place: the address, where its name begins behind the places, and its bytes; 0 bytes: free. */
const PLACE_WORDS = 6;
const ADDRESS_BYTES = 16;

/**
 * @param names by address as people write it, `10.0.0.1`, `2001:db8::1`; what is no address has no name
 */
export function namesTable(names: ReadonlyMap<string, string>): SharedArrayBuffer {
  const encoder = new TextEncoder();
  const address = new Uint8Array(ADDRESS_BYTES);
  const entries: [words: Uint32Array, name: Uint8Array][] = [];
  let bytes = 0;
  for (const [written, name] of names) {
    if (name === '' || parseAddress(written, address, 0) === 0) continue;
    const text = encoder.encode(name);
    entries.push([new Uint32Array(address.slice().buffer), text]);
    bytes += text.length;
  }
  // At most half of the places are taken.
  const places = 1 << Math.max(2, Math.ceil(Math.log2(entries.length * 2 + 1)));
  const start = (HEADER_WORDS + places * PLACE_WORDS) * 4;
  const memory = new SharedArrayBuffer(start + bytes);
  const words = new Uint32Array(memory, 0, start / 4);
  const texts = new Uint8Array(memory, start);
  words[0] = places;
  let used = 0;
  for (const [a, text] of entries) {
    let place = hash(a[0], a[1], a[2], a[3]) & (places - 1);
    for (; words[at(place) + 5] !== 0; place = (place + 1) & (places - 1))
      if (holds(words, at(place), a)) break;
    // The first of several names of an address is its own (hosts(5)).
    if (words[at(place) + 5] !== 0) continue;
    words.set(a, at(place));
    words[at(place) + 4] = used;
    words[at(place) + 5] = text.length;
    texts.set(text, used);
    used += text.length;
    words[1]++;
  }
  return memory;
}

/** A view of what {@link namesTable} made. */
export class NamesTable {
  /** How many addresses have a name. */
  readonly size: number;
  private readonly words: Uint32Array;
  private readonly bytes: Uint8Array;
  private readonly mask: number;
  /** By place: names that were asked for. */
  private readonly names: (string | undefined)[] = [];
  private readonly asked = new Uint32Array(ADDRESS_BYTES / 4);
  private readonly askedBytes = new Uint8Array(this.asked.buffer);

  constructor(memory: SharedArrayBuffer) {
    const places = new Uint32Array(memory, 0, 1)[0];
    const start = (HEADER_WORDS + places * PLACE_WORDS) * 4;
    this.words = new Uint32Array(memory, 0, start / 4);
    this.bytes = new Uint8Array(memory, start);
    this.mask = places - 1;
    this.size = this.words[1];
  }

  /** The name of an address of 16 bytes, IPv4 as ::ffff:a.b.c.d; '' if it has none. */
  find(address: Uint8Array): string {
    const { words, asked, mask } = this;
    for (let i = 0; i < ADDRESS_BYTES; i++) this.askedBytes[i] = address[i];
    let place = hash(asked[0], asked[1], asked[2], asked[3]) & mask;
    for (; words[at(place) + 5] !== 0; place = (place + 1) & mask)
      if (holds(words, at(place), asked)) return this.name(place);
    return '';
  }

  private name(place: number): string {
    const known = this.names[place];
    if (known !== undefined) return known;
    const from = this.words[at(place) + 4];
    // TextDecoder refuses shared memory.
    const name = Buffer.from(this.bytes.slice(from, from + this.words[at(place) + 5])).toString();
    this.names[place] = name;
    return name;
  }
}

function at(place: number): number {
  return HEADER_WORDS + place * PLACE_WORDS;
}

function holds(words: Uint32Array, w: number, a: Uint32Array): boolean {
  return words[w] === a[0] && words[w + 1] === a[1] && words[w + 2] === a[2] && words[w + 3] === a[3];
}

/** The addresses are the user's own: nobody chooses them to collide. */
function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ d;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}
