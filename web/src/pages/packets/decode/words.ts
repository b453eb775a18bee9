/** Bytes in words. Whatever comes from the wire becomes text in which nothing can hide. */
import { u16, u32 } from '../../../../../src/wire/bytes.js';
import { formatIpv4, formatMac } from '../../../../../src/wire/ip/addresses.js';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** The longest text of a field. */
export const LONGEST_TEXT = 300;
/** What stands for a character that is none to be seen. */
export const DOT = '·';

/** Characters that control a terminal or the direction of writing, or are not to be seen. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\ufffd]/gu;
/** The same but for line ends and tabs. */
const UNSEEN_BUT_LINES = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}\ufffd]/gu;

export function count(n: number): string {
  return whole.format(n);
}

export function bytesOf(n: number): string {
  return `${count(n)} ${n === 1 ? 'byte' : 'bytes'}`;
}

/** `0x0800`. */
export function hex(n: number, digits: number): string {
  return `0x${n.toString(16).padStart(digits, '0')}`;
}

/** `48 54 54 50`, at most `most` bytes of it. */
export function hexBytes(b: Uint8Array, at: number, end: number, most = 16): string {
  const last = Math.min(end, at + most, b.length);
  let text = '';
  for (let i = at; i < last; i++) text += i > at ? ` ${HEX[b[i]!]!}` : HEX[b[i]!]!;
  return last < end ? `${text} …` : text;
}

/** Bytes without spaces, as ids are written. */
export function hexWord(b: Uint8Array, at: number, end: number): string {
  return hexBytes(b, at, end, 64).replaceAll(' ', '');
}

/**
 * Bytes as characters: UTF-8, if all of them are; else those of ASCII, as what looks like letters beyond it
 * is mostly chance.
 */
function characters(b: Uint8Array): string {
  try {
    // A character may go on behind the bytes.
    return new TextDecoder('utf-8', { fatal: true }).decode(b, { stream: true });
  } catch {
    return new TextDecoder('latin1').decode(b).replace(/[\u0080-\uffff]/g, DOT);
  }
}

/** The text of bytes in one line: what cannot be seen is `·`. */
export function text(b: Uint8Array, at: number, end: number, most = LONGEST_TEXT): string {
  // Four bytes a character at the most.
  const said = characters(b.subarray(at, Math.min(end, at + 4 * most))).replace(UNSEEN, DOT);
  return said.length > most || at + 4 * most < end ? `${said.slice(0, most)}…` : said;
}

/** The same with its lines and tabs, of all bytes. */
export function lines(b: Uint8Array): string {
  return characters(b).replaceAll('\r\n', '\n').replace(UNSEEN_BUT_LINES, DOT);
}

/** A byte as a character, `·` where it is none of ASCII. */
export function character(c: number): string {
  return c >= 0x20 && c <= 0x7e ? String.fromCharCode(c) : DOT;
}

/** Whether bytes are text for people: printable, with lines and tabs. */
export function isText(b: Uint8Array, at: number, end: number): boolean {
  const last = Math.min(end, at + 64);
  for (let i = at; i < last; i++) {
    const c = b[i]!;
    if (c < 0x20 ? c !== 9 && c !== 10 && c !== 13 : c === 0x7f) return false;
  }
  return last > at;
}

/** Where the line that begins at `at` ends: its LF, or CR LF, or `end`. */
export function lineEnd(b: Uint8Array, at: number, end: number): number {
  let q = at;
  while (q < end && b[q] !== 10) q++;
  return q > at && q < end && b[q - 1] === 13 ? q - 1 : q;
}

/** Behind the end of that line. */
export function nextLine(b: Uint8Array, lineEnd: number, end: number): number {
  let q = lineEnd;
  if (q < end && b[q] === 13) q++;
  return q < end && b[q] === 10 ? q + 1 : q;
}

export const byte = (b: Uint8Array, at: number): string => count(b[at]!);
export const word = (b: Uint8Array, at: number): string => count(u16(b, at));
export const long = (b: Uint8Array, at: number): string => count(u32(b, at));
export const hex16 = (b: Uint8Array, at: number): string => hex(u16(b, at), 4);
export const hex32 = (b: Uint8Array, at: number): string => hex(u32(b, at), 8);
export const mac = (b: Uint8Array, at: number): string => formatMac(b, at);
export const ipv4 = (b: Uint8Array, at: number): string => formatIpv4(b, at);

/** An IPv6 address. Between ::ffff: and IPv4 it is still one of 16 bytes. */
export function ipv6(b: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16(b, at + 2 * i));
  let [from, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > length) [from, length] = [i, n];
    i += n;
  }
  const part = (a: number, z: number): string =>
    groups
      .slice(a, z)
      .map((group) => group.toString(16))
      .join(':');
  return from < 0 ? part(0, 8) : `${part(0, from)}::${part(from + length, 8)}`;
}

/** A number's word, and the number where it has none. */
export function named(words: Readonly<Record<number, string>>, n: number): string {
  return words[n] ?? String(n);
}

/** Words of the bits that are set. */
export function flags(n: number, words: readonly (readonly [bit: number, word: string])[]): string {
  const set = words.filter(([bit]) => (n & bit) !== 0).map(([, said]) => said);
  return set.length === 0 ? 'none' : set.join(', ');
}
