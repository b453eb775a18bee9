/** Runs `mirrorlake read`: passes files through the demux to the output. */
import { statSync } from 'node:fs';
import { MirrorTable } from '../accounts/mirrors.js';
import type { ClockSurvey } from '../clocks/clock-survey.js';
import { Clocks } from '../clocks/clocks.js';
import { Demux } from '../demux/demux.js';
import type { Unlisted, UnlistedKind } from '../demux/unlisted-mirrors.js';
import { PacketBatch } from '../model/batch.js';
import { CLOCK_DEFAULTS } from '../model/defaults.js';
import { EndReason } from '../model/end-reason.js';
import type { Inputs } from '../model/inputs.js';
import { MirrorType } from '../model/mirror-point.js';
import type { FrameSink } from '../model/mirrored.js';
import { openCapture } from '../receive/file/capture.js';
import { CaptureError } from '../receive/file/capture-error.js';
import type { Transport } from '../threads/transport.js';
import type { TunnelTable } from '../tunnels/kernel/table.js';
import type { Overlay } from '../wire/tunnel/overlay-kinds.js';
import { TunnelPorts } from '../wire/tunnel/tunnel-ports.js';
import { KnownCapture } from './known-capture.js';
import type { ReadOutput } from './output.js';
import type { PathReading, PathsTold, PathTask } from './paths.js';
import type { CaptureKind, ReadAs } from './read-as.js';
import type { SessionsTold } from './session-dialect.js';
import { SessionThreads, type SessionThreadsOptions } from './session-threads.js';

/** A capture, and what a plain one is called: that is its mirror's name. */
export interface CaptureFile {
  readonly path: string;
  readonly name: string;
}

/** How far a file is read. */
export interface ReadProgress {
  /** Called after each batch. */
  update(bytes: number, packets: number): void;
  stop(): void;
}

/** What came of reading. */
export interface Reading {
  /** What was wrong with files; the rest of them was read. */
  readonly failed: readonly CaptureError[];
  /** What `auto` took files for; those without packets are not among them. */
  readonly kinds: ReadonlyMap<CaptureFile, CaptureKind>;
  /** Inputs that are not listed, whose mirrors the first packets of plain captures look like. */
  readonly resembling: ReadonlyMap<UnlistedKind, Unlisted>;
  readonly demux: Demux;
  readonly mirrors: MirrorTable;
  /** Undefined without hardware time. */
  readonly clocks: Clocks | undefined;
  /** Undefined if there are none, or what was read is abandoned. */
  readonly sessions: SessionsTold | undefined;
  /** Undefined if nothing is matched. */
  readonly paths: PathsTold | undefined;
  /** Whether everything was put away; false for what `once` abandoned. */
  readonly finished: boolean;
}

interface ReadRun {
  readonly as: ReadAs;
  readonly output: ReadOutput;
  /** To the session threads; none if no sessions are wanted. */
  readonly threads: readonly Transport[];
  readonly tunnels: TunnelTable | undefined;
  readonly sessions: SessionThreadsOptions;
  /** Between which places packets are matched, if any. */
  readonly paths: PathTask | undefined;
  /** What carries mirrored traffic. */
  readonly inputs: Inputs;
  /** UDP ports of tunnels, in addition to the well-known ones. */
  readonly overlays: readonly Overlay[];
  /** Whether the times of frames are the timestamps of ERSPAN type III. */
  readonly hardwareTime: boolean;
  /** An interrupted reading is not stored: repeating it stores everything once. */
  readonly once: boolean;
  /** Told how far a file is read, where anybody wants to know. */
  readonly progress: ((bytesTotal: number | undefined) => Promise<ReadProgress>) | undefined;
  /** Aborted: no more is read, and what was is put away. */
  readonly stop: AbortSignal;
}

/** Reads the files into an output. */
export async function readInto(files: readonly CaptureFile[], run: ReadRun): Promise<Reading> {
  const { output, threads, tunnels } = run;
  const sessions = threads.length > 0 ? await sessionThreads(threads, run) : undefined;
  const clocks = run.hardwareTime ? await clocksOf(files, run) : undefined;
  const paths = await pathReading(run, sessions ?? NOBODY, clocks);
  const mirrors = new MirrorTable({
    ...(output.mirrors && { sink: output.mirrors }),
    ...(clocks && { clocks }),
    ...(paths && { watcher: paths, watch: paths.watch }),
  });
  const demux = new Demux({
    sink: paths ?? sessions ?? NOBODY,
    mirrors,
    lengthsLost: true,
    inputs: run.inputs,
    ...(tunnels && { tunnels }),
    ...(output.watcher && { watcher: output.watcher }),
    ...(clocks && { clocks }),
  });
  if (run.overlays.length > 0) demux.setTunnelPorts(new TunnelPorts(run.overlays));
  const { as, inputs, progress, stop } = run;
  const kinds = new Map<CaptureFile, CaptureKind>();
  const resembling = new Map<UnlistedKind, Unlisted>();
  const failed = await readAll(files, {
    as,
    inputs,
    kinds,
    resembling,
    demux,
    mirrors,
    clocks,
    sessions,
    paths,
    output,
    progress,
    stop,
    last: 0,
  });
  if (run.once && stop.aborted) {
    await output.abandon?.();
    return {
      failed,
      kinds,
      resembling,
      demux,
      mirrors,
      clocks,
      sessions: undefined,
      paths: undefined,
      finished: false,
    };
  }
  demux.finish();
  sessions?.send();
  const told = await sessions?.finish(EndReason.Eof);
  const matched = paths?.finish();
  await output.finish(mirrors);
  return {
    failed,
    kinds,
    resembling,
    demux,
    mirrors,
    clocks,
    sessions: told,
    paths: matched,
    finished: true,
  };
}

