import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Pipeline } from '../../src/collector/pipeline.js';
import { EndReason } from '../../src/model/end-reason.js';
import { DEFAULT_INPUTS } from '../../src/model/inputs.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { KnownCapture } from '../../src/reader/known-capture.js';
import { openCapture } from '../../src/receive/file/capture.js';
import { packetJson } from '../../src/store/ndjson/packet-ndjson.js';
import { MALFORMED_NAMES } from '../../src/wire/walk/malformed.js';
import { runLine } from './command-lines.js';
import { inputsFor } from './fixtures/fixture.js';
import { mirrorJson, sessionJson } from './row-json.js';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** A row of NDJSON. */
export type Row = Record<string, unknown>;

export interface CaptureRows {
  /** Lines, in order of arrival. */
  sessions: string[];
  mirrors: string[];
  packets: string[];
  /** Packets skipped, by reason. */
  malformed: Record<string, number>;
  gre: number;
  /** Mirrored frames found. */
  frames: number;
}

/**
 * How many sessions may be open while a small capture is read. Allocating the default, a million, takes
 * longer than reading it.
 */
export const SMALL_TABLE = { capacity: 4096 } as const;
/** A capture of so many bytes cannot have more packets than {@link SMALL_TABLE} has room for. */
const SMALL = SMALL_TABLE.capacity * 64;
const LARGE_TABLE = { capacity: 100_000 } as const;

/**
 * Reads a capture into memory, as `mirrorlake read --ndjson` does.
 *
 * @param rowsOnly leaves out the lines of packets
 * @param inputs what carries mirrored traffic, as `--input` says it
 */
export async function readCapture(
  path: string,
  rowsOnly = false,
  inputs: readonly string[] = [],
): Promise<CaptureRows> {
  const listed = inputsFor(inputs);
  const sessions: string[] = [];
  const packets: string[] = [];
  const pipeline = new Pipeline({
    sessions: { session: (record) => sessions.push(sessionJson(record, 'test')) },
    mirrors: { mirror: () => {} },
    table: statSync(path).size <= SMALL ? SMALL_TABLE : LARGE_TABLE,
    ...(listed && { inputs: listed }),
    ...(!rowsOnly && {
      watcher: {
        packet: (outer, gre, mirrored, frame, reason) =>
          packets.push(packetJson(outer, gre, mirrored, frame, reason)),
      },
    }),
  });
  const source = await openCapture(path);
  const capture = new KnownCapture(source, 'auto', listed ?? DEFAULT_INPUTS);
  for (let batch = await capture.next(); batch !== undefined; batch = await capture.next()) {
    if (capture.kind === 'frames') pipeline.demux.processPlain(batch, MirrorType.Capture, basename(path));
    else pipeline.process(batch);
  }
  await source.close();
  pipeline.finish(EndReason.Eof);

  const record = new MirrorRecord();
  const mirrors = pipeline.mirrors.points.map((point) => {
    pipeline.mirrors.totals(point, record);
    return mirrorJson(record, 'test');
  });
  const malformed: Record<string, number> = {};
  pipeline.demux.counters.malformed.forEach((n, code) => {
    if (n > 0) malformed[MALFORMED_NAMES[code]!] = n;
  });
  return {
    sessions,
    mirrors,
    packets,
    malformed,
    gre: pipeline.demux.counters.gre,
    frames: pipeline.demux.counters.frames,
  };
}

type Kind = 'sessions' | 'mirrors' | 'packets';

const wordsOf = (paths: string | readonly string[], what: Kind, more: readonly string[] = []): string[] => [
  'read',
  ...[paths].flat(),
  '--ndjson',
  what,
  '--collector',
  'test',
  '--quiet',
  ...more,
];

/** Runs `mirrorlake read --ndjson` on one or several captures. @returns its lines */
export async function readCommand(paths: string | readonly string[], what: Kind): Promise<string[]> {
  const words = [MAIN, ...wordsOf(paths, what)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 1 << 28 });
  return stdout.split('\n').slice(0, -1);
}

/** The same in the process of {@link runLine}, with more words. */
export async function readLine(
  paths: string | readonly string[],
  what: Kind,
  more: readonly string[] = [],
): Promise<string[]> {
  const { stdout } = await runLine(wordsOf(paths, what, more));
  return stdout.split('\n').slice(0, -1);
}
