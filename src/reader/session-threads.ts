import { addedUp } from '../model/application-counts.js';
import { SESSION_DEFAULTS } from '../model/defaults.js';
import type { EndReason } from '../model/end-reason.js';
import type { MirrorPoint } from '../model/mirror-point.js';
import type { FrameSink, Mirrored } from '../model/mirrored.js';
import { Clock, ClockMove } from '../sessions/clock.js';
import type { Transport } from '../threads/transport.js';
import type { Frame } from '../wire/walk/frame.js';
import type { ReadOutput } from './output.js';
import { ReadBuffers } from './read-buffers.js';
import { CLOCK_AHEAD, CLOCK_BACK, type SessionsTold, type SessionTask } from './session-dialect.js';
import { type GroupOf, SessionThread } from './session-thread.js';
import { shareOf } from './share.js';

/** What threads must know about their tables. */
export interface SessionThreadsOptions extends Omit<SessionTask, 'buffers' | 'stdout'> {
  /** Sessions held at once, in all tables together. */
  readonly capacity: number;
  /** Says of every mirror point which group it is in; undefined: there are none. */
  readonly groupOf: GroupOf | undefined;
}

/** Makes what deals with one thread. */
type MakeThread = (
  transport: Transport,
  buffers: ReadBuffers,
  task: SessionTask,
  groupOf: GroupOf | undefined,
  onSegment: ReadOutput['onSegment'],
) => SessionThread;

/**
 * The session tables of `read`, each in its own thread, while this one reads and decodes. Frames are dealt by
 * their inner addresses, so every conversation is whole in one table and its frames keep their order.
 *
 * The tables have one clock, kept here and moved by every frame: a session ends at the same packet whichever
 * frames its table sees, so the rows are those of a single table.
 */
export class SessionThreads implements FrameSink {
  readonly buffers = new ReadBuffers();
  private readonly threads: readonly SessionThread[];
  private readonly clock = new Clock({ ...SESSION_DEFAULTS, linger: SESSION_DEFAULTS.linger.read });

  /**
   * @param transports to the threads: session-start.ts
   * @param onSegment takes finished rows, one segment at a time, if the threads do not print them
   */
  constructor(
    transports: readonly Transport[],
    options: SessionThreadsOptions,
    onSegment?: ReadOutput['onSegment'],
    make: MakeThread = (...args) => new SessionThread(...args),
  ) {
    const { groupOf, ...plain } = options;
    const task: SessionTask = {
      ...plain,
      buffers: this.buffers.shared,
      stdout: new SharedArrayBuffer(4),
      capacity: Math.ceil(options.capacity / transports.length),
    };
    this.threads = transports.map((transport) => make(transport, this.buffers, task, groupOf, onSegment));
  }

  /**
   * Announces the bytes of the next frames, and the mirror points they may belong to. Frames of bytes that
   * are no read buffer are copied.
   */
  begin(bytes: Uint8Array, points: readonly MirrorPoint[]): void {
    const { buffers } = this.buffers;
    const buffer = Math.max(buffers.indexOf(bytes), 0);
    for (const thread of this.threads) thread.begin(buffer, buffers[buffer], points);
  }

  frame(f: Frame, m: Mirrored): void {
    const sec = f.sec + f.lag;
    if (sec !== this.clock.now) this.tick(sec);
    const { threads } = this;
    threads[threads.length === 1 ? 0 : shareOf(f, threads.length)].frame(f, m);
  }

  /** Sends what has gathered, at the end of every batch of packets. */
  send(): void {
    for (const thread of this.threads) thread.send();
  }

  /** Ends every session, before an older capture. */
  restart(reason: EndReason): void {
    for (const thread of this.threads) thread.restart(reason);
    this.clock.set(0);
  }

  /** Ends every session, and settles when the last row is written. */
  async finish(reason: EndReason): Promise<SessionsTold> {
    const told = await Promise.all(this.threads.map((thread) => thread.finish(reason)));
    return told.length === 1 ? told[0] : allOf(told);
  }

  private tick(sec: number): void {
    const move = this.clock.judge(sec);
    if (move === ClockMove.None) return;
    this.clock.set(sec);
    const place = move === ClockMove.Forward ? CLOCK_AHEAD : CLOCK_BACK;
    for (const thread of this.threads) thread.tick(place, sec);
  }
}

/** What several threads have counted, added up. */
function allOf(told: readonly SessionsTold[]): SessionsTold {
  const counters = { ...told[0].counters };
  const names = Object.keys(counters) as (keyof typeof counters)[];
  for (const name of names) counters[name] = sum(told.map((one) => one.counters[name]));
  return {
    counters,
    applications: addedUp(told.map((one) => one.applications)),
    packets: told[0].packets && {
      kept: sum(told.map(({ packets }) => packets?.kept ?? 0)),
      dropped: sum(told.map(({ packets }) => packets?.dropped ?? 0)),
    },
    twice: [...new Set(told.flatMap(({ twice }) => twice))],
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
