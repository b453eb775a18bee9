/**
 * The tokens of a statement in the canonical form of ClickHouse's formatter: no comments, no heredocs, no
 * typographic quotes; strings and identifiers have one kind of quotes each, with backslashes. It does not
 * apply to text that a person typed.
 */

/** A word is an identifier or a keyword; `quoted`: in backticks, and so no keyword. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'other';
  readonly text: string;
  /** Where it begins in the statement. */
  readonly at: number;
}

const TOKEN = /'(?:[^'\\]|\\[\s\S])*'|`(?:[^`\\]|\\[\s\S])*`|[A-Za-z_][A-Za-z_0-9]*|\d[\w.]*|\S/g;

export function tokensOf(formatted: string): Token[] {
  return [...formatted.matchAll(TOKEN)].map(({ 0: text, index: at }) => {
    if (text.startsWith("'")) return { kind: 'string', text, at };
    if (text.startsWith('`')) return { kind: 'quoted', text: unquoted(text), at };
    return { kind: /^[A-Za-z_]/.test(text) ? 'word' : 'other', text, at };
  });
}

/** A name without its backticks. A control character stays as written, with a backslash. */
function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\([^A-Za-z0-9])/g, '$1');
}

export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === word;
}
