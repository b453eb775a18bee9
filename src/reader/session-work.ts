/** The work of `read`'s session thread: frames in, rows out, while the main thread reads and decodes. */
import { parentPort } from 'node:worker_threads';
import type { EndReason } from '../model/end-reason.js';
import { MirrorPoint } from '../model/mirror-point.js';
import { Mirrored } from '../model/mirrored.js';
import type { SessionSink } from '../model/session-record.js';
import { FRAME_PLACE, FRAME_WORDS, unpackFrame } from '../sessions/frame-batch.js';
import { separationBits } from '../sessions/separation.js';
import { SessionTable } from '../sessions/table.js';
import { SessionLines } from '../store/ndjson/lines.js';
import { SessionSegment } from '../store/segment/segments.js';
import { Channel } from '../threads/channel.js';
import { PortTransport } from '../threads/transport.js';
import { Frame } from '../wire/walk/frame-fields.js';
import { CHUNK, writeOut } from './line-writer.js';
import {
  type Batch,
  batchIn,
  type FrameBatch,
  IN_ARENA,
  type PacketCounts,
  type PlainPoint,
  type ReaderSide,
  type RowSegment,
  type SessionsTold,
  type SessionTask,
  type SessionThreadSide,
} from './session-dialect.js';

/** Bytes of a segment before it is returned: some ten thousand sessions. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/** Hands finished rows over; their memory goes with them. */
type Hand = (segment: RowSegment) => void;

/** Where rows go. */
interface Rows extends SessionSink {
  flush(): void;
}

function printed(collector: string): Rows {
  const lines = new SessionLines(collector);
  return {
    session: (record) => {
      lines.session(record);
      if (lines.length >= CHUNK) writeOut(lines.take());
    },
    flush: () => writeOut(lines.take()),
  };
}

function handedBack(collector: string, hand: Hand): Rows {
  const segment = new SessionSegment(collector);
  // A row takes more than a hundred bytes.
  let lastSeen = new Uint32Array(SEGMENT_BYTES / 64);
  const flush = () => {
    const rows = segment.count;
    if (rows === 0) return;
    const bytes = segment.take() as Uint8Array<ArrayBuffer>;
    const seen = lastSeen.slice(0, rows);
    hand({ table: 'sessions', bytes, rows, lastSeen: seen });
  };
  return {
    session: (record) => {
      if (segment.count === lastSeen.length) lastSeen = grown(lastSeen);
      lastSeen[segment.count] = record.lastSeenSec;
      segment.session(record);
      if (segment.length >= SEGMENT_BYTES) flush();
    },
    flush,
  };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** The thread's work, once it knows what to do. */
export class SessionWork {
  private readonly buffers: readonly Uint8Array[];
  private readonly rows: Rows;
  protected readonly table: SessionTable;
  private readonly points: MirrorPoint[] = [];
  private readonly dedupWindow: number;
  private readonly separateBy: number;
  protected readonly frame = new Frame();
  protected readonly mirrored = new Mirrored();
  protected readonly batches: Batch[] = [];

  constructor(
    task: SessionTask,
    private readonly reader: Channel<SessionThreadSide, ReaderSide>,
  ) {
    this.buffers = task.buffers.map((buffer) => new Uint8Array(buffer));
    this.dedupWindow = task.dedupWindow;
    this.separateBy = separationBits(task.separateBy);
    this.rows = task.print ? printed(task.collector) : handedBack(task.collector, this.hand);
    this.table = new SessionTable(this.rows, {
      ...(task.capacity !== undefined && { capacity: task.capacity }),
      ...(task.ids !== undefined && { ids: task.ids }),
    });
  }

  addBatch(memory: SharedArrayBuffer): void {
    this.batches.push(batchIn(memory));
  }

  addPoints(points: readonly PlainPoint[]): void {
    for (const p of points) {
      const point = new MirrorPoint(p.index, p.type, p.source, p.target, p.session, p.key);
      this.points.push(point);
      this.table.setDedupWindow(point, this.dedupWindow);
      this.table.separateBy(point, this.separateBy);
    }
  }

  protected readonly hand: Hand = (segment) => {
    const { bytes, lastSeen } = segment;
    this.reader.tell('segment', segment, lastSeen ? [bytes.buffer, lastSeen.buffer] : [bytes.buffer]);
  };

  frames({ batch, count, buffer }: FrameBatch): void {
    for (let i = 0; i < count; i++) {
      this.unpack(batch, i, buffer);
      this.table.frame(this.frame, this.mirrored);
    }
    this.done(batch, buffer);
  }

  /** Reads one frame of a batch into {@link frame} and {@link mirrored}. */
  protected unpack(batch: number, at: number, buffer: number): void {
    const { words, arena } = this.batches[batch];
    this.frame.bytes = words[at * FRAME_WORDS + FRAME_PLACE] === IN_ARENA ? arena : this.buffers[buffer];
    unpackFrame(words, at, this.points, this.frame, this.mirrored);
  }

  protected done(batch: number, buffer: number): void {
    this.reader.tell('done', { batch, buffer });
  }

  /** Ends every session. */
  restart(reason: EndReason): void {
    this.table.finish(reason);
  }

  finish(reason: EndReason): SessionsTold {
    this.table.finish(reason);
    this.flush();
    const twice = this.points.filter((point) => this.table.comesTwice(point)).map((point) => point.index);
    return { counters: this.table.counters, packets: this.packets, twice };
  }

  protected flush(): void {
    this.rows.flush();
  }

  protected get packets(): PacketCounts | undefined {
    return undefined;
  }
}

/** How the thread's work begins. */
type Begin = (task: SessionTask, reader: Channel<SessionThreadSide, ReaderSide>) => SessionWork;

/** Does what the main thread says. */
export function serve(begin: Begin): void {
  if (parentPort === null) throw new Error('the session thread is started by read');
  let work: SessionWork | undefined;
  const begun = (): SessionWork => {
    if (work === undefined) throw new Error('the session thread has no task');
    return work;
  };
  const reader = new Channel<SessionThreadSide, ReaderSide>(new PortTransport(parentPort), {
    asks: { finish: (reason) => begun().finish(reason) },
    tells: {
      task: (task) => {
        work = begin(task, reader);
      },
      memory: (memory) => begun().addBatch(memory),
      frames: (frames) => {
        begun().addPoints(frames.points);
        begun().frames(frames);
      },
      restart: (reason) => begun().restart(reason),
    },
  });
}
