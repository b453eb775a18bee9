/** Addresses as people write them. */

const HEX2 = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/**
 * The text of the 16-byte address at `o`: IPv4 (held as ::ffff:a.b.c.d) as a.b.c.d, IPv6 as RFC 5952 section 4
 * wants it.
 */
export function formatIp(b: Uint8Array, o: number): string {
  let zeros = 0;
  while (zeros < 10 && b[o + zeros] === 0) zeros++;
  if (zeros === 10 && b[o + 10] === 0xff && b[o + 11] === 0xff)
    return `${b[o + 12]}.${b[o + 13]}.${b[o + 14]}.${b[o + 15]}`;
  // The longest run of two or more zero groups, the first of equals, is written ::.
  let start = 8;
  let length = 1;
  for (let i = 0; i < 8; ) {
    let n = 0;
    while (i + n < 8 && b[o + (i + n) * 2] === 0 && b[o + (i + n) * 2 + 1] === 0) n++;
    if (n > length) {
      start = i;
      length = n;
    }
    i += n === 0 ? 1 : n;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      text += '::';
      i += length - 1;
      continue;
    }
    if (i > 0 && i !== start + length) text += ':';
    text += ((b[o + i * 2] << 8) | b[o + i * 2 + 1]).toString(16);
  }
  return text;
}

/** The text of the 6-byte MAC address at `o`: lower case, with colons. */
export function formatMac(b: Uint8Array, o: number): string {
  return `${HEX2[b[o]]}:${HEX2[b[o + 1]]}:${HEX2[b[o + 2]]}:${HEX2[b[o + 3]]}:${HEX2[b[o + 4]]}:${HEX2[b[o + 5]]}`;
}

/** The text of the 16-byte UUID at `o`, in network byte order. */
export function formatUuid(b: Uint8Array, o: number): string {
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += HEX2[b[o + i]];
  }
  return text;
}
