/**
 * Texts from bytes of the network. The same ones come again and again: those of late are remembered, so that
 * they cost no memory anew.
 */

/** The longest names, and the longest resources (paths, statements, filters). */
export const LONGEST_NAME = 255;
export const LONGEST_RESOURCE = 1024;
/** Texts remembered; one takes the place of another. */
const PLACES = 4096;
/** Longer ones are not remembered: they seldom come again. */
const LONGEST_REMEMBERED = 255;
const HEX = '0123456789abcdef';

/** How bytes become characters. */
const Form = { AsIs: 0, Lower: 1, Utf16Le: 2, Upper: 3 } as const;
type Form = (typeof Form)[keyof typeof Form];

/** Makes texts, for one session table. Bytes other than 0x20 to 0x7e become `\xNN`, as in Zeek. */
export class Texts {
  private readonly kept: (string | undefined)[] = new Array<string | undefined>(PLACES).fill(undefined);
  /** Characters of the text at hand. */
  private readonly scratch = new Uint8Array(4 * LONGEST_RESOURCE);
  private length = 0;

  /** @param seed makes it unknown which texts take each other's places */
  constructor(private readonly seed: number) {}

  /** The text of bytes `o` to `end`, at most `most` characters. */
  ascii(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    return this.make(b, o, end, most, Form.AsIs);
  }

  /** Likewise, in lower case. */
  lower(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    return this.make(b, o, end, most, Form.Lower);
  }

  /** Likewise, in upper case. */
  upper(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    return this.make(b, o, end, most, Form.Upper);
  }

  /**
   * The text of UTF-16, low byte first. Characters beyond ASCII stay, except controls and halves of pairs:
   * `\uNNNN`.
   */
  utf16(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    for (let i = o; i + 1 < end; i += 2)
      if (b[i + 1] !== 0 || b[i] < 0x20 || b[i] > 0x7e) return wide(b, o, end, most);
    return this.make(b, o, end, most, Form.Utf16Le);
  }

  /**
   * The text of UTF-8. Characters beyond ASCII stay if the bytes are valid, else bytes become `\xNN`; so do
   * controls.
   */
  utf8(b: Uint8Array, o: number, end: number, most = LONGEST_NAME): string {
    for (let i = o; i < end; i++)
      if (b[i] > 0x7e) {
        const text = validUtf8(b, o, Math.min(end, o + 4 * most));
        return text === undefined ? this.make(b, o, end, most, Form.AsIs) : clean(text, most);
      }
    return this.make(b, o, end, most, Form.AsIs);
  }

  /** Begins a text that is put together from pieces. */
  begin(): void {
    this.length = 0;
  }

  /** Adds one byte's character, or its `\xNN`. */
  add(c: number): void {
    if (this.length > this.scratch.length - 4) return;
    if (c >= 0x20 && c <= 0x7e) this.scratch[this.length++] = c;
    else this.escape(c);
  }

  /** Adds a word. */
  addWord(word: string): void {
    for (let i = 0; i < word.length; i++) this.add(word.charCodeAt(i));
  }

  /** Adds bytes as they are, or in lower case. */
  addBytes(b: Uint8Array, o: number, end: number, lower = false): void {
    for (let i = o; i < end; i++) this.add(lower ? lowered(b[i]) : b[i]);
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

  private make(b: Uint8Array, o: number, end: number, most: number, form: Form): string {
    this.length = 0;
    const step = form === Form.Utf16Le ? 2 : 1;
    for (let i = o; i < end && this.length < most; i += step) {
      const c = b[i];
      if (c < 0x20 || c > 0x7e) this.escape(c);
      else if (form === Form.Lower) this.scratch[this.length++] = lowered(c);
      else if (form === Form.Upper) this.scratch[this.length++] = c >= 0x61 && c <= 0x7a ? c - 0x20 : c;
      else this.scratch[this.length++] = c;
    }
    return this.text(Math.min(this.length, most));
  }

  private escape(c: number): void {
    const s = this.scratch;
    s[this.length++] = 0x5c;
    s[this.length++] = 0x78;
    s[this.length++] = HEX.charCodeAt(c >> 4);
    s[this.length++] = HEX.charCodeAt(c & 15);
  }

  private text(length: number): string {
    if (length === 0) return '';
    const s = this.scratch;
    if (length > LONGEST_REMEMBERED) return latin(s, length);
    let h = this.seed ^ length;
    for (let i = 0; i < length; i++) h = Math.imul(h ^ s[i], 0x9e3779b1) ^ (h >>> 15);
    const place = (h ^ (h >>> 16)) & (PLACES - 1);
    const kept = this.kept[place];
    if (kept !== undefined && kept.length === length) {
      let i = 0;
      while (i < length && kept.charCodeAt(i) === s[i]) i++;
      if (i === length) return kept;
    }
    const text = latin(s, length);
    this.kept[place] = text;
    return text;
  }
}

function lowered(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c + 0x20 : c;
}

function latin(s: Uint8Array, length: number): string {
  let text = '';
  for (let i = 0; i < length; i += 512)
    text += String.fromCharCode.apply(null, s.subarray(i, Math.min(i + 512, length)) as unknown as number[]);
  return text;
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
