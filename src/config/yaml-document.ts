/** YAML within bounds: the part that a configuration needs, and only as much as can be read quickly. */
import { type Alias, type Document, isScalar, Lexer, Parser, parseDocument, visit, type YAMLMap } from 'yaml';

/** A configuration is four levels deep. */
export const DEEPEST = 32;
/** Bound of lexer tokens of a configuration: some fifty thousand keys. */
const MOST_LEXEMES = 250_000;
/** The lexer puts this before a scalar. */
const SCALAR = '\x1f';
/** Bound of aliases, and of the nodes that nested aliases may repeat. */
export const MOST_ALIASES = 100;

/** A mistake in a text: its place and description. */
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

/**
 * Characters that YAML does not allow: control characters other than tab and line breaks, half surrogate
 * pairs (YAML 1.2.2, c-printable).
 */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** How much there may be in a text, and what to tell of one that has more. */
export interface YamlRoom {
  readonly lexemes: number;
  readonly tooMuch: string;
}

const CONFIG_ROOM: YamlRoom = {
  lexemes: MOST_LEXEMES,
  tooMuch: 'has too much in it: is it a configuration?',
};

/** Parses a text. Mistakes are returned, not thrown; the document is useless then. */
export function readYaml(text: string, room = CONFIG_ROOM): YamlText {
  const problem = beyondBounds(text, room);
  if (problem !== undefined) return { document: parseDocument(''), mistakes: [problem] };
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error', uniqueKeys: false });
  const mistakes: Mistake[] = [...document.errors, ...document.warnings].map((e) => ({
    offset: e.pos[0],
    text: e.message,
  }));
  return { document, mistakes: [...mistakes, ...repeatedKeys(document), ...unknownAnchors(document)] };
}

/** The document as plain values. @throws Error if its aliases repeat too much */
export function plainValue(document: Document): unknown {
  return document.toJS({ maxAliasCount: MOST_ALIASES });
}

/** Checks a text before parsing, whose time and stack grow with its size and depth. */
function beyondBounds(text: string, room: YamlRoom): Mistake | undefined {
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
    if (++lexemes > room.lexemes) return { offset, text: room.tooMuch };
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
