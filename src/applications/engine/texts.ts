/**
 * Texts from bytes of the network. The same ones come again and again: those of late are remembered, so that
 * they cost no memory anew.
 */

import { LOWER_CASE } from '../text.js';
import { CAPITALS, changed, lastWord, mixed, oddities, SMALL_LETTERS, UPPER_BITS } from './characters.js';
import { KeptTexts } from './kept-texts.js';

/** The longest names, and the longest resources (paths, statements, filters). */
export const LONGEST_NAME = 255;
export const LONGEST_RESOURCE = 1024;
/** Texts remembered, by how many characters they have: most are short. Longer ones seldom come again. */
const SHORT = { places: 4096, most: 28 };
const LONG = { places: 1024, most: 252 };
/** The most characters of which a string is made from a list of them, which is faster up to about here. */
const MOST_LISTED = 16;
/** By byte, its character, and that in lower case; 0 where it is `\xNN`. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, c) => (isPlain(c) ? c : 0));
const PLAIN_LOWER = PLAIN.map((c) => LOWER_CASE[c]);
const HEX = '0123456789abcdef';

/** Makes texts, for one session table. Bytes other than 0x20 to 0x7e become `\xNN`, as in Zeek. */
export class Texts {
  private readonly short = new KeptTexts(SHORT.places, SHORT.most);
  private readonly long = new KeptTexts(LONG.places, LONG.most);
  /**
   * Characters of the text at hand, up to `length`; the same as words of four, the first one lowest (hosts
   * are little endian); and as what makes strings.
   */
  private readonly scratch = new Uint8Array(4 * LONGEST_RESOURCE);
  private readonly words = new Int32Array(this.scratch.buffer);
  private readonly buffer = Buffer.from(this.scratch.buffer);
  /** By length, characters of a short text. */
  private readonly lists = Array.from({ length: MOST_LISTED + 1 }, (_, n) => new Array<number>(n).fill(0));
  private length = 0;

  /** @param seed of hashes: it makes it unknown which texts take each other's places */
  constructor(private readonly seed: number) {}

  /** The text of bytes `o` to `end`, at most `most` characters. */
  ascii(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    return this.make(b, o, end, most, 0);
  }

  /** Likewise, in lower case. */
  lower(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    return this.make(b, o, end, most, CAPITALS);
  }

  /** Likewise, in upper case. */
  upper(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    return this.make(b, o, end, most, SMALL_LETTERS);
  }

  /**
   * The text of UTF-16, low byte first. Characters beyond ASCII stay, except controls and halves of pairs:
   * `\uNNNN`.
   */
  utf16(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    const { scratch } = this;
    let n = 0;
    let i = o;
    for (; i + 1 < end; i += 2) {
      if (b[i + 1] !== 0 || !isPlain(b[i])) return wide(b, o, end, most);
      if (n < most) scratch[n++] = b[i];
    }
    // Half a character, where the bytes are cut.
    if (i < end && n < most) {
      if (isPlain(b[i])) scratch[n++] = b[i];
      else n = this.escape(n, b[i]);
    }
    return this.text(Math.min(n, most));
  }

  /**
   * The text of UTF-8. Characters beyond ASCII stay if the bytes are valid, else bytes become `\xNN`; so do
   * controls.
   */
  utf8(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    for (let i = o; i < end; i++)
      if (b[i] > 0x7e) {
        const text = validUtf8(b, o, Math.min(end, o + 4 * most));
        return text === undefined ? this.ascii(b, o, end, most) : clean(text, most);
      }
    return this.ascii(b, o, end, most);
  }

  /** Begins a text that is put together from pieces. */
  begin(): void {
    this.length = 0;
  }

  /** Adds one byte's character, or its `\xNN`. */
  add(c: number): void {
    const n = this.length;
    if (n > this.scratch.length - 4) return;
    if (isPlain(c)) {
      this.scratch[n] = c;
      this.length = n + 1;
    } else this.length = this.escape(n, c);
  }

  /** Adds a word. */
  addWord(word: string): void {
    const { scratch } = this;
    const most = scratch.length - 4;
    let n = this.length;
    for (let i = 0; i < word.length && n <= most; i++) {
      const c = word.charCodeAt(i);
      if (isPlain(c)) scratch[n++] = c;
      else n = this.escape(n, c);
    }
    this.length = n;
  }

  /** Adds bytes as they are, or in lower case. */
  addBytes(b: Uint8Array, o: number, end: number, lower = false): void {
    const { scratch } = this;
    const most = scratch.length - 4;
    let n = this.length;
    const characters = lower ? PLAIN_LOWER : PLAIN;
    for (let i = o; i < end && n <= most; i++) {
      const c = characters[b[i]];
      if (c !== 0) scratch[n++] = c;
      else n = this.escape(n, b[i]);
    }
    this.length = n;
  }

