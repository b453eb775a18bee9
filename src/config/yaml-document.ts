/** YAML within bounds: what a configuration needs of it, and no more than can be read quickly. */
import { type Alias, type Document, isScalar, Lexer, Parser, parseDocument, visit, type YAMLMap } from 'yaml';

/** A configuration is four levels deep. */
export const DEEPEST = 32;
/** Marks, blanks and words: some fifty thousand keys. */
const MOST_LEXEMES = 250_000;
/** What the lexer puts before a scalar. */
const SCALAR = '\x1f';
/** Aliases, and how often what they stand for may be repeated by aliases within. */
export const MOST_ALIASES = 100;

/** A mistake in a text: where, and what. */
export interface Mistake {
  /** Characters from its beginning. */
  readonly offset: number;
  readonly text: string;
}

export interface YamlText {
  readonly document: Document;
  readonly mistakes: readonly Mistake[];
}

/** Line and column of a place in a text, from 1. */
export function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `${before.split('\n').length}:${offset - before.lastIndexOf('\n')}`;
}

/** What YAML lets a text have: no control characters but tab and line breaks, no half of a surrogate pair (YAML 1.2.2, c-printable). */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Reads a text. What is wrong with it is told, not thrown; then the document is of no use. */
export function readYaml(text: string): YamlText {
  const problem = beyondBounds(text);
  if (problem !== undefined) return { document: parseDocument(''), mistakes: [problem] };
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error', uniqueKeys: false });
  const mistakes: Mistake[] = [...document.errors, ...document.warnings].map((e) => ({
    offset: e.pos[0],
    text: e.message,
  }));
  return { document, mistakes: [...mistakes, ...repeatedKeys(document), ...unknownAnchors(document)] };
}

/** The document as plain values. @throws Error where its aliases repeat too much */
export function plainValue(document: Document): unknown {
  return document.toJS({ maxAliasCount: MOST_ALIASES });
}

/** Looks at a text before it is read, which takes time and stack as it is large and deep. */
function beyondBounds(text: string): Mistake | undefined {
  const parser = new Parser();
  const unprintable = text.search(UNPRINTABLE);
  let lexemes = 0;
  let aliases = 0;
  let before = '';
  for (const lexeme of new Lexer().lex(unprintable < 0 ? text : text.slice(0, unprintable))) {
    const { offset } = parser;
    for (const _ of parser.next(lexeme));
    if (lexeme.startsWith('*') && before !== SCALAR) aliases++;
    before = lexeme;
    if (parser.stack.length > DEEPEST) return { offset, text: `is nested deeper than ${DEEPEST} levels` };
    if (aliases > MOST_ALIASES) return { offset, text: `has more than ${MOST_ALIASES} aliases` };
    if (++lexemes > MOST_LEXEMES) return { offset, text: 'has too much in it: is it a configuration?' };
  }
  if (unprintable < 0) return undefined;
  const code = text.codePointAt(unprintable)?.toString(16).toUpperCase().padStart(4, '0');
  return { offset: unprintable, text: `has a character that no text has: U+${code}` };
}

function repeatedKeys(document: Document): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Map(_, map: YAMLMap) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          mistakes.push({ offset: key.range?.[0] ?? 0, text: 'Map keys must be unique' });
        seen.add(key.value);
      }
    },
  });
  return mistakes;
}

function unknownAnchors(document: Document): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Alias(_, alias: Alias) {
      if (alias.resolve(document) === undefined)
        mistakes.push({
          offset: alias.range?.[0] ?? 0,
          text: `there is no anchor &${alias.source} before it`,
        });
    },
  });
  return mistakes;
}
