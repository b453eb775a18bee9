import type { Texts } from './engine/texts.js';

const HEX = '0123456789abcdef';

/** Where the text of bytes `o` to `end` ends without the NULs and spaces that fill it up. */
export function trimmed(b: Uint8Array, o: number, end: number): number {
  let stop = end;
  while (stop > o && (b[stop - 1] === 0 || b[stop - 1] === 0x20)) stop--;
  return stop;
}

/** Adds a byte as two hexadecimal digits. */
export function addHex(texts: Texts, byte: number): void {
  texts.add(HEX.charCodeAt(byte >> 4));
  texts.add(HEX.charCodeAt(byte & 15));
}

/** The 32 bits at `o` as `0x0011aaff`. */
export function hexWord(texts: Texts, b: Uint8Array, o: number): string {
  texts.begin();
  texts.addWord('0x');
  for (let i = 0; i < 4; i++) addHex(texts, b[o + i]);
  return texts.take();
}

/** Bytes `o` to `end` as `00:11:aa:ff`. */
export function macWord(texts: Texts, b: Uint8Array, o: number, end: number): string {
  texts.begin();
  for (let i = o; i < end; i++) {
    if (i > o) texts.add(0x3a);
    addHex(texts, b[i]);
  }
  return texts.take();
}

/** The IPv4 address at `o`. */
export function ipv4Word(texts: Texts, b: Uint8Array, o: number): string {
  texts.begin();
  for (let i = 0; i < 4; i++) {
    if (i > 0) texts.add(0x2e);
    texts.addNumber(b[o + i]);
  }
  return texts.take();
}
