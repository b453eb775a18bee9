/** Prefixes as people and programs write them: `10.0.0.0/8`, `10.0.0.0` and `255.0.0.0`, `2001:db8::/32`. */
import { type Prefix, parsePrefix } from '../config/units.js';
import { formatIp, parseAddress } from '../wire/ip/addresses.js';

/** Bits before an IPv4 address in ::ffff:a.b.c.d. */
const IPV4_AT = 96;
const MAPPED = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

/** The text of a prefix: `10.0.0.0/8`, `2001:db8::/32`. @param address 16 bytes @param bits 0 to 128 */
export function formatPrefix(address: Uint8Array, bits: number): string {
  const mapped = bits >= IPV4_AT && MAPPED.every((byte, i) => address[i] === byte);
  return `${formatIp(address, 0)}/${mapped ? bits - IPV4_AT : bits}`;
}

/**
 * Clears the bits behind the length of a prefix.
 *
 * @returns whether one was set
 */
export function clearHostBits(prefix: Prefix): boolean {
  let some = 0;
  for (let i = prefix.bits >>> 3; i < 16; i++) {
    const mask = i === prefix.bits >>> 3 ? 0xff >>> (prefix.bits & 7) : 0xff;
    some |= prefix.address[i] & mask;
    prefix.address[i] &= ~mask;
  }
  return some !== 0;
}

/**
 * The prefix of an address and a netmask, which is a length (`24`) or dotted (`255.255.255.0`).
 *
 * @returns undefined for anything else
 */
export function parseMasked(address: string, netmask: string): Prefix | undefined {
  if (!netmask.includes('.')) return parsePrefix(`${address}/${netmask}`);
  const mask = new Uint8Array(16);
  if (parseAddress(netmask, mask, 0) !== 4) return undefined;
  const value = ((mask[12] << 24) | (mask[13] << 16) | (mask[14] << 8) | mask[15]) >>> 0;
  const ones = Math.clz32(~value);
  // All ones are at the front, as the mask says.
  if (ones < 32 && value << ones !== 0) return undefined;
  return parsePrefix(`${address}/${ones}`);
}
