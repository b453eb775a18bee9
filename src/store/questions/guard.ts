/**
 * Decides which statements only read, and only from the store. The engine itself describes a statement:
 * `formatQuerySingleLine` takes one statement and writes it in canonical form, `EXPLAIN AST` names its parts.
 * Neither runs it. What runs afterwards is the judged text, on a read-only connection. This is the second of
 * three walls (docs/explanation/threat-model.md).
 */
import { StatementRefused } from '../errors.js';
import { quote } from '../tables.js';
import { splitSettings } from './settings.js';
import { isWord, type Token, tokensOf } from './tokens.js';

/** Runs one of our statements in the engine, and returns its answer as TabSeparatedRaw. */
export type AskEngine = (statement: string) => Promise<string>;

/** A statement that may be run. */
export interface Judged {
  /** The statement in the engine's canonical form, without its FORMAT. */
  readonly statement: string;
  /** The format it names. */
  readonly format: string | undefined;
  /** Those of its SETTINGS that only affect the form of the answer, with values as written. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether it is a SELECT, whose answer may be of any length. */
  readonly rows: boolean;
}

const SELECT = /^Select(WithUnion|IntersectExcept)Query\b/;
/** Kinds of statements (IAST::getID) that only read. */
const READING = new RegExp(
  '^(Select(WithUnion|IntersectExcept)Query|' +
    'Show(Tables|Columns|Functions|EngineQuery|ProcesslistQuery)|' +
    'ShowCreate(Table|View|Database)Query|' +
    'DescribeQuery|Exists(Table|View|Database)Query|' +
    'Explain EXPLAIN( AST| SYNTAX| QUERY TREE| PIPELINE| ESTIMATE)?)( |$)',
);

/** Table functions that generate rows, or take them from the statement itself. */
const TABLE_FUNCTIONS = new Set([
  'format',
  'generate_series',
  'generaterandom',
  'generateseries',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'values',
  'view',
  'zeros',
  'zeros_mt',
]);

/** Functions that read files, or contact other hosts. */
const FUNCTIONS = /^(file|catboostevaluate|ai(classify|embed|extract|generate|translate)\w*)$/i;

/** Tables about the store itself, which every asker may read. */
const SYSTEM_TABLES = new Set([
  'columns',
  'functions',
  'numbers',
  'numbers_mt',
  'one',
  'parts',
  'processes',
  'tables',
]);
const SYSTEM = /^(system|information_schema)$/i;

/**
 * Judges a statement that must only read.
 *
 * @param ask asks an engine in which the statement's parameters are set
 * @param sources the names of {@link tableFunctions}, where they are known
 * @throws StatementRefused naming what it does besides reading; StoreError for a statement that the engine
 * cannot parse
 */
export async function judgeReading(
  sql: string,
  ask: AskEngine,
  sources?: ReadonlySet<string>,
): Promise<Judged> {
  const { statement: formatted, settings } = splitSettings(await format(sql, ask));
  const tokens = tokensOf(formatted);
  if (!/^(SELECT|WITH|SHOW|DESCRIBE|EXISTS|EXPLAIN|\()$/.test(tokens[0].text)) throw doesMore(tokens);
  refuseNames(tokens, sources ?? (await tableFunctions(ask)));
  refuseOutfile(tokens);
  const tree = await explain(formatted, ask);
  const [root] = tree;
  if (!READING.test(root.text)) throw doesMore(tokens);
  const explained = tree.find((node) => node.depth === 1 && !node.text.startsWith('Set'));
  if (root.text.startsWith('Explain') && !SELECT.test(explained?.text ?? ''))
    throw new StatementRefused('EXPLAIN is of a SELECT only');
  if (root.text.startsWith('DescribeQuery') && !/^TableIdentifier /.test(tree[2]?.text ?? ''))
    throw new StatementRefused('DESCRIBE is of a named table only');
  refuseNodes(tree);
  return { ...withoutFormat(formatted, tree), settings, rows: SELECT.test(root.text) };
}

/**
 * Judges a statement that may change the store: it must be one statement, and what it creates (a view, a
 * column's default) must not read for a later asker what that asker may not read.
 *
 * @returns its first words, in the engine's spelling
 * @throws StatementRefused
 */
export async function judgeWriting(sql: string, ask: AskEngine): Promise<string> {
  const tokens = tokensOf(await format(sql, ask));
  const first = firstWords(tokens);
  refuseOutfile(tokens);
  if (/^(CREATE|ALTER|ATTACH|REPLACE)\b/.test(first)) {
    refuseNames(tokens, await tableFunctions(ask));
    if (tokens.some((token, i) => isWord(token, 'SQL') && isWord(tokens[i + 1], 'SECURITY')))
      throw new StatementRefused('a view reads with the rights of who asks: leave out SQL SECURITY');
  }
  return first;
}

/** @throws StatementRefused unless there is exactly one statement */
async function format(sql: string, ask: AskEngine): Promise<string> {
  if (sql.includes('\0')) throw new StatementRefused('a statement has no NUL in it');
  if (sql.trim() === '') throw new StatementRefused('there is no statement');
  try {
    return (await ask(`SELECT formatQuerySingleLine(${quote(sql)})`)).replace(/\n$/, '');
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('Multi-statements')) throw new StatementRefused('there is more than one statement');
    if (message.includes('Empty query')) throw new StatementRefused('there is no statement');
    throw error;
  }
}

