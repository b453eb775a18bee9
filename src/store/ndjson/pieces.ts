/** What recurs in every line: keys, with what is around values. */
import { Piece } from '../piece.js';

/** A string of JSON without its quotes. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
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
