/** Runs `mirrorlake read`: passes files through the demux to the output. */
import type { Worker } from 'node:worker_threads';
import { Demux } from '../../demux/demux.js';
import { MirrorTable } from '../../demux/mirrors.js';
import { PacketBatch } from '../../receive/batch.js';
import { openCapture } from '../../receive/file/capture.js';
import { CaptureError } from '../../receive/file/capture-error.js';
import { EndReason } from '../../sessions/record.js';
import type { TunnelTable } from '../../tunnels/table.js';
import type { FrameSink } from '../../wire/mirrored.js';
import type { Overlay } from '../../wire/overlay-kinds.js';
import { TunnelPorts } from '../../wire/tunnel-ports.js';
import { terminalColumns } from '../terminal.js';
import type { ReadOutput } from './output.js';
import type { Progress } from './progress.js';
import { SessionThread, type SessionThreadOptions } from './session-thread.js';
import { readSummary } from './summary.js';

interface ReadRun {
  readonly output: ReadOutput;
  /** The session thread, if sessions are wanted. */
  readonly worker: Worker | undefined;
  readonly tunnels: TunnelTable | undefined;
  readonly sessions: SessionThreadOptions;
  /** UDP ports of tunnels, in addition to the well-known ones. */
  readonly overlays: readonly Overlay[];
  /** An interrupted reading is not stored: repeating it stores everything once. */
  readonly once: boolean;
  /** Whether to show a progress bar and a summary. */
  readonly talk: boolean;
  /** Once aborted, reading stops, and what was read is stored. */
  readonly stop: AbortSignal;
}

/** Reads the files into an output. @returns errors of files; the rest was read */
export async function readInto(files: readonly string[], run: ReadRun): Promise<CaptureError[]> {
  const { output, worker, tunnels, talk } = run;
  const sessions = worker && (await sessionThread(worker, run));
  const mirrors = new MirrorTable({ ...(output.mirrors && { sink: output.mirrors }) });
  const demux = new Demux({
    sink: sessions ?? NOBODY,
    mirrors,
    lengthsLost: true,
    ...(tunnels && { tunnels }),
    ...(output.watcher && { watcher: output.watcher }),
  });
  if (run.overlays.length > 0) demux.setTunnelPorts(new TunnelPorts(run.overlays));
  const failed = await readAll(files, { demux, mirrors, sessions, output, talk, stop: run.stop, last: 0 });
  if (run.once && run.stop.aborted) {
    await output.abandon?.();
    return failed;
  }
  demux.finish();
  sessions?.send();
  await sessions?.finish(EndReason.Eof);
  await output.finish(mirrors);
  for (const warning of output.warnings ?? []) process.stderr.write(`mirrorlake: ${warning}\n`);
  // If nothing could be read, the errors say everything.
  if (talk && !(demux.counters.packets === 0 && failed.length === files.length)) {
    const { stored } = output;
    const where = stored?.hadBefore === false ? `${run.once ? 'once ' : ''}${stored.where}` : undefined;
    process.stderr.write(readSummary(demux, mirrors, sessions, where, terminalColumns(process.stderr)));
    if (stored?.hadBefore === true)
      process.stderr.write(`nothing was stored: all of it is ${stored.where} already (--once)\n`);
  }
  return failed;
}

async function sessionThread(worker: Worker, run: ReadRun): Promise<SessionThread> {
  const { sessions, output } = run;
  if (sessions.packets === undefined) return new SessionThread(worker, sessions, output.onSegment);
  const { PacketThread } = await import('./packet-thread.js');
  return new PacketThread(worker, sessions, output.onSegment);
}

/** For frames that nobody wants. */
const NOBODY: FrameSink = { frame: () => undefined };

interface Reading {
  readonly demux: Demux;
  readonly mirrors: MirrorTable;
  readonly sessions: SessionThread | undefined;
  readonly output: ReadOutput;
  readonly talk: boolean;
  readonly stop: AbortSignal;
  /** Capture time of the last packet read, in seconds. */
  last: number;
}

/** Reads every file, and continues after one that is damaged or missing. @returns the errors */
async function readAll(files: readonly string[], reading: Reading): Promise<CaptureError[]> {
  const failed: CaptureError[] = [];
  for (const file of files) {
    if (reading.stop.aborted) break;
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
  const { demux, mirrors, sessions, output, stop } = reading;
  const source = await openCapture(file, { signal: stop, ...(sessions && { ring: sessions }) });
  const progress = reading.talk ? await progressOf(source.bytesTotal) : undefined;
  const batch = new PacketBatch();
  let packets = 0;
  try {
    while (!stop.aborted) {
      const more = await source.next(batch);
      output.begin?.();
      if (!more) break;
      sessions?.begin(batch.bytes, mirrors.points);
      // An older file after a newer one belongs to another time: nothing continues from one to the other.
      if (packets === 0 && timeOf(batch, 0) < reading.last) {
        demux.finish();
        sessions?.send();
        sessions?.restart(EndReason.Eof);
      }
      demux.process(batch);
      sessions?.send();
      packets += batch.count;
      reading.last = timeOf(batch, batch.count - 1);
      progress?.update(source.bytesRead, packets);
      await output.settle();
    }
  } finally {
    progress?.stop();
    await source.close();
  }
}

/** Capture time of a packet in seconds, to some 0.2 µs. */
function timeOf(batch: PacketBatch, packet: number): number {
  return batch.sec[packet] + batch.nsec[packet] / 1e9;
}

/** A progress bar, if stderr is a terminal. */
async function progressOf(total: number | undefined): Promise<Progress | undefined> {
  if (process.stderr.isTTY !== true) return undefined;
  const { Progress } = await import('./progress.js');
  return new Progress(total);
}
