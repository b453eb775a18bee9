/**
 * A MaxMind DB file (format 2.0, https://maxmind.github.io/MaxMind-DB/): a binary tree of address bits, the
 * values that its leaves point to, and metadata at the end.
 *
 * The library decodes values. The tree is walked here: the library takes addresses as text, looks up an IPv6
 * address in a tree of IPv4 as if its first 32 bits were one, and finds no IPv4 address where a file has them
 * at ::ffff:0:0/96 only.
 */
import { createRequire } from 'node:module';
import type decoderModule from 'mmdb-lib/lib/decoder.js';
import { UsageError } from '../model/errors.js';
import { u24, u32 } from '../wire/bytes.js';
import { isMapped } from '../wire/ip/addresses.js';
import { ValueCheck } from './mmdb-values.js';

// A CommonJS module with a default export, which each way of running this program imports otherwise.
const { default: Decoder } = createRequire(import.meta.url)(
  'mmdb-lib/lib/decoder.js',
) as typeof decoderModule;

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
/** The metadata, with its marker, is in the last bytes of a file. */
const METADATA_BYTES = 128 * 1024;
/** Zeros between the tree and the values. */
export const SEPARATOR_BYTES = 16;
/** The last second that a Date has. */
const LATEST = 8.64e12;
/** Remembered values that others point to (names of countries, mostly). */
const REMEMBERED_TARGETS = 512;

export class MmdbFile {
  readonly bytes: Buffer;
  /** Bits of an address in the tree: 32 or 128. */
  readonly addressBits: 32 | 128;
  readonly nodes: number;
  /** What the file calls itself: GeoLite2-ASN. */
  readonly type: string;
  /** When it was made, seconds since 1970; 0: it does not say. */
  readonly built: number;
  /** Where the values begin and end. */
  readonly valuesStart: number;
  readonly valuesEnd: number;
  private readonly recordBits: 24 | 28 | 32;
  private readonly decoder: InstanceType<typeof Decoder>;
  /** The nodes (or leaves) of IPv4 addresses: at ::/96, and at ::ffff:0:0/96 where that is another. */
  private readonly ipv4: number;
  private readonly mapped: number;

  /**
   * Reads the metadata. The tree and the values are taken as they are: checkMmdb() checks them.
   *
   * @param file named by errors
   * @throws UsageError if the metadata is not there, or is wrong
   */
  constructor(memory: SharedArrayBuffer, file: string) {
    this.bytes = Buffer.from(memory);
    const marker = this.bytes.lastIndexOf(MARKER);
    if (marker < 0 || marker < this.bytes.length - METADATA_BYTES)
      throw new UsageError(`${file}: ${whatElse(this.bytes)}`);
    const metadata = readMetadata(this.bytes, marker + MARKER.length, file);
    const wrong = (key: string) => new UsageError(`${file}: is damaged, or no MaxMind DB file: its ${key}`);
    const major = metadata.get('binary_format_major_version');
    if (major !== 2) throw wrong(`binary_format_major_version is ${told(major)}, and not 2`);
    const version = metadata.get('ip_version');
    if (version !== 4 && version !== 6) throw wrong(`ip_version is ${told(version)}, and neither 4 nor 6`);
    const bits = metadata.get('record_size');
    if (bits !== 24 && bits !== 28 && bits !== 32)
      throw wrong(`record_size is ${told(bits)}, and not 24, 28 or 32`);
    const nodes = metadata.get('node_count');
    if (typeof nodes !== 'number' || nodes < 1)
      throw wrong(`node_count is ${told(nodes)}, and not 1 or more`);
    const type = metadata.get('database_type');
    this.type = typeof type === 'string' ? type : '';
    // Of 64 bits: the library has it as a bigint.
    const built = Number(metadata.get('build_epoch') ?? 0);
    this.built = built >= 0 && built <= LATEST ? built : 0;
    this.addressBits = version === 4 ? 32 : 128;
    this.recordBits = bits;
    this.nodes = nodes;
    this.valuesStart = (nodes * bits) / 4 + SEPARATOR_BYTES;
    this.valuesEnd = marker;
    if (this.valuesStart > marker)
      throw wrong(`node_count is ${nodes}, which takes more bytes than there are: it may be cut short`);
    this.decoder = new Decoder(this.bytes, this.valuesStart, new Targets());
    this.ipv4 = version === 4 ? 0 : this.follow(0, 96, 0);
    const mapped = version === 4 ? 0 : this.follow(this.follow(0, 80, 0), 16, 1);
    this.mapped = mapped === this.ipv4 ? nodes : mapped;
  }

