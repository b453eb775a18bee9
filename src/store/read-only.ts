/** Which statements only read: what is asked of a store that another process is filling. */

const READING = new Set([
  'SELECT',
  'WITH',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXPLAIN',
  'EXISTS',
  'FROM',
  'VALUES',
  '(',
]);

/** A string, an identifier in quotes, a comment, a word, or one other character. */
const TOKEN =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|\w+|\S/g;

/**
 * Why a statement is not one that only reads, or undefined when it is: one statement, beginning as those do that
 * read, writing no file.
 */
export function notReadOnly(sql: string): string | undefined {
  let first = '';
  let ended = false;
  let before = '';
  for (const [token] of sql.matchAll(TOKEN)) {
    if (/^(--|#[! ]|\/\*)/.test(token)) continue;
    if (ended && token !== ';') return 'there is more than one statement';
    const word = token.toUpperCase();
    if (first === '') first = word;
    if (token === ';') ended = true;
    if (before === 'INTO' && word === 'OUTFILE') return 'INTO OUTFILE writes a file';
    // A quote that never closes would hide what follows from us, but not from ClickHouse.
    if (token === "'" || token === '"' || token === '`') return 'a quote does not end';
    if (first === 'WITH' && word === 'INSERT') return 'INSERT does not only read';
    before = word;
  }
  if (first === '') return 'there is no statement';
  if (!READING.has(first)) return `${first} does not only read`;
  return undefined;
}
