/** The addresses that reverse names are of (RFC 1035, 3.5; RFC 3596, 2.5). */

const IPV4 = '.in-addr.arpa';
const IPV6 = '.ip6.arpa';
const NIBBLES = 32;

/**
 * Reads `7.31.20.10.in-addr.arpa` or an address of IPv6 in nibbles under ip6.arpa, in lower case.
 *
 * @param to takes 16 bytes, IPv4 as ::ffff:a.b.c.d
 * @returns false if it is neither, or is not of a whole address
 */
export function reverseAddress(name: string, to: Uint8Array): boolean {
  if (name.endsWith(IPV4)) return ipv4(name, name.length - IPV4.length, to);
  return name.endsWith(IPV6) && ipv6(name, name.length - IPV6.length, to);
}

function ipv4(name: string, length: number, to: Uint8Array): boolean {
  to.fill(0, 0, 10);
  to.fill(0xff, 10, 12);
  let at = 15;
  let value = -1;
  for (let i = 0; i <= length; i++) {
    const c = i === length ? 0x2e : name.charCodeAt(i);
    if (c === 0x2e) {
      if (value < 0 || value > 255 || at < 12) return false;
      to[at--] = value;
      value = -1;
    } else if (c >= 0x30 && c <= 0x39 && value < 256) value = Math.max(value, 0) * 10 + c - 0x30;
    else return false;
  }
  return at === 11;
}

function ipv6(name: string, length: number, to: Uint8Array): boolean {
  if (length !== NIBBLES * 2 - 1) return false;
  for (let i = 0; i < NIBBLES; i++) {
    if (i > 0 && name.charCodeAt(2 * i - 1) !== 0x2e) return false;
    const nibble = nibbleOf(name.charCodeAt(2 * i));
    if (nibble < 0) return false;
    const at = 15 - (i >> 1);
    to[at] = (i & 1) === 0 ? nibble : to[at] | (nibble << 4);
  }
  return true;
}

function nibbleOf(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  return c >= 0x61 && c <= 0x66 ? c - 0x57 : -1;
}
