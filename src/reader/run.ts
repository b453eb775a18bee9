/** Runs `mirrorlake read`: passes files through the demux to the output. */
import { MirrorTable } from '../accounts/mirrors.js';
import type { ClockSurvey } from '../clocks/clock-survey.js';
import { Clocks } from '../clocks/clocks.js';
import { Demux } from '../demux/demux.js';
import type { Unlisted, UnlistedKind } from '../demux/unlisted-mirrors.js';
import type { PacketBatch } from '../model/batch.js';
import { CLOCK_DEFAULTS } from '../model/defaults.js';
import { EndReason } from '../model/end-reason.js';
import type { Inputs } from '../model/inputs.js';
import { MirrorType } from '../model/mirror-point.js';
import type { FrameSink } from '../model/mirrored.js';
import type { CaptureError } from '../receive/file/capture-error.js';
import type { Transport } from '../threads/transport.js';
import type { TunnelTable } from '../tunnels/kernel/table.js';
import type { Overlay } from '../wire/tunnel/overlay-kinds.js';
import { TunnelPorts } from '../wire/tunnel/tunnel-ports.js';
import { areFiles, areTimeline, bytesOf, type CaptureFile } from './capture-files.js';
import { type Captures, type CapturesOptions, OneByOne } from './captures.js';
import type { ReadOutput } from './output.js';
import type { PathReading, PathsTold, PathTask } from './paths.js';
import type { CaptureKind, ReadAs } from './read-as.js';
import type { SessionsTold } from './session-dialect.js';
import { SessionThreads, type SessionThreadsOptions } from './session-threads.js';
import { Timeline } from './timeline.js';

/** How far captures are read. */
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
  /** Told how far captures are read, where anybody wants to know. */
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
  const captures = await capturesOf(files, run, sessions?.buffers);
  await readAll(captures, files, run, { demux, mirrors, clocks, sessions, paths });
  const { failed, kinds, resembling } = captures.found;
  if (run.once && run.stop.aborted) {
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

/** Several files are one timeline; what can be read once only, and alone, is read as it comes. */
function capturesOf(
  files: readonly CaptureFile[],
  { as, inputs, stop: signal }: ReadRun,
  ring?: CapturesOptions['ring'],
): Promise<Captures> | Captures {
  const options = { as, inputs, signal, ring };
  return areTimeline(files) ? Timeline.of(files, options) : new OneByOne(files, options);
}

/**
 * Files are looked through first, so that the clocks in them are known from the first packet on; what can be
 * read once only is fitted as it comes.
 */
async function clocksOf(files: readonly CaptureFile[], run: ReadRun): Promise<Clocks> {
  const look = areFiles(files) ? await firstLook(files, run) : undefined;
  return new Clocks({ within: CLOCK_DEFAULTS.within, all: true, ...(look && { look }) });
}

async function firstLook(files: readonly CaptureFile[], run: ReadRun): Promise<ClockSurvey> {
  const clocks = new Clocks({ within: CLOCK_DEFAULTS.within, all: true, look: 'first' });
  const { inputs } = run;
  const demux = new Demux({ sink: NOBODY, mirrors: new MirrorTable(), lengthsLost: true, inputs, clocks });
  const captures = await capturesOf(files, run);
  try {
    for (let taken = await captures.next(); taken !== undefined; taken = await captures.next())
      demux.process(taken.batch);
  } finally {
    await captures.close();
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

/** Where packets go. */
interface Destinations {
  readonly demux: Demux;
  readonly mirrors: MirrorTable;
  readonly clocks: Clocks | undefined;
  readonly sessions: SessionThreads | undefined;
  readonly paths: PathReading | undefined;
}

async function readAll(
  captures: Captures,
  files: readonly CaptureFile[],
  { output, stop, progress: shows }: ReadRun,
  { demux, mirrors, clocks, sessions, paths }: Destinations,
): Promise<void> {
  const progress = await shows?.(bytesOf(files));
  let packets = 0;
  /** Capture time of the last packet, in seconds. */
  let last = 0;
  try {
    while (!stop.aborted) {
      const taken = await captures.next();
      if (taken === undefined) break;
      const { batch, kind, file, begins, ends } = taken;
      output.begin?.();
      sessions?.begin(batch.bytes, mirrors.points);
      if (begins) {
        paths?.begin();
        // An older capture after a newer one belongs to another time: nothing continues in it.
        if (timeOf(batch, 0) < last) {
          demux.finish();
          clocks?.restart();
          sessions?.send();
          sessions?.restart(EndReason.Eof);
        }
      }
      if (kind === 'frames') demux.processPlain(batch, MirrorType.Capture, file.name);
      else demux.process(batch);
      packets += batch.count;
      last = timeOf(batch, batch.count - 1);
      if (!ends) continue;
      sessions?.send();
      progress?.update(captures.bytesRead, packets);
      await output.settle();
    }
  } finally {
    progress?.stop();
    await captures.close();
  }
}

/** Capture time of a packet in seconds, to some 0.2 µs. */
function timeOf(batch: PacketBatch, packet: number): number {
  return batch.sec[packet] + batch.nsec[packet] / 1e9;
}
