import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Pipeline } from '../../src/collector/pipeline.js';
import { PacketBatch } from '../../src/model/batch.js';
import { EndReason } from '../../src/model/end-reason.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { openCapture } from '../../src/receive/file/capture.js';
import { packetJson } from '../../src/store/ndjson/packet-ndjson.js';
import { MALFORMED_NAMES } from '../../src/wire/walk/malformed.js';
import { mirrorJson, sessionJson } from './row-json.js';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** A row of NDJSON. */
export type Row = Record<string, unknown>;

export interface CaptureRows {
  /** Lines, in the order they come. */
  sessions: string[];
  mirrors: string[];
  packets: string[];
  /** Packets passed over, by the word for the reason. */
  malformed: Record<string, number>;
  gre: number;
  /** Mirrored frames reached. */
  frames: number;
}

/**
 * Sessions that may be open while a small capture is read: making room for the million of the default takes
 * longer than to read it.
 */
export const SMALL_TABLE = { capacity: 4096 } as const;
/** Bytes of a capture that cannot have more packets than {@link SMALL_TABLE} has room for. */
const SMALL = SMALL_TABLE.capacity * 64;
/** For the others. */
const LARGE_TABLE = { capacity: 100_000 } as const;

/** Reads a capture as `mirrorlake read --ndjson` does, into memory. */
export async function readCapture(path: string): Promise<CaptureRows> {
  const sessions: string[] = [];
  const packets: string[] = [];
  const pipeline = new Pipeline({
    sessions: { session: (record) => sessions.push(sessionJson(record, 'test')) },
    mirrors: { mirror: () => {} },
    table: statSync(path).size <= SMALL ? SMALL_TABLE : LARGE_TABLE,
    watcher: {
      packet: (outer, gre, mirrored, frame, reason) =>
        packets.push(packetJson(outer, gre, mirrored, frame, reason)),
    },
  });
  const source = await openCapture(path);
  const batch = new PacketBatch();
  while (await source.next(batch)) pipeline.process(batch);
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

/** Runs `mirrorlake read --ndjson` on a capture, or several; its lines. */
export async function readCommand(
  paths: string | readonly string[],
  what: 'sessions' | 'mirrors' | 'packets',
): Promise<string[]> {
  const words = [MAIN, 'read', ...[paths].flat(), '--ndjson', what, '--collector', 'test', '--quiet'];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 1 << 28 });
  return stdout.split('\n').slice(0, -1);
}