/** The engine's table functions that a question may not use, in lower case. */
export async function tableFunctions(ask: AskEngine): Promise<Set<string>> {
  const names = await ask('SELECT lower(name) FROM system.table_functions');
  return new Set(names.split('\n').filter((name) => name !== '' && !TABLE_FUNCTIONS.has(name)));
}

/** Refuses names wherever they appear: `EXPLAIN AST` omits what follows APPLY. */
function refuseNames(tokens: readonly Token[], sources: ReadonlySet<string>): void {
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== 'word' && token.kind !== 'quoted') continue;
    const name = token.text;
    // A line break in a name would look like a line of the tree.
    if (token.kind === 'quoted' && name.includes('\\'))
      throw new StatementRefused('a name has a backslash or a control character in it');
    const before = tokens[i - 1];
    const after = tokens[i + 1]?.text;
    if (FUNCTIONS.test(name) && before?.text !== '.' && !isWord(before, 'AS')) throw refusedFunction(name);
    if (after === '(' && sources.has(name.toLowerCase())) throw refusedSource(name);
    if (SYSTEM.test(name) && after === '.') refuseSystemTable(name, tokens[i + 2]?.text ?? '');
  }
}

function refuseOutfile(tokens: readonly Token[]): void {
  if (tokens.some((token, i) => isWord(token, 'INTO') && isWord(tokens[i + 1], 'OUTFILE')))
    throw new StatementRefused('INTO OUTFILE writes a file: leave it out, and redirect the output');
}

function refusedFunction(name: string): StatementRefused {
  return new StatementRefused(`${name} reads files, or asks other hosts`);
}

function refusedSource(name: string): StatementRefused {
  return new StatementRefused(`${name}() reads something else than this store`);
}

function refuseSystemTable(database: string, table: string): void {
  if (/^system$/i.test(database) && SYSTEM_TABLES.has(table)) return;
  const allowed = [...SYSTEM_TABLES].join(', ');
  throw new StatementRefused(`${database}.${table} is not for questions; of system there are ${allowed}`);
}

/** A part of a statement: its line of `EXPLAIN AST`, and its depth. */
interface Node {
  readonly depth: number;
  readonly text: string;
}

async function explain(formatted: string, ask: AskEngine): Promise<Node[]> {
  const lines = (await ask(`EXPLAIN AST ${formatted}`)).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const text = line.trimStart();
    return { depth: line.length - text.length, text };
  });
}

/** Refuses by position in the tree, which also contains the values of parameters. */
function refuseNodes(tree: readonly Node[]): void {
  for (const [i, { depth, text }] of tree.entries()) {
    const parent = tree[i - 1];
    if (/^TableExpression\b/.test(parent?.text ?? '') && parent.depth === depth - 1) {
      const source = /^Function (\S+)/.exec(text)?.[1];
      if (source !== undefined && !TABLE_FUNCTIONS.has(source.toLowerCase())) throw refusedSource(source);
    }
    const name = /^(?:Table)?Identifier (.*?)(?: \(.*)?$/.exec(text)?.[1];
    if (name === undefined) continue;
    if (FUNCTIONS.test(name)) throw refusedFunction(name);
    const [, database, table] = /^(\w+)\.([^.]*)/.exec(name) ?? [];
    if (database !== undefined && SYSTEM.test(database)) refuseSystemTable(database, table);
  }
}

/** Removes the FORMAT from the end of a statement: an identifier directly under the root of the tree. */
function withoutFormat(
  formatted: string,
  tree: readonly Node[],
): { statement: string; format: string | undefined } {
  const top = tree.filter((node) => node.depth === 1);
  if (top.some((node) => node.text.startsWith('Literal')))
    throw new StatementRefused('INTO OUTFILE writes a file: leave it out, and redirect the output');
  const named = / FORMAT (\w+)$/.exec(formatted);
  if (named === null || !top.some((node) => node.text === `Identifier ${named[1]}`))
    return { statement: formatted, format: undefined };
  return { statement: formatted.slice(0, named.index), format: named[1] };
}

function doesMore(tokens: readonly Token[]): StatementRefused {
  return new StatementRefused(`${firstWords(tokens)} does more than read`);
}

/** The first words of a statement, for messages: `DROP TABLE`. */
function firstWords(tokens: readonly Token[]): string {
  const words = tokens.slice(0, 2).filter((token) => token.kind === 'word');
  return words.map((token) => token.text).join(' ');
}
