import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { counted, plural } from '../model/counted.js';
import {
  dropRefused,
  type ListedSegment,
  listSpool,
  retryRefused,
  spoolDirectory,
} from '../store/spool-directory.js';
import { CommandError } from './errors.js';
import { DEFAULT_STORE } from './read.js';
import { table, terminalColumns } from './terminal.js';

interface SpoolCommandOptions {
  store: string;
  spool?: string;
}

export function registerSpool(program: Command): void {
  const spool = program
    .command('spool')
    .summary('segments that wait for the store, or that it refused')
    .description('Looks after the segments that wait on disk for the store, and those it refused.');
  for (const [name, description] of [
    [
      'list',
      'Prints every segment: whether it waits, was refused, or cannot be one, its table, rows, bytes, name, and why.',
    ],
    ['retry', 'Puts refused segments back: a running collector takes them up within seconds.'],
    ['drop', 'Removes refused segments for good.'],
  ] as const) {
    const command = spool
      .command(name)
      .description(description)
      .option('--store <store>', 'the store the segments are for', DEFAULT_STORE)
      .option('--spool <directory>', 'where they wait, when the configuration says so');
    if (name === 'list') command.action(list);
    else {
      command.argument('[names...]', 'refused segments; all of them without a name');
      command.action(name === 'retry' ? retry : drop);
    }
  }
}

/** @throws CommandError when there is no such store on this disk, and no such spool */
function directoryOf(options: SpoolCommandOptions): string {
  const directory = options.spool ?? spoolDirectory(options.store);
  // A store that only files were read into has no spool yet.
  if (existsSync(directory) || (options.spool === undefined && existsSync(options.store))) return directory;
  throw new CommandError(
    `there is no spool in ${directory}; name the store with --store, or the directory with --spool`,
  );
}

/** Segments of sessions, mirrors and tunnels, and those of kept packets. */
function both(directory: string): ListedSegment[] {
  return [...listSpool(directory), ...listSpool(join(directory, 'packets'))];
}

/** Of the list on a terminal. */
const HEAD = ['STATE', 'SINCE', 'TABLE', 'ROWS', 'BYTES', 'NAME', 'WHY'];

function list(options: SpoolCommandOptions): void {
  const directory = directoryOf(options);
  const segments = both(directory);
  if (segments.length === 0) process.stderr.write(`nothing waits in ${directory}, and nothing was refused\n`);
  const rows = segments.map((s) => [
    s.reason !== undefined ? 'refused' : s.unusable !== undefined ? 'unusable' : 'waiting',
    new Date(s.since).toISOString(),
    s.table,
    `${s.rows} ${plural(s.rows, 'row')}`,
    `${s.bytes} ${plural(s.bytes, 'byte')}`,
    s.name,
    s.reason ?? s.unusable ?? '',
  ]);
  const columns = terminalColumns(process.stdout);
  const lines =
    columns === undefined || rows.length === 0
      ? rows.map((row) => row.join('\t').trimEnd())
      : table(HEAD, rows, columns);
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function retry(names: string[], options: SpoolCommandOptions): void {
  for (const segment of refused(directoryOf(options), names)) {
    retryRefused(segment);
    process.stderr.write(`${segment.name} waits again\n`);
  }
}

function drop(names: string[], options: SpoolCommandOptions): void {
  for (const segment of refused(directoryOf(options), names)) {
    dropRefused(segment);
    process.stderr.write(`${segment.name} removed, ${counted(segment.rows, 'row')}\n`);
  }
}

function refused(directory: string, names: string[]): ListedSegment[] {
  const all = both(directory).filter((segment) => segment.reason !== undefined);
  if (names.length === 0) {
    if (all.length === 0) process.stderr.write(`nothing was refused: ${directory} has no such segment\n`);
    return all;
  }
  return names.map((name) => {
    const segment = all.find((s) => s.name === name);
    if (segment === undefined)
      throw new CommandError(
        `there is no refused segment ${name} in ${directory}: see mirrorlake spool list`,
      );
    return segment;
  });
}
