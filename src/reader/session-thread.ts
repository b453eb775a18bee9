import type { EndReason } from '../model/end-reason.js';
import type { MirrorPoint } from '../model/mirror-point.js';
import type { Mirrored } from '../model/mirrored.js';
import { FRAME_BATCH, FRAME_PLACE, FRAME_WORDS, moveFrame, packFrame } from '../sessions/frame-batch.js';
import type { Membership } from '../sessions/groups.js';
import { Channel } from '../threads/channel.js';
import type { Transport } from '../threads/transport.js';
import type { Frame } from '../wire/walk/frame.js';
import { writeOut } from './line-writer.js';
import type { ReadOutput } from './output.js';
import type { ReadBuffers } from './read-buffers.js';
import {
  ARENA_BYTES,
  BATCH_BYTES,
  type Batch,
  batchIn,
  type CLOCK_AHEAD,
  type CLOCK_BACK,
  IN_ARENA,
  IN_BUFFER,
  KEPT_BYTES,
  type ReaderSide,
  type SessionsTold,
  type SessionTask,
  type SessionThreadSide,
} from './session-dialect.js';

/** The group that a mirror point is in, if any. */
export type GroupOf = (point: MirrorPoint) => Membership | undefined;

/**
 * One session thread of `read`, or this one in its place. Frames are passed in batches of shared memory;
 * their bytes stay in the read buffers, which are reused only after the thread is done with them.
 */
export class SessionThread {
  /** Memory of the batches, and the indexes of free ones. */
  protected readonly batches: Batch[] = [];
  private readonly idle: number[] = [];
  private readonly channel: Channel<ReaderSide, SessionThreadSide>;
  private buffer = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  protected batch = 0;
  protected words: Int32Array;
  private arena: Uint8Array;
  protected arenaUsed = 0;
  /** Entries of the batch: frames, and moves of the clock. */
  protected count = 0;
  private pointsSent = 0;
  private points: readonly MirrorPoint[] = [];

  /**
   * @param transport to the thread: session-start.ts
   * @param groupOf says of every mirror point which group it is in; undefined: there are none
   * @param onSegment takes finished rows, one segment at a time, if the thread does not print them
   */
  constructor(
    transport: Transport,
    private readonly buffers: ReadBuffers,
    private readonly task: SessionTask,
    private readonly groupOf: GroupOf | undefined,
    onSegment: ReadOutput['onSegment'],
  ) {
    this.channel = new Channel(
      transport,
      {
        asks: {},
        tells: {
          done: ({ batch, buffer }) => {
            this.idle.push(batch);
            buffers.release(buffer);
          },
          segment: ({ table, bytes, rows, lastSeen }) => onSegment?.(table, bytes, rows, lastSeen),
          lines: writeOut,
        },
      },
      { ended: (error) => buffers.fail(error) },
    );
    this.channel.tell('task', task);
    this.batch = this.addBatch();
    this.words = this.batches[this.batch].words;
    this.arena = this.batches[this.batch].arena;
  }

  /** Announces the buffer of the next frames, and the mirror points they may belong to. */
  begin(buffer: number, bytes: Uint8Array, points: readonly MirrorPoint[]): void {
    this.buffer = buffer;
    this.bytes = bytes;
    this.points = points;
  }

  frame(f: Frame, m: Mirrored): void {
    const elsewhere = f.bytes !== this.bytes;
    const length = f.end - f.start;
    if (this.count === FRAME_BATCH || (elsewhere && this.arenaUsed + length > ARENA_BYTES)) this.send();
    packFrame(f, m, this.words, this.count);
    const w = this.count * FRAME_WORDS;
    this.words[w + FRAME_PLACE] = elsewhere ? IN_ARENA : IN_BUFFER;
    if (elsewhere) {
      this.arena.set(f.bytes.subarray(f.start, f.end), this.arenaUsed);
      moveFrame(this.words, this.count, this.arenaUsed - f.start);
      this.arenaUsed += length;
    }
    this.count++;
  }

  /** Moves the table's clock, between the frames before and after. */
  tick(place: typeof CLOCK_AHEAD | typeof CLOCK_BACK, sec: number): void {
    if (this.count === FRAME_BATCH) this.send();
    const w = this.count * FRAME_WORDS;
    this.words[w] = sec;
    this.words[w + FRAME_PLACE] = place;
    this.count++;
  }

  /** Sends what has gathered, at the end of every batch of packets. */
  send(): void {
    if (this.count === 0) return;
    const points = this.points.slice(this.pointsSent);
    this.pointsSent = this.points.length;
    this.buffers.hold(this.buffer);
    this.channel.tell('frames', {
      batch: this.batch,
      count: this.count,
      buffer: this.buffer,
      points: points.map((p) => ({ ...p, group: this.groupOf?.(p) })),
    });
    this.batch = this.idle.pop() ?? this.addBatch();
    this.words = this.batches[this.batch].words;
    this.arena = this.batches[this.batch].arena;
    this.arenaUsed = 0;
    this.count = 0;
  }

  /** Ends every session, before an older capture. */
  restart(reason: EndReason): void {
    this.channel.tell('restart', reason);
  }

  /** Ends every session, and settles when the last row is written. */
  async finish(reason: EndReason): Promise<SessionsTold> {
    const told = await this.channel.ask('finish', reason);
    this.channel.close();
    return told;
  }

  private addBatch(): number {
    const memory = new SharedArrayBuffer(this.task.packets ? BATCH_BYTES + KEPT_BYTES : BATCH_BYTES);
    this.batches.push(batchIn(memory));
    this.channel.tell('memory', memory);
    return this.batches.length - 1;
  }
}
