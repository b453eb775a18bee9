import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/units.js';
import { UsageError } from '../model/errors.js';
import { LONGEST_QUESTION } from '../model/question-limits.js';
import { tablePrefix } from '../store/location.js';
import { type Asked, ask, change } from './ask.js';
import { findStore, type StoreOptions, storeToWrite } from './find-store.js';
import { printWithin } from './query/print-within.js';
import { withNames } from './query/with-names.js';
import { CONFIG_HELP, STORE_HELP } from './store-words.js';
import { terminalColumns } from './terminal.js';

interface QueryCommandOptions extends StoreOptions {
  format?: string;
  param: string[];
  timeout?: number;
  write?: boolean;
  names?: boolean;
}

export function registerQuery(program: Command): void {
  program
    .command('query')
    .summary('ask the store in SQL')
    .description(
      'Runs a statement in ClickHouse SQL and prints the result: on a terminal as a table, or with one ' +
        'value per line where the table would be wider than the terminal; elsewhere separated by tabs. It ' +
        'only reads, unless --write is given. docs/reference/columns.md lists the tables and columns. A ' +
        'long conversation has several rows in sessions, one per part, and one row in conversations. What ' +
        'several mirrors see is in both once per mirror; copy IN (0, 255) counts it once.',
    )
    .argument('<sql>', 'the statement; - reads it from stdin')
    .option('--store <store>', STORE_HELP)
    .option('--config <file>', CONFIG_HELP)
    .option('--format <format>', "any of ClickHouse's output formats: JSONEachRow, CSVWithNames, Vertical, …")
    .option(
      '--param <name=value>',
      "a value for the statement's {name:Type}; repeatable",
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option('--timeout <time>', 'stop the query after this (default: 30s)', duration)
    .option(
      '--names',
      'the best name of each address beside it, as seen in the traffic: columns client_name, server_name, …',
    )
    .option(
      '--write',
      'run a statement that may change the store: ALTER, DELETE, DROP, CREATE VIEW, …; ' +
        "a running collector's store only if it is named",
    )
    .action(query);
}

function duration(value: string): number {
  const seconds = parseDuration(value);
  if (!(seconds >= 1 && seconds <= LONGEST_QUESTION))
    throw new InvalidArgumentError('give 1s to 24h, as in 2m.');
  return seconds;
}

async function query(sql: string, options: QueryCommandOptions): Promise<void> {
  const params = parameters(options.param);
  const given = sql === '-' ? await text(process.stdin) : sql;
  if (given.trim() === '') throw new UsageError('query: there is no statement');
  if (options.format !== undefined && !/^\w+$/.test(options.format))
    throw new UsageError(
      `query: --format ${options.format}: one of ClickHouse's output formats, as JSONEachRow`,
    );
  const columns = terminalColumns(process.stdout);
  const asked: Asked = {
    format: options.format ?? (columns === undefined ? 'TabSeparated' : 'PrettyCompactMonoBlock'),
    params,
    color: columns !== undefined && (process.env.NO_COLOR ?? '') === '',
    timeout: options.timeout,
  };
  if (options.write === true && options.names === true)
    throw new UsageError('query: --names is for statements that only read: leave --write out');
  if (options.write === true) return change(await storeToWrite(options), given, asked, print);
  const found = await findStore(options);
  const statement =
    options.names === true
      ? await withNames(given, tablePrefix(found.location), (sql, format, take) =>
          ask(found, sql, { ...asked, format }, take),
        )
      : given;
  if (columns === undefined || options.format !== undefined) return ask(found, statement, asked, print);
  // Only the engine knows how wide an answer is, once it has it, and cannot print it in two formats.
  let fits = true;
  await ask(found, statement, asked, async (answer) => {
    fits = await printWithin(answer, columns);
  });
  if (!fits) await ask(found, statement, { ...asked, format: 'Vertical' }, print);
}

function print(answer: Readable): Promise<void> {
  return pipeline(answer, process.stdout, { end: false });
}

function parameters(given: string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const param of given) {
    const at = param.indexOf('=');
    if (at < 1 || !/^[A-Za-z_]\w*$/.test(param.slice(0, at)))
      throw new UsageError(`query: --param ${param}: write name=value, the name of letters, digits and _`);
    params[param.slice(0, at)] = param.slice(at + 1);
  }
  return params;
}