  /** Adds a number in decimal. */
  addNumber(n: number): void {
    this.addWord(String(n));
  }

  /** Characters that were added. */
  get added(): number {
    return this.length;
  }

  /** The text that was put together, at most `most` characters. */
  take(most = LONGEST_NAME): string {
    return this.text(Math.min(this.length, most));
  }

  /** @param letters whose case changes: CAPITALS, SMALL_LETTERS, or 0 for none */
  private make(b: Uint8Array, o: number, end: number, most: number, letters: number): string {
    const length = Math.min(end - o, most);
    if (length <= 0) return '';
    const { words } = this;
    const stop = o + length;
    let h = this.seed ^ length;
    let odd = 0;
    let n = 0;
    let i = o;
    for (const last = stop - 3; i < last; i += 4) {
      const w = b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24);
      odd |= oddities(w);
      words[n] = letters === 0 ? w : changed(w, letters);
      h = mixed(h, words[n++]);
    }
    if (i < stop) {
      const w = lastWord(b, i, stop);
      odd |= oddities(w);
      words[n] = letters === 0 ? w : changed(w, letters);
      h = mixed(h, words[n++]);
    }
    if ((odd & UPPER_BITS) !== 0) return this.escaped(b, o, end, most, letters);
    return this.remembered(length, n, h);
  }

  /** Likewise, where some bytes become `\xNN`. */
  private escaped(b: Uint8Array, o: number, end: number, most: number, letters: number): string {
    const { scratch } = this;
    let n = 0;
    for (let i = o; i < end && n < most; i++) {
      const c = b[i];
      if (!isPlain(c)) n = this.escape(n, c);
      else scratch[n++] = letters === 0 ? c : changed(c, letters);
    }
    return this.text(Math.min(n, most));
  }

  /** @returns the place behind it */
  private escape(at: number, c: number): number {
    const s = this.scratch;
    s[at] = 0x5c;
    s[at + 1] = 0x78;
    s[at + 2] = HEX.charCodeAt(c >> 4);
    s[at + 3] = HEX.charCodeAt(c & 15);
    return at + 4;
  }

  /** The text of the scratch's first characters. What is behind them is lost. */
  private text(length: number): string {
    if (length <= 0) return '';
    if (length > LONG.most) return this.string(length);
    const { words, scratch } = this;
    for (let i = length; (i & 3) !== 0; i++) scratch[i] = 0x20;
    const count = (length + 3) >> 2;
    let h = this.seed ^ length;
    for (let i = 0; i < count; i++) h = mixed(h, words[i]);
    return this.remembered(length, count, h);
  }

  /**
   * The text of the scratch's first characters, whose last word has spaces behind them.
   *
   * @param count words of it
   * @param hash of them
   */
  private remembered(length: number, count: number, hash: number): string {
    if (length > LONG.most) return this.string(length);
    const { words } = this;
    const kept = length <= SHORT.most ? this.short : this.long;
    const known = kept.find(words, length, count, hash);
    if (known !== '') return known;
    const text = this.string(length);
    kept.put(words, length, count, hash, text);
    return text;
  }

  /** A string of the scratch's first characters. Of few, it is made without a call into Node. */
  private string(length: number): string {
    if (length > MOST_LISTED) return this.buffer.toString('latin1', 0, length);
    const list = this.lists[length];
    for (let i = 0; i < length; i++) list[i] = this.scratch[i];
    return String.fromCharCode(...list);
  }
}

function isPlain(c: number): boolean {
  return c >= 0x20 && c <= 0x7e;
}

function wide(b: Uint8Array, o: number, end: number, most: number): string {
  let text = '';
  for (let i = o; i + 1 < end && text.length < most; i += 2)
    text += String.fromCharCode(b[i] | (b[i + 1] << 8));
  return clean(text, most);
}

const DECODER = new TextDecoder('utf-8');
/** What a decoder puts in place of bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd';

function validUtf8(b: Uint8Array, o: number, end: number): string | undefined {
  const text = DECODER.decode(b.slice(o, end));
  return text.includes(REPLACEMENT) ? undefined : text;
}

/** Controls and halves of pairs as `\uNNNN`; at most `most` UTF-16 units, no pair cut. */
function clean(text: string, most: number): string {
  let out = '';
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    const bad = code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000);
    const shown = bad ? `\\u${code.toString(16).padStart(4, '0')}` : c;
    if (out.length + shown.length > most) break;
    out += shown;
  }
  return out;
}
