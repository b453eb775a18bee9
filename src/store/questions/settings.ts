/**
 * The SETTINGS of a statement: a read-only connection accepts none, so harmless ones are set before it
 * becomes read-only.
 */
import { isWord, type Token, tokensOf } from './tokens.js';

/** The form of an answer, join defaults, the number of threads: nothing about limits, sources or files. */
const HARMLESS = /^(output_format_\w+|date_time_output_format|join_use_nulls|max_block_size|max_threads)$/;

/**
 * Removes the SETTINGS from a canonical statement. If one of them may do harm, or a subquery has some, they
 * stay, and the engine refuses the statement.
 */
export function splitSettings(formatted: string): {
  statement: string;
  settings: Record<string, string>;
} {
  const tokens = tokensOf(formatted);
  const at = lastOutside(tokens, 'SETTINGS');
  const settings: Record<string, string> = {};
  const whole = { statement: formatted, settings: {} };
  if (at < 0) return whole;
  let i = at;
  do {
    const [name, equals, value] = tokens.slice(i + 1, i + 4);
    if (name?.kind !== 'word' || !HARMLESS.test(name.text) || equals?.text !== '=') return whole;
    if (value === undefined || !(value.kind === 'string' || /^(\d[\d.]*|true|false)$/.test(value.text)))
      return whole;
    settings[name.text] = value.text;
    i += 4;
  } while (tokens[i]?.text === ',');
  const rest = tokens.slice(i);
  // Only FORMAT and its name may follow.
  if (rest.length > 0 && !(rest.length === 2 && isWord(rest[0], 'FORMAT'))) return whole;
  const after = rest.length === 0 ? '' : ` ${formatted.slice(rest[0].at)}`;
  return { statement: formatted.slice(0, tokens[at].at).trimEnd() + after, settings };
}

/** The last position of a keyword outside of all brackets, -1 for none. */
function lastOutside(tokens: readonly Token[], word: string): number {
  let depth = 0;
  let last = -1;
  for (const [i, token] of tokens.entries()) {
    if (token.text === '(' || token.text === '[') depth++;
    else if (token.text === ')' || token.text === ']') depth--;
    else if (depth === 0 && isWord(token, word)) last = i;
  }
  return last;
}
