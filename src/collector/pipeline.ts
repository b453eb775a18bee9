/** The common part of a packet path: demux, the session table, the mirror points. */

import type { PointWatcher } from '../accounts/mirror-table-options.js';
import { MirrorTable } from '../accounts/mirrors.js';
import type { NumberLog } from '../accounts/number-log.js';
import type { NumberWatch } from '../accounts/number-watch.js';
import type { PointGate } from '../accounts/point-gate.js';
import type { Clocks } from '../clocks/clocks.js';
import { Demux } from '../demux/demux.js';
import type { PacketWatcher } from '../demux/dispatch.js';
import type { ReassemblyLimits } from '../demux/reassembly.js';
import type { PacketBatch } from '../model/batch.js';
import type { EndReason } from '../model/end-reason.js';
import type { Inputs } from '../model/inputs.js';
import type { MirrorPoint } from '../model/mirror-point.js';
import type { MirrorSink } from '../model/mirror-record.js';
import type { FrameSink } from '../model/mirrored.js';
import type { RowSink } from '../model/row-sink.js';
import type { SessionSink } from '../model/session-record.js';
import type { SessionOptions } from '../sessions/options.js';
import { SessionTable } from '../sessions/table.js';

export interface PipelineOptions {
  readonly sessions: SessionSink & Partial<RowSink>;
  readonly mirrors: MirrorSink;
  readonly table?: Partial<SessionOptions>;
  readonly watcher?: PacketWatcher;
  /** What carries mirrored traffic; GRE by default. */
  readonly inputs?: Inputs;
  /** Says which mirror points get a place. */
  readonly gate?: PointGate;
  /** Told of new and of forgotten mirror points. */
  readonly points?: PointWatcher;
  /** Takes decoded frames instead of the session table, and may pass them on to it. */
  readonly frames?: FrameSink;
  readonly reassembly?: ReassemblyLimits;
  /** Where sequence numbers go to be judged together with those of other pipelines. */
  readonly numbers?: NumberLog;
  /** Watches the numbers of some mirror points, if they are judged here. */
  readonly watch?: NumberWatch;
  /** Gives frames the times of their timestamps. */
  readonly clocks?: Clocks;
}

export class Pipeline {
  readonly table: SessionTable;
  readonly mirrors: MirrorTable;
  readonly demux: Demux;

  constructor(options: PipelineOptions) {
    this.table = new SessionTable(options.sessions, options.table);
    this.mirrors = new MirrorTable({
      sink: options.mirrors,
      ...(options.gate && { gate: options.gate }),
      ...(options.points && { watcher: options.points }),
      ...(options.numbers && { numbers: options.numbers }),
      ...(options.watch && { watch: options.watch }),
      ...(options.clocks && { clocks: options.clocks }),
    });
    this.demux = new Demux({
      sink: options.frames ?? this.table,
      mirrors: this.mirrors,
      ...(options.watcher && { watcher: options.watcher }),
      ...(options.inputs && { inputs: options.inputs }),
      ...(options.reassembly && { reassembly: options.reassembly }),
      ...(options.clocks && { clocks: options.clocks }),
    });
  }

  setClocks(clocks: Clocks): void {
    this.mirrors.setClocks(clocks);
    this.demux.setClocks(clocks);
  }

  process(batch: PacketBatch): void {
    this.demux.process(batch);
  }

  /** Moves time on to `sec` when no packets do. */
  advance(sec: number): void {
    this.table.advance(sec);
    this.demux.advance(sec);
  }

  /** Forgets mirror points that have been silent for long, a few per call; not those with open sessions. */
  forget(sec: number): void {
    this.mirrors.sweep(sec, this.isHeld);
  }

  private readonly isHeld = (point: MirrorPoint): boolean => this.table.holds(point);

  /** Ends what is open, with this reason. */
  finish(reason: EndReason): void {
    this.demux.finish();
    this.table.finish(reason);
  }
}
