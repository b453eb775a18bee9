/**
 * Networks as lines of JSON, as the store tells them and as they come through the control socket:
 * `["10.20.0.0", 112, "accounting", "Bonn", "staff", "", null, null]`, which are address, length of the
 * prefix (of 128 bits, IPv4 as ::ffff:a.b.c.d), name, site, role, tenant, VLAN id, VNI.
 */
import { UsageError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { formatIp, parseAddress } from '../../wire/ip/addresses.js';

/** Networks of a load. */
export const MOST_LOADED = 2_000_000;
/** Bytes of each of a network's texts. */
export const LONGEST_TEXT = 256;
/** Bytes of a line: each of the four texts may be escaped throughout. */
export const LONGEST_LINE = 8192;

const HIGHEST_VLAN = 4095;
const HIGHEST_VNI = 0xff_ffff;
const BITS = 128;
const FIELDS = 8;
const NEWLINE = 10;
/** They deceive a terminal: control characters, halves of pairs, what turns the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u;

/** The columns of `network_loads` that a line has, in order. */
export const LINE_COLUMNS = 'address, bits, name, site, role, tenant, vlan, vni';

export function networkLine(n: Network): string {
  const { bits, name, site, role, tenant, vlan = null, vni = null } = n;
  return `${JSON.stringify([formatIp(n.address, 0), bits, name, site, role, tenant, vlan, vni])}\n`;
}

/** Parses a line that the store told. */
export function storedNetwork(line: string): Network {
  const [address, bits, name, site, role, tenant, vlan, vni] = JSON.parse(line) as Fields;
  return {
    address: addressOf(address) ?? new Uint8Array(16),
    bits,
    name,
    site,
    role,
    tenant,
    vlan: vlan ?? undefined,
    vni: vni ?? undefined,
  };
}

/** Parses pieces of lines that the store told, cut anywhere. */
export function* networksOfLines(pieces: Iterable<Uint8Array>): Generator<Network> {
  let rest = Buffer.alloc(0);
  for (const piece of pieces) {
    const all =
      rest.length === 0
        ? Buffer.from(piece.buffer, piece.byteOffset, piece.length)
        : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      yield storedNetwork(all.toString('utf8', start, end));
      start = end + 1;
    }
    rest = Buffer.from(all.subarray(start));
  }
}

/** Parses a line that anybody may have written. @throws UsageError unless it is a network */
export function givenNetwork(line: string): Network {
  const fields = fieldsOf(line);
  const [address, bits, name, site, role, tenant, vlan, vni] = fields;
  const bytes = typeof address === 'string' ? addressOf(address) : undefined;
  const texts = [name, site, role, tenant];
  if (bytes === undefined || !isCount(bits, BITS) || !isPrefix(bytes, bits)) throw wrong('no prefix');
  if (!texts.every(isText)) throw wrong('a text that is too long, or has a control character');
  if ((vlan !== null && !isCount(vlan, HIGHEST_VLAN)) || (vni !== null && !isCount(vni, HIGHEST_VNI)))
    throw wrong('a VLAN id or VNI that cannot be');
  return storedNetwork(line);
}

type Fields = [string, number, string, string, string, string, number | null, number | null];

function fieldsOf(line: string): unknown[] {
  try {
    const fields: unknown = JSON.parse(line);
    if (Array.isArray(fields) && fields.length === FIELDS) return fields;
  } catch {
    // As any other line that is none.
  }
  throw wrong(`not ${FIELDS} values`);
}

function addressOf(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  return parseAddress(text, bytes, 0) === 0 ? undefined : bytes;
}

/** Whether the bits behind the prefix are 0. */
function isPrefix(address: Uint8Array, bits: number): boolean {
  return address.every((byte, i) => (byte & (0xff >>> Math.min(8, Math.max(0, bits - i * 8)))) === 0);
}

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !UNPRINTABLE.test(value) && Buffer.byteLength(value) <= LONGEST_TEXT;
}

function wrong(what: string): UsageError {
  return new UsageError(`networks: a line that has ${what}`);
}
