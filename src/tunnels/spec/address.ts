/** Addresses in text form, and as bytes in network order. */
import { isIP } from 'node:net';

/** @returns 4 or 16 bytes; null if `text` is neither an IPv4 nor an IPv6 address. */
export function parseAddress(text: string): Uint8Array | null {
  switch (isIP(text)) {
    case 4:
      return Uint8Array.from(text.split('.'), Number);
    case 6:
      return parseIpv6Text(text.split('%')[0]);
    default:
      return null;
  }
}

function parseIpv6Text(text: string): Uint8Array {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [, head, a, b, c, d] = dotted;
    const word = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return parseIpv6Text(`${head}${word(a, b)}:${word(c, d)}`);
  }
  const [left, right] = text.split('::');
  const words = (part: string | undefined) =>
    part ? part.split(':').map((w) => Number.parseInt(w, 16)) : [];
  const start = words(left);
  const tail = words(right);
  const bytes = new Uint8Array(16);
  const put = (value: number, i: number) => {
    bytes[i * 2] = value >>> 8;
    bytes[i * 2 + 1] = value;
  };
  start.forEach(put);
  tail.forEach((value, i) => {
    put(value, 8 - tail.length + i);
  });
  return bytes;
}

/** All bytes zero: any address. */
export function isAny(address: Uint8Array): boolean {
  return address.every((byte) => byte === 0);
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: Uint8Array): boolean {
  return address.length === 4 ? address[0] >>> 4 === 14 : address[0] === 0xff;
}

/** The address in text form (RFC 5952 for IPv6). */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push((address[i] << 8) | address[i + 1]);
  let best = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > length) {
      best = i;
      length = n;
    }
    i += n;
  }
  const hex = (part: number[]) => part.map((word) => word.toString(16)).join(':');
  return best < 0 ? hex(words) : `${hex(words.slice(0, best))}::${hex(words.slice(best + length))}`;
}