async function pathReading(
  { paths, output }: ReadRun,
  next: FrameSink,
  clocks: Clocks | undefined,
): Promise<PathReading | undefined> {
  if (paths === undefined || output.paths === undefined) return undefined;
  const { PathReading } = await import('./paths.js');
  return new PathReading(paths, output.paths, next, clocks);
}

/**
 * Files are looked through first, so that the clocks in them are known from the first packet on; what can be
 * read once only is fitted as it comes.
 */
async function clocksOf(files: readonly CaptureFile[], run: ReadRun): Promise<Clocks> {
  const look = files.every(({ path }) => isFile(path)) ? await firstLook(files, run) : undefined;
  return new Clocks({ within: CLOCK_DEFAULTS.within, all: true, ...(look && { look }) });
}

function isFile(file: string): boolean {
  return file !== '-' && statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

async function firstLook(files: readonly CaptureFile[], { inputs, stop }: ReadRun): Promise<ClockSurvey> {
  const clocks = new Clocks({ within: CLOCK_DEFAULTS.within, all: true, look: 'first' });
  const demux = new Demux({ sink: NOBODY, mirrors: new MirrorTable(), lengthsLost: true, inputs, clocks });
  const batch = new PacketBatch();
  let last = 0;
  for (const { path } of files) {
    try {
      const source = await openCapture(path, { signal: stop });
      try {
        for (let first = true; !stop.aborted && (await source.next(batch)); first = false) {
          if (first && timeOf(batch, 0) < last) clocks.restart();
          demux.process(batch);
          last = timeOf(batch, batch.count - 1);
        }
      } finally {
        await source.close();
      }
    } catch (error) {
      // It is told of when the file is read.
      if (!(error instanceof CaptureError)) throw error;
    }
  }
  return clocks.survey();
}

async function sessionThreads(to: readonly Transport[], run: ReadRun): Promise<SessionThreads> {
  const { sessions, output } = run;
  if (sessions.packets === undefined) return new SessionThreads(to, sessions, output.onSegment);
  const { PacketThread } = await import('./packet-thread.js');
  return new SessionThreads(to, sessions, output.onSegment, (...args) => new PacketThread(...args));
}

/** For frames that nobody wants. */
const NOBODY: FrameSink = { frame: () => undefined };

interface Progressing {
  readonly as: ReadAs;
  readonly inputs: Inputs;
  readonly kinds: Map<CaptureFile, CaptureKind>;
  readonly resembling: Map<UnlistedKind, Unlisted>;
  readonly demux: Demux;
  readonly mirrors: MirrorTable;
  readonly clocks: Clocks | undefined;
  readonly sessions: SessionThreads | undefined;
  readonly paths: PathReading | undefined;
  readonly output: ReadOutput;
  readonly progress: ReadRun['progress'];
  readonly stop: AbortSignal;
  /** Capture time of the last packet read, in seconds. */
  last: number;
}

/** Reads every file, going on after one that is damaged or missing. @returns what went wrong. */
async function readAll(files: readonly CaptureFile[], reading: Progressing): Promise<CaptureError[]> {
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

async function readFile(file: CaptureFile, reading: Progressing): Promise<void> {
  const { demux, mirrors, clocks, sessions, output, stop } = reading;
  const source = await openCapture(file.path, { signal: stop, ...(sessions && { ring: sessions.buffers }) });
  const progress = await reading.progress?.(source.bytesTotal);
  const capture = new KnownCapture(source, reading.as, reading.inputs);
  reading.paths?.begin();
  let packets = 0;
  try {
    while (!stop.aborted) {
      const batch = await capture.next();
      output.begin?.();
      if (batch === undefined) break;
      sessions?.begin(batch.bytes, mirrors.points);
      // An older file after a newer one belongs to another time: nothing continues from one to the other.
      if (packets === 0 && timeOf(batch, 0) < reading.last) {
        demux.finish();
        clocks?.restart();
        sessions?.send();
        sessions?.restart(EndReason.Eof);
      }
      if (capture.kind === 'frames') demux.processPlain(batch, MirrorType.Capture, file.name);
      else demux.process(batch);
      sessions?.send();
      packets += batch.count;
      reading.last = timeOf(batch, batch.count - 1);
      progress?.update(source.bytesRead, packets);
      await output.settle();
    }
  } finally {
    if (reading.as === 'auto' && packets > 0 && capture.kind !== undefined)
      reading.kinds.set(file, capture.kind);
    for (const unlisted of capture.unlisted) reading.resembling.set(unlisted.kind, unlisted);
    progress?.stop();
    await source.close();
  }
}

/** Capture time of a packet in seconds, to some 0.2 µs. */
function timeOf(batch: PacketBatch, packet: number): number {
  return batch.sec[packet] + batch.nsec[packet] / 1e9;
}
