import { CommandError } from './errors.js';

/** The longest line, characters: what a line has taken until it ends is in memory. */
export const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * Lines of a stream of UTF-8, without their newlines; what follows the last newline is a line if it is not
 * empty. Node's readline, asked for the same, waits for ever where the stream was destroyed before it, and
 * takes U+2028 for the end of a line.
 *
 * @param stream of bytes, or of text; a Readable that is destroyed before its end throws here
 * @throws CommandError for a line beyond {@link LONGEST_LINE}
 */
export async function* textLines(
  stream: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield rest + text.slice(start, end);
      rest = '';
      start = end + 1;
    }
    rest += text.slice(start);
    if (rest.length > LONGEST_LINE)
      throw new CommandError('a line of the answer is longer than 64 MiB: ask for less of a row');
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
