/** Addresses in text form, formatted and parsed. */
import { u16, u32 } from '../bytes.js';

const HEX2 = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Whether the 16-byte address at `o` is IPv4's, ::ffff:a.b.c.d. */
export function isMapped(b: Uint8Array, o: number): boolean {
  for (let i = 0; i < 10; i++) if (b[o + i] !== 0) return false;
  return b[o + 10] === 0xff && b[o + 11] === 0xff;
}

/**
 * The text of the 16-byte address at `o`: IPv4 (stored as ::ffff:a.b.c.d) as a.b.c.d, IPv6 in the form of RFC
 * 5952 section 4.
 */
export function formatIp(b: Uint8Array, o: number): string {
  if (isMapped(b, o)) return formatIpv4(b, o + 12);
  const run = zeroGroups(b, o);
  const start = run & 15;
  const length = run >>> 4;
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

/**
 * The groups of the IPv6 address at `o` that are written `::`: the longest run of two or more zeros, the
 * first of equals.
 *
 * @returns the first of them, and in the bits above the lowest four how many they are; 8 and 1 for none
 */
export function zeroGroups(b: Uint8Array, o: number): number {
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
  return start | (length << 4);
}

/** The text of the 6-byte MAC address at `o`: lower case, with colons. */
export function formatMac(b: Uint8Array, o: number): string {
  const oui = `${HEX2[b[o]]}:${HEX2[b[o + 1]]}:${HEX2[b[o + 2]]}`;
  return `${oui}:${HEX2[b[o + 3]]}:${HEX2[b[o + 4]]}:${HEX2[b[o + 5]]}`;
}

/** The same of a MAC address that is a 48-bit number. */
export function macText(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:');
}

/** The text of the 4-byte IPv4 address at `o`. */
export function formatIpv4(b: Uint8Array, o: number): string {
  return `${b[o]}.${b[o + 1]}.${b[o + 2]}.${b[o + 3]}`;
}

/**
 * Copies an address into 16 bytes: IPv6 as it is, IPv4 as ::ffff:a.b.c.d.
 *
 * @param version 4 or 6: how many bytes there are at `o` (4 or 16).
 */
export function copyAddress16(b: Uint8Array, o: number, version: number, to: Uint8Array, at: number): void {
  if (version === 6) {
    for (let i = 0; i < 16; i++) to[at + i] = b[o + i];
    return;
  }
  for (let i = 0; i < 10; i++) to[at + i] = 0;
  to[at + 10] = 0xff;
  to[at + 11] = 0xff;
  for (let i = 0; i < 4; i++) to[at + 12 + i] = b[o + i];
}

/**
 * Parses an IPv4 or IPv6 address into 16 bytes at `at`, IPv4 as ::ffff:a.b.c.d. Zones (`%eth0`) and leading
 * zeros in dotted parts are refused.
 *
 * @returns 4 or 6, or 0 if the text is no address.
 */
export function parseAddress(text: string, to: Uint8Array, at: number): 0 | 4 | 6 {
  if (!text.includes(':')) {
    const four = dotted(text);
    if (four === null) return 0;
    copyAddress16(four, 0, 4, to, at);
    return 4;
  }
  const words = colons(text);
  if (words === null) return 0;
  for (let i = 0; i < 8; i++) {
    to[at + 2 * i] = words[i] >>> 8;
    to[at + 2 * i + 1] = words[i];
  }
  return 6;
}

/** Parses six hexadecimal bytes with colons or dashes. @returns false if the text is no MAC address. */
export function parseMac(text: string, to: Uint8Array, at: number): boolean {
  if (!/^[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}$/i.test(text)) return false;
  text.split(/[:-]/).forEach((part, i) => {
    to[at + i] = Number.parseInt(part, 16);
  });
  return true;
}

/** The number that {@link macText} has written; 0 for '', or if the text is no MAC address. */
export function macNumber(text: string): number {
  const mac = new Uint8Array(6);
  return parseMac(text, mac, 0) ? u16(mac, 0) * 2 ** 32 + u32(mac, 2) : 0;
}

/** Of a byte of which nothing was read. */
const NO_DIGIT = -1;

function dotted(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4);
  let [at, byte] = [0, NO_DIGIT];
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (byte === 0) return null;
      byte = byte === NO_DIGIT ? digit : byte * 10 + digit;
      if (byte > 255) return null;
    } else {
      if (text[i] !== '.' || byte === NO_DIGIT || at === 3) return null;
      bytes[at++] = byte;
      byte = NO_DIGIT;
    }
  }
  if (byte === NO_DIGIT || at !== 3) return null;
  bytes[3] = byte;
  return bytes;
}

/** The eight words of an IPv6 address (RFC 4291 section 2.2), null if it is none. */
function colons(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = words(halves[0], halves.length === 1);
  if (head === null) return null;
  if (halves.length === 1) return head.length === 8 ? head : null;
  const tail = words(halves[1], true);
  if (tail === null || head.length + tail.length > 7) return null;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Words separated by colons; with `last`, the last two may be a dotted IPv4 address. */
function words(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const out: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (/^[0-9a-f]{1,4}$/i.test(part)) out.push(Number.parseInt(part, 16));
    else {
      const four = last && i === parts.length - 1 ? dotted(part) : null;
      if (four === null) return null;
      out.push((four[0] << 8) | four[1], (four[2] << 8) | four[3]);
    }
  }
  return out;
}
