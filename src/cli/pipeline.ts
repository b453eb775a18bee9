/** The way from packets to rows that `read` and `collect` share: demux, the session table, the mirror points. */
import { Demux } from '../demux/demux.js';
import type { PacketWatcher } from '../demux/inner.js';
import { MirrorTable } from '../demux/mirrors.js';
import type { NumberLog } from '../demux/number-log.js';
import type { ReassemblyLimits } from '../demux/reassembly.js';
import type { PacketBatch } from '../receive/batch.js';
import type { SessionOptions } from '../sessions/options.js';
import type { EndReason, SessionSink } from '../sessions/record.js';
import { SessionTable } from '../sessions/table.js';
import type { MirrorPoint } from '../wire/mirror-point.js';
import type { MirrorSink } from '../wire/mirror-record.js';
import type { FrameSink } from '../wire/mirrored.js';

export interface PipelineOptions {
  readonly sessions: SessionSink;
  readonly mirrors: MirrorSink;
  readonly table?: Partial<SessionOptions>;
  readonly watcher?: PacketWatcher;
  /** Asked once for each new mirror point: false, and its packets are counted but go no further. */
  readonly admit?: (point: MirrorPoint) => boolean;
  /** Takes the decoded frames in place of the session table, which it may hand them on to. */
  readonly frames?: FrameSink;
  readonly reassembly?: ReassemblyLimits;
  /** Where sequence numbers go, to be judged with those of other pipelines. */
  readonly numbers?: NumberLog;
}

export class Pipeline {
  readonly table: SessionTable;
  readonly mirrors: MirrorTable;
  readonly demux: Demux;

  constructor(options: PipelineOptions) {
    this.table = new SessionTable(options.sessions, options.table);
    this.mirrors = new MirrorTable({
      sink: options.mirrors,
      ...(options.admit && { admit: options.admit }),
      ...(options.numbers && { numbers: options.numbers }),
    });
    this.demux = new Demux({
      sink: options.frames ?? this.table,
      mirrors: this.mirrors,
      ...(options.watcher && { watcher: options.watcher }),
      ...(options.reassembly && { reassembly: options.reassembly }),
    });
  }

  process(batch: PacketBatch): void {
    this.demux.process(batch);
  }

  /** Moves time on to `sec` when no packets do. */
  advance(sec: number): void {
    this.table.advance(sec);
    this.demux.advance(sec);
  }

  /** Ends what is open, naming why. */
  finish(reason: EndReason): void {
    this.demux.finish();
    this.table.finish(reason);
  }
}
