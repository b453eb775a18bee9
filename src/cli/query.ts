import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { ask } from './ask.js';
import { UsageError } from './errors.js';
import { DEFAULT_STORE } from './read.js';

interface QueryCommandOptions {
  store: string;
  format?: string;
  param: string[];
}

export function registerQuery(program: Command): void {
  program
    .command('query')
    .summary('ask the store in SQL')
    .description(
      'Runs a statement of ClickHouse SQL on the store and prints the answer: a table on a terminal, else ' +
        'tab-separated. docs/reference/columns.md lists the tables and columns.',
    )
    .argument('<sql>', 'the statement; - reads it from stdin')
    .option('--store <store>', 'a directory, or http://user@host:8123/database', DEFAULT_STORE)
    .option('--format <format>', "any of ClickHouse's output formats: JSONEachRow, CSVWithNames, Vertical, …")
    .option(
      '--param <name=value>',
      "a value for the statement's {name:Type}; repeatable",
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .action(query);
}

async function query(sql: string, options: QueryCommandOptions): Promise<void> {
  const params = parameters(options.param);
  const statement = sql === '-' ? await text(process.stdin) : sql;
  if (statement.trim() === '') throw new UsageError('query: there is no statement');
  const terminal = process.stdout.isTTY === true;
  const asked = {
    format: options.format ?? (terminal ? 'PrettyCompactMonoBlock' : 'TabSeparated'),
    params,
    color: terminal && (process.env.NO_COLOR ?? '') === '',
  };
  await ask(options.store, statement, asked, (answer) => pipeline(answer, process.stdout, { end: false }));
}

function parameters(given: string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const param of given) {
    const at = param.indexOf('=');
    if (at < 1) throw new UsageError(`query: --param ${param}: write name=value`);
    params[param.slice(0, at)] = param.slice(at + 1);
  }
  return params;
}