  /** What a node points to: a node; `nodes`: nothing; more: a value. @param right 0 or 1 */
  record(node: number, right: number): number {
    const b = this.bytes;
    if (this.recordBits === 24) return u24(b, node * 6 + right * 3);
    if (this.recordBits === 32) return u32(b, node * 8 + right * 4);
    const at = node * 7;
    return right === 0
      ? ((b[at + 3] & 0xf0) << 20) | u24(b, at)
      : ((b[at + 3] & 0x0f) << 24) | u24(b, at + 4);
  }

  /** Where the value of a record is, from the file's begin. */
  placeOf(record: number): number {
    return record - this.nodes + this.valuesStart - SEPARATOR_BYTES;
  }

  /**
   * Where the value of an address is, from the file's begin; 0: there is none. Allocates nothing, and never
   * throws.
   *
   * @param address 16 bytes, IPv4 as ::ffff:a.b.c.d
   */
  find(address: Uint8Array): number {
    if (!isMapped(address, 0)) return this.addressBits === 32 ? 0 : this.walk(0, address, 0);
    const found = this.walk(this.ipv4, address, 96);
    return found === 0 ? this.walk(this.mapped, address, 96) : found;
  }

  /** @throws whatever the library throws if the value is damaged */
  decode(place: number): unknown {
    return this.decoder.decode(place).value;
  }

  private walk(from: number, address: Uint8Array, firstBit: number): number {
    const nodes = this.nodes;
    let at = from;
    for (let bit = firstBit; at < nodes && bit < 128; bit++)
      at = this.record(at, (address[bit >>> 3] >>> (~bit & 7)) & 1);
    return at > nodes ? this.placeOf(at) : 0;
  }

  /** The node or leaf `count` steps to one side. */
  private follow(from: number, count: number, right: 0 | 1): number {
    let at = from;
    for (let i = 0; i < count && at < this.nodes; i++) at = this.record(at, right);
    return at;
  }
}

/** The library's cache of what pointers point to, bounded: one place for each hash. */
class Targets {
  private readonly places = new Float64Array(REMEMBERED_TARGETS);
  private readonly values: unknown[] = new Array(REMEMBERED_TARGETS).fill(undefined);

  get(place: string | number): unknown {
    const slot = Number(place) % REMEMBERED_TARGETS;
    return this.places[slot] === place ? this.values[slot] : undefined;
  }

  set(place: string | number, value: unknown): void {
    const slot = Number(place) % REMEMBERED_TARGETS;
    this.places[slot] = Number(place);
    this.values[slot] = value;
  }
}

function readMetadata(bytes: Buffer, start: number, file: string): Map<string, unknown> {
  new ValueCheck(bytes, start, bytes.length, file).check(start);
  const value: unknown = new Decoder(bytes, start).decode(start).value;
  if (typeof value !== 'object' || value === null)
    throw new UsageError(`${file}: is damaged: its metadata is no map`);
  return new Map(Object.entries(value));
}

/** Why a file has no metadata. */
function whatElse(bytes: Buffer): string {
  const begins = (text: string) => bytes.subarray(0, text.length).equals(Buffer.from(text, 'latin1'));
  if (begins('\x1f\x8b')) return 'is compressed: unpack it with gunzip, or tar -xzf for a .tar.gz';
  if (begins('PK\x03\x04')) return 'is a ZIP archive: unpack it, and name the .mmdb file in it';
  if (bytes.subarray(257, 262).equals(Buffer.from('ustar')))
    return 'is a tar archive: unpack it, and name the .mmdb file in it';
  return 'is no MaxMind DB file, or cut short: there is no metadata at its end';
}

/** A value of the metadata, in a message. */
function told(value: unknown): string {
  return value === undefined ? 'missing' : typeof value === 'number' ? String(value) : `a ${typeof value}`;
}
