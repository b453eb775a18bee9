/**
 * Writes files in MaxMind's DB format 2.0 (https://maxmind.github.io/MaxMind-DB/): the databases of the demo
 * and of the tests are our own. Nothing of src is used, so that a mistake in it shows.
 */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * A value of the format. Numbers are unsigned integers of 32 bits where they can be, else signed ones, else
 * doubles; bigints are unsigned integers of 64 bits, else of 128.
 */
export type MmdbValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue };

export interface MmdbMetadata {
  /** 6: IPv4 prefixes are in ::/96. 4: there can be no others. Default: 6. */
  readonly ipVersion?: 4 | 6;
  /** Default: 28. */
  readonly recordSize?: 24 | 28 | 32;
  /** database_type. Default: Test. */
  readonly type?: string;
  /** 2002::/16, 2001::/32 and ::ffff:0:0/96 lead to the IPv4 addresses where nothing else is there. */
  readonly aliases?: boolean;
  /** Parts of values that were written before are pointed to. Default: true. */
  readonly pointers?: boolean;
  /** Seconds since 1970. */
  readonly buildEpoch?: number;
  /** Instead of what is written otherwise, or beside it; undefined: left out. */
  readonly more?: Readonly<Record<string, MmdbValue | undefined>>;
}

const MARKER = Uint8Array.of(0xab, 0xcd, 0xef, ...new TextEncoder().encode('MaxMind.com'));
const SEPARATOR = 16;
const EMPTY = -1;
const ALIASES = ['::ffff:0:0/96', '2001::/32', '2002::/16'];

/**
 * @param entries prefixes (`10.0.0.0/8`, `2001:db8::/32`) and their values. Of prefixes in each other the
 *   longer wins, of equal ones the later. ::ffff:a.b.c.d is IPv6 as it is written: it is not in ::/96
 */
export function writeMmdb(
  entries: Iterable<readonly [prefix: string, value: MmdbValue]>,
  metadata: MmdbMetadata = {},
): Uint8Array {
  const { ipVersion = 6, recordSize = 28, type = 'Test', buildEpoch = 1_700_000_000, more = {} } = metadata;
  const values = new ValueWriter(metadata.pointers ?? true);
  const tree = new Tree();
  const parsed = [...entries].map(([prefix, value]) => ({ ...parsePrefix(prefix, ipVersion), value }));
  parsed.sort((a, b) => a.bits - b.bits);
  for (const { address, bits, value } of parsed) tree.insert(address, bits, values.whole(value));
  if (metadata.aliases === true) for (const alias of ALIASES) tree.alias(parsePrefix(alias, 6));
  const info: Record<string, MmdbValue | undefined> = {
    node_count: tree.size,
    record_size: recordSize,
    ip_version: ipVersion,
    database_type: type,
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: BigInt(buildEpoch),
    description: { en: 'made by lab/mmdb-writer.ts of mirrorlake' },
    ...more,
  };
  const last = new ValueWriter(false);
  last.whole(
    Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined)) as MmdbValue,
  );
  return joined(tree.bytes(recordSize), new Uint8Array(SEPARATOR), values.bytes(), MARKER, last.bytes());
}

interface Prefix {
  readonly address: Uint8Array;
  readonly bits: number;
}

/** Bits of the tree: 32 or 128. */
function parsePrefix(text: string, ipVersion: 4 | 6): Prefix {
  const [name, length] = text.split('/');
  const four = isIPv4(name);
  if (!four && (!isIPv6(name) || ipVersion === 4)) throw new Error(`${text}: no prefix of IPv${ipVersion}`);
  const width = four ? 32 : 128;
  const bits = length === undefined ? width : Number(length);
  if (!Number.isInteger(bits) || bits < 0 || bits > width) throw new Error(`${text}: no length of a prefix`);
  if (!four) return { address: parseIpv6(name), bits };
  const bytes = name.split('.').map(Number);
  if (ipVersion === 4) return { address: Uint8Array.from(bytes), bits };
  const address = new Uint8Array(16);
  address.set(bytes, 12);
  return { address, bits: bits + 96 };
}

function parseIpv6(text: string): Uint8Array {
  const words = text
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
      [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((word) => word.toString(16)).join(':'),
    )
    .split('::')
    .map((part) => part.split(':').filter((word) => word !== ''));
  const [head, tail = []] = words;
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return Uint8Array.from(
    all.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]),
  );
}

/** A record is EMPTY, a node (0 and more), or a value: -2 - its place. */
class Tree {
  private records = new Int32Array(1_024).fill(EMPTY);
  size = 1;

  /** Prefixes must come with growing length. */
  insert(address: Uint8Array, bits: number, place: number): void {
    const value = -2 - place;
    if (bits === 0) {
      this.records[0] = value;
      this.records[1] = value;
      return;
    }
    // Apart: looking for it may replace the array.
    const slot = this.slot(address, bits);
    this.records[slot] = value;
  }

  /** An empty prefix leads to the node of ::/96. */
  alias({ address, bits }: Prefix): void {
    const ipv4 = this.records[this.slot(new Uint8Array(16), 96)];
    const slot = this.slot(address, bits);
    if (this.records[slot] === EMPTY) this.records[slot] = ipv4;
  }

