/** Prose on the pages that are made by programs. */
import { LONGEST_LINE } from './line-length.js';

/** A paragraph, in lines as long as on the pages that are written by hand. */
export function paragraph(text: string): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1];
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= LONGEST_LINE) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
