/** Address prefixes and ranges as rules write them. */
import { parseAddress } from '../../wire/ip/addresses.js';

export const IPV4_BITS = 32;
const IPV6_BITS = 128;

export interface Prefix {
  /** First and last address, as numbers of `width` bits. */
  readonly first: bigint;
  readonly last: bigint;
  /** Number of leading bits that all its addresses share; 0: every address. */
  readonly bits: number;
  readonly width: number;
  readonly text: string;
}

/** An address, or one with a prefix length. @returns undefined for anything else */
export function prefixOf(text: string): Prefix | undefined {
  const [name, length, more] = text.split('/');
  const bytes = new Uint8Array(16);
  const version = parseAddress(name, bytes, 0);
  if (version === 0 || more !== undefined) return undefined;
  const width = version === 4 ? IPV4_BITS : IPV6_BITS;
  const bits = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(bits <= width)) return undefined;
  const span = 1n << BigInt(width - bits);
  const first = (numberOf(bytes, width) / span) * span;
  return { first, last: first + span - 1n, bits, width, text };
}

/** The range of addresses between two, inclusive. */
export function rangeOf(from: string, to: string): Prefix | undefined {
  const a = prefixOf(from);
  const b = prefixOf(to);
  if (a === undefined || b === undefined || a.width !== b.width) return undefined;
  return { first: a.first, last: b.last, bits: a.width, width: a.width, text: `${from}-${to}` };
}

/** Whether all addresses of `inner` are in `outer` (true), none (false), or some (undefined). */
export function prefixesMeet(inner: Prefix, outer: Prefix): boolean | undefined {
  if (inner.width !== outer.width || inner.last < outer.first || inner.first > outer.last) return false;
  return inner.first >= outer.first && inner.last <= outer.last ? true : undefined;
}

function numberOf(address: Uint8Array, width: number): bigint {
  const bytes = width === IPV4_BITS ? address.subarray(12) : address;
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