  /** The tree as it is in a file. Places of values follow the nodes and the separator. */
  bytes(recordSize: 24 | 28 | 32): Uint8Array {
    const file = Buffer.alloc((this.size * recordSize) / 4);
    if (this.size >= 2 ** recordSize) throw new Error(`${this.size} nodes do not fit ${recordSize} bits`);
    for (let node = 0; node < this.size; node++) {
      const [left, right] = [0, 1].map((side) => this.written(this.records[node * 2 + side], recordSize));
      const at = (node * recordSize) / 4;
      if (recordSize === 24) {
        file.writeUIntBE(left, at, 3);
        file.writeUIntBE(right, at + 3, 3);
      } else if (recordSize === 32) {
        file.writeUInt32BE(left, at);
        file.writeUInt32BE(right, at + 4);
      } else {
        file.writeUIntBE(left % 2 ** 24, at, 3);
        file[at + 3] = ((left >>> 24) << 4) | (right >>> 24);
        file.writeUIntBE(right % 2 ** 24, at + 4, 3);
      }
    }
    return file;
  }

  private written(record: number, recordSize: number): number {
    const value = record === EMPTY ? this.size : record >= 0 ? record : this.size + SEPARATOR - 2 - record;
    if (value >= 2 ** recordSize) throw new Error(`record ${value} does not fit ${recordSize} bits`);
    return value;
  }

  /** Where the record of a prefix is: leaves on the way are divided. */
  private slot(address: Uint8Array, bits: number): number {
    let node = 0;
    for (let bit = 0; ; bit++) {
      const slot = node * 2 + ((address[bit >> 3] >> (7 - (bit & 7))) & 1);
      if (bit === bits - 1) return slot;
      node = this.records[slot];
      if (node >= 0) continue;
      // Apart: dividing may replace the array.
      node = this.divide(node);
      this.records[slot] = node;
    }
  }

  private divide(leaf: number): number {
    const node = this.size++;
    if (node * 2 + 2 > this.records.length) {
      const grown = new Int32Array(this.records.length * 2);
      grown.set(this.records);
      this.records = grown;
    }
    this.records.fill(leaf, node * 2, node * 2 + 2);
    return node;
  }
}

class ValueWriter {
  private buffer = Buffer.alloc(1_024);
  private length = 0;
  private readonly places = new Map<string, number>();

  constructor(private readonly pointers: boolean) {}

  /** Writes a value that a record points to, once. @returns its place in the section */
  whole(value: MmdbValue): number {
    const key = keyOf(value);
    const before = this.places.get(key);
    if (before !== undefined) return before;
    const place = this.length;
    this.write(value);
    this.places.set(key, place);
    return place;
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** A part of a value: the place is pointed to if it was written before, and that is shorter. */
  private part(value: MmdbValue): void {
    const key = keyOf(value);
    const before = this.pointers ? this.places.get(key) : undefined;
    const place = this.length;
    if (before === undefined) {
      this.write(value);
      if (!this.places.has(key) && this.length - place > 4) this.places.set(key, place);
    } else this.pointer(before);
  }

  private write(value: MmdbValue): void {
    if (typeof value === 'string') this.blob(2, Buffer.from(value));
    else if (typeof value === 'boolean') this.control(14, value ? 1 : 0);
    else if (typeof value === 'bigint') this.integer(value < 2n ** 64n ? 9 : 10, value);
    else if (typeof value === 'number') this.number(value);
    else if (value instanceof Uint8Array) this.blob(4, value);
    else if (Array.isArray(value)) {
      this.control(11, value.length);
      for (const member of value) this.part(member);
    } else {
      const members = Object.entries(value as { readonly [key: string]: MmdbValue });
      this.control(7, members.length);
      for (const [key, member] of members) {
        this.part(key);
        this.part(member);
      }
    }
  }

  private number(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) this.integer(6, BigInt(value));
    else if (Number.isInteger(value) && value < 0 && value >= -(2 ** 31))
      this.blob(8, Buffer.from(Int32Array.of(value).buffer).swap32());
    else this.blob(3, Buffer.from(Float64Array.of(value).buffer).swap64());
  }

  /** Big endian, without leading zeros. */
  private integer(type: number, value: bigint): void {
    const text = value === 0n ? '' : value.toString(16);
    this.blob(type, Buffer.from(text.padStart(text.length + (text.length % 2), '0'), 'hex'));
  }

  private blob(type: number, bytes: Uint8Array): void {
    this.control(type, bytes.length);
    this.append(bytes);
  }

  private control(type: number, size: number): void {
    const small = size < 29 ? size : size < 285 ? 29 : size < 65_821 ? 30 : 31;
    this.append(type < 8 ? [(type << 5) | small] : [small, type - 7]);
    if (small === 29) this.append([size - 29]);
    else if (small === 30) this.append([(size - 285) >> 8, (size - 285) & 255]);
    else if (small === 31) {
      const rest = size - 65_821;
      this.append([rest >> 16, (rest >> 8) & 255, rest & 255]);
    }
  }

  private pointer(place: number): void {
    if (place < 2_048) this.append([0x20 | (place >> 8), place & 255]);
    else if (place < 526_336) {
      const rest = place - 2_048;
      this.append([0x28 | (rest >> 16), (rest >> 8) & 255, rest & 255]);
    } else if (place < 2 ** 27 + 526_336) {
      const rest = place - 526_336;
      this.append([0x30 | (rest >> 24), (rest >> 16) & 255, (rest >> 8) & 255, rest & 255]);
    } else this.append([0x38, place >>> 24, (place >> 16) & 255, (place >> 8) & 255, place & 255]);
  }

  private append(bytes: ArrayLike<number>): void {
    if (this.length + bytes.length > this.buffer.length)
      this.buffer = Buffer.concat([this.buffer], 2 * (this.length + bytes.length));
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }
}

/** Tells values apart, types included. */
function keyOf(value: MmdbValue): string {
  if (typeof value === 'string') return `"${value}`;
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint'
      ? { bigint: `${part}` }
      : part instanceof Uint8Array
        ? { bytes: [...part] }
        : part,
  );
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
