/** Text that recurs in every row, prepared for being copied. */

const encoder = new TextEncoder();

/** The bytes of a text in UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A string of JSON without its quotes. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * A text as 64-bit numbers, the last one filled up with zeros: a loop copies eight bytes at once with them,
 * which for such short texts is several times faster than a loop over bytes, and than `set`. As numbers they
 * are never NaN, whose bits would not be safe: UTF-8 has no 0xff, and no 0x7f behind a byte from 0xf0 on.
 */
export class Piece {
  readonly words: Float64Array;
  /** Bytes of the text. */
  readonly length: number;

  constructor(readonly text: string) {
    const bytes = utf8(text);
    this.length = bytes.length;
    this.words = new Float64Array(Math.ceil(bytes.length / 8));
    const filled = new Uint8Array(this.words.length * 8);
    filled.set(bytes);
    const view = new DataView(filled.buffer);
    for (let i = 0; i < this.words.length; i++) this.words[i] = view.getFloat64(8 * i, true);
  }
}

/** What is written between the values of a row, by the name of the value that follows. */
export function pieces<const K extends string>(texts: Readonly<Record<K, string>>): Record<K, Piece> {
  const made = Object.entries<string>(texts).map(([name, text]) => [name, new Piece(text)]);
  return Object.fromEntries(made) as Record<K, Piece>;
}

/** Such a piece with each of the words that may follow. */
export function withWords(piece: string, words: readonly string[]): readonly Piece[] {
  return words.map((word) => new Piece(piece + escaped(word)));
}

/** Pieces beside each other with the values that say that there is nothing: 0 and ''. */
export function withNothing(...run: readonly Piece[]): Piece {
  return new Piece(run.map(({ text }) => (text.endsWith('"') ? text : `${text}0`)).join(''));
}
