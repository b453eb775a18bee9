import { LONGEST_RESOURCE, type Texts } from '../engine/texts.js';
import { BACKSLASH } from './characters.js';

const LONGEST_METHOD = 32;
/** Characters beyond the longest text that are written: a word that begins at its end is still whole. */
const BEYOND = 64;
/** Statements remembered; one takes the place of another. */
const PLACES = 512;
/** Longer ones are not remembered, for the room that they would take. */
const LONGEST = 256;
/** Characters are hashed and compared four at a time. */
const WORDS = LONGEST / 4;

/**
 * Makes texts of statements that were written to `bytes`. Those of late are remembered: clients send few
 * different ones, once their literals are gone.
 */
export class Remembered {
  /** Words are written up to here, what else there is of a statement up to its longest text. */
  static readonly MOST = LONGEST_RESOURCE + BEYOND;
  /** Printable ASCII. Behind MOST there is room for the last one of the characters, two of them, escaped. */
  readonly bytes = new Uint8Array(Remembered.MOST + 16);
  /** The statement, at most 1,024 characters; its first word in upper case. */
  text = '';
  word = '';
  private readonly buffer = Buffer.from(this.bytes.buffer);
  private readonly words = new Uint32Array(this.bytes.buffer);
  /** Remembered ones: their characters; how long they are and where their word is; text and word. */
  private readonly characters = new Uint32Array(PLACES * WORDS);
  private readonly shapes = new Uint32Array(PLACES);
  private readonly texts: string[] = new Array<string>(PLACES).fill('');
  private readonly firsts: string[] = new Array<string>(PLACES).fill('');
  /** Makes it unknown which statements take each other's places. */
  private readonly seed = Math.floor(Math.random() * 0x1_0000_0000) | 0;

  /** Takes a statement of `length` characters, whose first word stands from `from` to `to`. */
  take(texts: Texts, length: number, from: number, to: number): void {
    if (length === 0) {
      this.text = this.word = '';
      return;
    }
    if (length > LONGEST) {
      this.text = this.buffer.toString('latin1', 0, Math.min(length, LONGEST_RESOURCE));
      this.word = this.first(texts, from, to);
      return;
    }
    const { bytes, words, characters } = this;
    bytes[length] = bytes[length + 1] = bytes[length + 2] = 0;
    const count = (length + 3) >> 2;
    const shape = (length << 20) | (from << 10) | to;
    let h = this.seed ^ shape;
    for (let i = 0; i < count; i++) {
      h = Math.imul(h ^ words[i], 0x9e3779b1);
      h ^= h >>> 15;
    }
    const place = (h ^ (h >>> 16)) & (PLACES - 1);
    const at = place * WORDS;
    if (this.shapes[place] === shape) {
      let i = 0;
      while (i < count && characters[at + i] === words[i]) i++;
      if (i === count) {
        this.text = this.texts[place];
        this.word = this.firsts[place];
        return;
      }
    }
    for (let i = 0; i < count; i++) characters[at + i] = words[i];
    this.shapes[place] = shape;
    this.text = this.texts[place] = this.buffer.toString('latin1', 0, length);
    this.word = this.firsts[place] = this.first(texts, from, to);
  }

  /** The first word, in upper case but for what is escaped. */
  private first(texts: Texts, from: number, to: number): string {
    const { bytes } = this;
    texts.begin();
    let escaped = 0;
    for (let i = from; i < to; i++) {
      const c = bytes[i];
      // \xNN, or \uNNNN.
      if (c === BACKSLASH) escaped = bytes[i + 1] === 0x78 ? 4 : 6;
      texts.add(escaped === 0 && c >= 0x61 && c <= 0x7a ? c - 0x20 : c);
      if (escaped > 0) escaped--;
    }
    return texts.take(LONGEST_METHOD);
  }
}
