/** The work of a session thread of `read`: frames in, rows out, while the main thread reads and decodes. */
import { parentPort } from 'node:worker_threads';
import type { EndReason } from '../model/end-reason.js';
import { MirrorPoint } from '../model/mirror-point.js';
import { Mirrored } from '../model/mirrored.js';
import { ConversationFacts } from '../networks/conversation-facts.js';
import { FRAME_PLACE, FRAME_WORDS, unpackFrame } from '../sessions/frame-batch.js';
import { separationBits } from '../sessions/separation.js';
import { SessionTable } from '../sessions/table.js';
import { Channel } from '../threads/channel.js';
import { PortTransport, type Transport } from '../threads/transport.js';
import { Frame } from '../wire/walk/frame-fields.js';
import { Turn, writeOut } from './line-writer.js';
import { printedRows, type Rows } from './printed-rows.js';
import { returnedRows } from './returned-rows.js';
import {
  type Batch,
  batchIn,
  CLOCK_BACK,
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

/** Hands finished rows over; their memory goes with them. */
type Hand = (segment: RowSegment) => void;

/** The thread's work, once it knows what to do. */
export class SessionWork {
  private readonly buffers: readonly Uint8Array[];
  private readonly rows: Rows;
  protected readonly table: SessionTable;
  private readonly points: MirrorPoint[] = [];
  private readonly dedupWindow: number;
  private readonly applications: number;
  private readonly separateBy: number;
  private readonly groupsSeparateBy: number;
  protected readonly frame = new Frame();
  protected readonly mirrored = new Mirrored();
  protected readonly batches: Batch[] = [];

  constructor(
    task: SessionTask,
    private readonly reader: Channel<SessionThreadSide, ReaderSide>,
  ) {
    this.buffers = task.buffers.map((buffer) => new Uint8Array(buffer));
    this.dedupWindow = task.dedupWindow;
    this.applications = task.applications;
    this.separateBy = separationBits(task.separateBy);
    this.groupsSeparateBy = separationBits(task.groupsSeparateBy);
    const { print, collector, capacity, knowledge } = task;
    if (print === undefined) this.rows = returnedRows(collector, this.hand);
    else this.rows = printedRows(collector, print, print.handsBack ? this.handLines : inTurn(task.stdout));
    this.table = new SessionTable(this.rows, {
      capacity,
      ...(task.ids !== undefined && { ids: task.ids }),
    });
    this.table.setFacts(ConversationFacts.of(knowledge));
    this.table.setNames(knowledge.names, knowledge.known.names);
  }

  addBatch(memory: SharedArrayBuffer): void {
    this.batches.push(batchIn(memory));
  }

  addPoints(points: readonly PlainPoint[]): void {
    for (const p of points) {
      const point = new MirrorPoint(p.index, p.type, p.source, p.target, p.session, p.key, p.origin);
      this.points.push(point);
      this.table.setDedupWindow(point, this.dedupWindow);
      this.table.keep(point, this.applications);
      this.table.separateBy(point, p.group === undefined ? this.separateBy : this.groupsSeparateBy);
      this.table.setGroup(point, p.group);
    }
  }

  private readonly handLines = (lines: Uint8Array): void => {
    const copy = lines.slice() as Uint8Array<ArrayBuffer>;
    this.reader.tell('lines', copy, [copy.buffer]);
  };

  protected readonly hand: Hand = (segment) => {
    const { bytes, lastSeen } = segment;
    this.reader.tell('segment', segment, lastSeen ? [bytes.buffer, lastSeen.buffer] : [bytes.buffer]);
  };

  frames({ batch, count, buffer }: FrameBatch): void {
    for (let i = 0; i < count; i++) {
      if (this.unpack(batch, i, buffer)) this.table.take(this.frame, this.mirrored);
    }
    this.done(batch, buffer);
  }

  /**
   * Reads one entry of a batch: a frame into {@link frame} and {@link mirrored}, or a move of the clock.
   *
   * @returns whether it is a frame
   */
  protected unpack(batch: number, at: number, buffer: number): boolean {
    const { words, arena } = this.batches[batch];
    const place = words[at * FRAME_WORDS + FRAME_PLACE];
    if (place > IN_ARENA) {
      this.tick(place, words[at * FRAME_WORDS] >>> 0);
      return false;
    }
    this.frame.bytes = place === IN_ARENA ? arena : this.buffers[buffer];
    unpackFrame(words, at, this.points, this.frame, this.mirrored);
    return true;
  }

  private tick(place: number, sec: number): void {
    if (place === CLOCK_BACK) this.table.setBack(sec);
    else this.table.advance(sec);
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
    const { counters, applications } = this.table;
    return { counters, applications, packets: this.packets, twice };
  }

  protected flush(): void {
    this.rows.flush();
  }

  protected get packets(): PacketCounts | undefined {
    return undefined;
  }
}

/** Writes to stdout, where other threads write too. */
function inTurn(memory: SharedArrayBuffer): (lines: Uint8Array) => void {
  const turn = new Turn(memory);
  return (lines) => {
    turn.take();
    try {
      writeOut(lines);
    } finally {
      turn.give();
    }
  };
}

/** How the work begins. */
type Begin = (task: SessionTask, reader: Channel<SessionThreadSide, ReaderSide>) => SessionWork;

/** Does what the main thread says. */
export function serve(transport: Transport, begin: Begin): void {
  let work: SessionWork | undefined;
  const begun = (): SessionWork => {
    if (work === undefined) throw new Error('the session thread has no task');
    return work;
  };
  const reader = new Channel<SessionThreadSide, ReaderSide>(transport, {
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

/** What serves sessions only; packet-work.ts keeps packets too. */
export function serveSessions(transport: Transport): void {
  serve(transport, (task, reader) => new SessionWork(task, reader));
}

/** To the thread that started this one. */
export function toStarter(): Transport {
  if (parentPort === null) throw new Error('the session thread is started by read');
  return new PortTransport(parentPort);
}
