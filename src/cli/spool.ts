import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CommandError } from '../model/errors.js';
import { counted, plural } from '../model/words.js';
import { dropRefused, type ListedSegment, listSpool, retryRefused } from '../store/spool/spool-directory.js';
import { findStore, type StoreOptions, storeToWrite } from './find-store.js';
import { CONFIG_HELP, STORE_HELP, WRITE_HELP } from './store-words.js';
import { table, terminalColumns } from './terminal.js';

interface SpoolCommandOptions extends StoreOptions {
  spool?: string;
}

/** The subcommands that change nothing. */
const READS = new Set(['list', 'show']);

export function registerSpool(program: Command): void {
  const spool = program
    .command('spool')
    .summary('segments that wait for the store, or that it refused')
    .description('Looks after the segments that wait on disk for the store, and those it refused.');
  for (const [name, description] of [
    [
      'list',
      'Lists the segments: whether each waits, was refused or is unusable, its table, rows, bytes and ' +
        'name, and why.',
    ],
    [
      'show',
      "Prints a segment's rows as NDJSON, as read --ndjson does; kept frames in base64. Says what of it is " +
        'damaged.',
    ],
    ['retry', 'Puts refused segments back: a running collector takes them up within seconds.'],
    ['drop', 'Removes refused segments for good.'],
  ] as const) {
    const command = spool
      .command(name)
      .description(description)
      .option('--store <store>', READS.has(name) ? STORE_HELP : WRITE_HELP)
      .option('--config <file>', CONFIG_HELP)
      .option('--spool <directory>', 'where the segments wait');
    if (name === 'list') command.action(list);
    else if (name === 'show') command.argument('<name>', 'a segment, as the list names it').action(show);
    else {
      command.argument('[names...]', 'refused segments; all of them without a name');
      command.action(name === 'retry' ? retry : drop);
    }
  }
}

/**
 * The spool of `--spool`, or of a store.
 *
 * @throws CommandError if there is no such store on this disk, and no such spool
 */
async function directoryOf(
  options: SpoolCommandOptions,
  find: (options: StoreOptions) => Promise<{ readonly location: string; readonly spool: string }>,
): Promise<string> {
  const store = options.spool === undefined ? await find(options) : undefined;
  const directory = options.spool ?? store?.spool ?? '';
  // A store that only files were read into has no spool yet.
  if (existsSync(directory) || (store !== undefined && existsSync(store.location))) return directory;
  throw new CommandError(
    `there is no spool in ${directory}; name the store with --store, or the directory with --spool`,
  );
}

/** Segments of sessions, mirrors and tunnels, and those of kept packets. */
function both(directory: string): ListedSegment[] {
  return [...listSpool(directory), ...listSpool(join(directory, 'packets'))];
}

/** Head of the list on a terminal. */
const HEAD = ['STATE', 'SINCE', 'TABLE', 'ROWS', 'BYTES', 'NAME', 'WHY'];

async function list(options: SpoolCommandOptions): Promise<void> {
  const directory = await directoryOf(options, findStore);
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

async function show(name: string, options: SpoolCommandOptions): Promise<void> {
  const directory = await directoryOf(options, findStore);
  const segment = both(directory).find((s) => s.name === name);
  if (segment === undefined)
    throw new CommandError(`there is no segment ${name} in ${directory}: see mirrorlake spool list`);
  if (segment.unusable !== undefined) throw new CommandError(`${name} is no segment: ${segment.unusable}`);
  // protobufjs takes longer to load than most commands run.
  const { showSegment } = await import('./spool/show-segment.js');
  process.exitCode = showSegment(segment);
}

async function retry(names: string[], options: SpoolCommandOptions): Promise<void> {
  for (const segment of refused(await directoryOf(options, storeToWrite), names)) {
    retryRefused(segment);
    process.stderr.write(`${segment.name} waits again\n`);
  }
}

async function drop(names: string[], options: SpoolCommandOptions): Promise<void> {
  for (const segment of refused(await directoryOf(options, storeToWrite), names)) {
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
