import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { Demux } from '../demux/demux.js';
import { MirrorTable } from '../demux/mirrors.js';
import { PacketBatch } from '../receive/batch.js';
import { openCapture } from '../receive/file/capture.js';
import { CaptureError } from '../receive/file/capture-error.js';
import { EndReason } from '../sessions/record.js';
import { openStore } from '../store/open.js';
import { parseTunnelSpec } from '../tunnels/spec.js';
import { TunnelTable } from '../tunnels/table.js';
import type { FrameSink } from '../wire/mirrored.js';
import { CommandError, UsageError } from './errors.js';
import {
  MirrorLines,
  NDJSON_KINDS,
  type NdjsonKind,
  PacketLines,
  type ReadOutput,
  SessionLines,
  StoreOutput,
  TunnelLines,
} from './read/output.js';
import { Progress } from './read/progress.js';
import { SessionThread } from './read/session-thread.js';
import { readSummary } from './read/summary.js';

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
  if (ndjson !== undefined) {
    await readInto(files, linesOf(ndjson, options.collector, tunnels), options, tunnels);
    return;
  }
  const token = options.once === true ? await digest(files) : randomUUID();
  const store = openStore(options.store ?? DEFAULT_STORE, { create: true });
  try {
    await readInto(files, new StoreOutput(store, options.collector, token), options, tunnels, store.name);
  } finally {
    await store.close();
  }
}

/** Reads the files into an output, and says at the end what was read. */
async function readInto(
  files: string[],
  output: ReadOutput,
  options: ReadOptions,
  tunnels: TunnelTable | undefined,
  storeName?: string,
): Promise<void> {
  const talk = options.quiet !== true;
  const sessions = output.sessions
    ? new SessionThread(options.collector, options.maxSessions, output.onSegment)
    : undefined;
  const mirrors = new MirrorTable({ ...(output.mirrors && { sink: output.mirrors }) });
  const demux = new Demux({
    sink: sessions ?? NOBODY,
    mirrors,
    ...(tunnels && { tunnels }),
    ...(output.watcher && { watcher: output.watcher }),
  });
  const failed = await readAll(files, { demux, mirrors, sessions, output, talk, last: 0 });
  demux.finish();
  sessions?.send();
  await sessions?.finish(EndReason.Eof);
  await output.finish(mirrors);
  if (talk) process.stderr.write(readSummary(demux, mirrors, sessions?.counters, storeName));
  for (const error of failed) process.stderr.write(`mirrorlake: ${error.message}\n`);
  if (failed.length > 0) process.exitCode = 1;
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
      return new SessionLines();
    case 'packets':
      return new PacketLines();
    case 'mirrors':
      return new MirrorLines(collector);
    case 'tunnels':
      return new TunnelLines(tunnels as TunnelTable);
  }
}

/** Frames that nobody asked for. */
const NOBODY: FrameSink = { frame: () => undefined };

interface Reading {
  readonly demux: Demux;
  readonly mirrors: MirrorTable;
  readonly sessions: SessionThread | undefined;
  readonly output: ReadOutput;
  readonly talk: boolean;
  /** The second of the last packet read. */
  last: number;
}

/** Reads every file, going on after one that is damaged or missing. @returns what went wrong. */
async function readAll(files: string[], reading: Reading): Promise<CaptureError[]> {
  const failed: CaptureError[] = [];
  for (const file of files) {
    try {
      await readFile(file, reading);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      failed.push(error);
    }
  }
  return failed;
}

async function readFile(file: string, reading: Reading): Promise<void> {
  const { demux, mirrors, sessions, output } = reading;
  const source = await openCapture(file, sessions === undefined ? {} : { ring: sessions });
  const progress = reading.talk ? new Progress(source.bytesTotal) : undefined;
  const batch = new PacketBatch();
  let packets = 0;
  try {
    while (await source.next(batch)) {
      sessions?.begin(batch.bytes, mirrors.points);
      // An older file after a newer one is another time: nothing goes on from one to the other.
      if (packets === 0 && batch.sec[0] < reading.last) {
        demux.finish();
        sessions?.send();
        sessions?.restart(EndReason.Eof);
      }
      demux.process(batch);
      sessions?.send();
      packets += batch.count;
      reading.last = batch.sec[batch.count - 1];
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
