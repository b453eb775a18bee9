import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { PacketBatch } from '../receive/batch.js';
import { openCapture } from '../receive/file/capture.js';
import { CaptureError } from '../receive/file/capture-error.js';
import { EndReason } from '../sessions/record.js';
import { openStore } from '../store/open.js';
import { parseTunnelSpec } from '../tunnels/spec.js';
import { TunnelTable } from '../tunnels/table.js';
import { CommandError, UsageError } from './errors.js';
import { Pipeline } from './pipeline.js';
import { Progress } from './progress.js';
import {
  MirrorLines,
  NDJSON_KINDS,
  type NdjsonKind,
  type ReadOutput,
  SessionLines,
  StoreOutput,
  TunnelLines,
} from './read-output.js';
import { readSummary } from './summary.js';

/** The default of every `--store`. */
export const DEFAULT_STORE = './data';

interface ReadOptions {
  store?: string;
  ndjson?: string;
  once?: boolean;
  tunnel: string[];
  collector: string;
  maxSessions?: number;
  quiet?: boolean;
}

export function registerRead(program: Command): void {
  program
    .command('read')
    .summary('turn captures into sessions')
    .description(
      'Reads captures of ERSPAN and GRE (pcap or pcapng, also gzip or zstd; - is stdin), in the order given, and ' +
        'stores the sessions in them, or prints them.',
    )
    .argument('[files...]', 'captures')
    .option(
      '--store <store>',
      `a directory (embedded), or http://user:password@host:8123/database (default: ${DEFAULT_STORE})`,
    )
    .option('--ndjson [what]', `print instead of storing: ${NDJSON_KINDS.join(', ')} (default: sessions)`)
    .option('--once', 'store a capture only if it was not stored before, told by its contents')
    .option(
      '--tunnel <spec>',
      "a tunnel that owns what it matches, in the words of `ip tunnel add`: 'NAME mode gre remote R local L key K csum seq'; repeatable",
      collect,
      [],
    )
    .option('--collector <name>', 'the name in the column collector', hostname())
    .option('--max-sessions <n>', 'sessions held at once; beyond it the oldest end by pressure', positive)
    .option('--quiet', 'no progress bar and no summary')
    .action(read);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function positive(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('give a whole number above 0.');
  return n;
}

async function read(given: string[], options: ReadOptions): Promise<void> {
  const { files, ndjson } = words(given, options);
  const tunnels = options.tunnel.length > 0 ? tunnelTable(options.tunnel) : undefined;
  const store =
    ndjson === undefined ? openStore(options.store ?? DEFAULT_STORE, { create: true }) : undefined;
  try {
    const token = options.once === true ? await digest(files) : randomUUID();
    const output: ReadOutput =
      store === undefined
        ? linesOf(ndjson as NdjsonKind, options.collector, tunnels)
        : new StoreOutput(store, options.collector, token);
    const pipeline = new Pipeline({
      sessions: output,
      mirrors: output,
      ...(options.maxSessions !== undefined && { table: { capacity: options.maxSessions } }),
      ...(tunnels && { tunnels }),
      ...(output.watcher && { watcher: output.watcher }),
    });
    const failed = await readAll(files, pipeline, output, options.quiet !== true);
    pipeline.finish(EndReason.Eof);
    await output.finish(pipeline);
    if (options.quiet !== true) process.stderr.write(readSummary(pipeline, store?.name));
    if (failed.length > 0) {
      for (const error of failed) process.stderr.write(`mirrorlake: ${error.message}\n`);
      process.exitCode = 1;
    }
  } finally {
    await store?.close();
  }
}

/** What the words of the command line come to. `--ndjson FILE` is `--ndjson sessions FILE`. */
function words(given: string[], options: ReadOptions): { files: string[]; ndjson: NdjsonKind | undefined } {
  const files = [...given];
  let ndjson: NdjsonKind | undefined;
  if (options.ndjson !== undefined) {
    ndjson = NDJSON_KINDS.find((kind) => kind === options.ndjson) ?? 'sessions';
    if (typeof options.ndjson === 'string' && ndjson !== options.ndjson) files.unshift(options.ndjson);
  }
  if (files.length === 0) throw new UsageError('read: name a capture to read, or - for stdin');
  if (files.filter((file) => file === '-').length > 1)
    throw new UsageError('read: stdin (-) can be read once only');
  if (ndjson !== undefined && options.store !== undefined)
    throw new UsageError('read: --ndjson prints instead of storing: leave out --store, or --ndjson');
  if (ndjson !== undefined && options.once === true)
    throw new UsageError('read: --once is about storing: leave it out with --ndjson');
  if (options.once === true && files.includes('-'))
    throw new UsageError('read: --once needs a file it can read twice: save stdin to a file first');
  if (ndjson === 'tunnels' && options.tunnel.length === 0)
    throw new UsageError('read: --ndjson tunnels needs at least one --tunnel SPEC');
  return { files, ndjson };
}

function tunnelTable(specs: string[]): TunnelTable {
  const table = new TunnelTable();
  for (const spec of specs) table.add(parseTunnelSpec(spec));
  return table;
}

function linesOf(kind: NdjsonKind, collector: string, tunnels: TunnelTable | undefined): ReadOutput {
  switch (kind) {
    case 'sessions':
      return new SessionLines(collector);
    case 'mirrors':
      return new MirrorLines(collector);
    default:
      return new TunnelLines(tunnels as TunnelTable);
  }
}

/** Reads every file, going on after one that is damaged or missing. @returns what went wrong. */
async function readAll(
  files: string[],
  pipeline: Pipeline,
  output: ReadOutput,
  talk: boolean,
): Promise<CaptureError[]> {
  const failed: CaptureError[] = [];
  for (const file of files) {
    try {
      await readFile(file, pipeline, output, talk);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      failed.push(error);
    }
  }
  return failed;
}

async function readFile(file: string, pipeline: Pipeline, output: ReadOutput, talk: boolean): Promise<void> {
  const source = await openCapture(file);
  const progress = talk ? new Progress(source.bytesTotal) : undefined;
  const batch = new PacketBatch();
  let first = true;
  let packets = 0;
  try {
    while (await source.next(batch)) {
      // An older file after a newer one is another time: nothing goes on from one to the other.
      if (first && batch.sec[0] < pipeline.table.time) pipeline.finish(EndReason.Eof);
      first = false;
      pipeline.process(batch);
      packets += batch.count;
      progress?.update(source.bytesRead, packets);
      await output.settle();
    }
  } finally {
    progress?.stop();
    await source.close();
  }
}

/** SHA-256 over the files' contents, in order: the name under which they are stored once. */
async function digest(files: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    try {
      for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    } catch (error) {
      throw new CommandError(`${file}: cannot be read for --once: ${(error as Error).message}`);
    }
  }
  return hash.digest('hex');
}
