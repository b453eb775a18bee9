import type { Worker } from 'node:worker_threads';
import type { EndReason } from '../model/end-reason.js';
import type { MirrorPoint } from '../model/mirror-point.js';
import type { FrameSink, Mirrored } from '../model/mirrored.js';
import { MAX_RECORD } from '../receive/file/format.js';
import type { BufferRing } from '../receive/file/read-ahead.js';
import { FRAME_BATCH, FRAME_PLACE, FRAME_WORDS, moveFrame, packFrame } from '../sessions/frame-batch.js';
import { Channel } from '../threads/channel.js';
import { workerTransport } from '../threads/transport.js';
import type { Frame } from '../wire/walk/frame.js';
import { READER_GONE, writeOut } from './line-writer.js';
import type { ReadOutput } from './output.js';
import {
  ARENA_BYTES,
  BATCH_BYTES,
  type Batch,
  batchIn,
  IN_ARENA,
  IN_BUFFER,
  KEPT_BYTES,
  type ReaderSide,
  type SessionsTold,
  type SessionTask,
  type SessionThreadSide,
} from './session-dialect.js';

/**
 * Bytes per read, and how many reads may be ahead of the session table. One read is one batch of packets of
 * ordinary size, small enough to be in the cache still when it is decoded; with so many of them, decoding
 * need not wait for the thread to start. Measured on a million packets: 5 % less time than four reads of 2
 * MiB.
 */
const CHUNK = 1024 * 1024;
const BUFFERS = 12;

/** What the thread must know about its table. */
export type SessionThreadOptions = Pick<
  SessionTask,
  'collector' | 'capacity' | 'ids' | 'packets' | 'dedupWindow' | 'separateBy' | 'applications' | 'print'
>;

/**
 * The session table of `read`, in its own thread: decoding and sessions take about the same time, so two
 * cores halve it. Frames are passed in batches of shared memory; their bytes stay in the read buffers, which
 * are reused only after the thread is done with them.
 */
export class SessionThread implements FrameSink, BufferRing {
  readonly buffers: readonly Uint8Array[];
  /** Memory of the batches, and the indexes of free ones. */
  protected readonly batches: Batch[] = [];
  private readonly idle: number[] = [];
  /** By buffer: batches that the thread still works on; and who waits for them. */
  private readonly busy: number[];
  private readonly waiting: (() => void)[] = [];
  private readonly channel: Channel<ReaderSide, SessionThreadSide>;
  /** Fails when the thread does. */
  private readonly failed: Promise<never>;
  private buffer = 0;
  protected batch = 0;
  protected words: Int32Array;
  private arena: Uint8Array;
  protected arenaUsed = 0;
  protected count = 0;
  private pointsSent = 0;
  private points: readonly MirrorPoint[] = [];

  /**
   * @param worker the thread, see {@link startSessionWorker}
   * @param onSegment takes finished rows, one segment at a time, if the thread does not print them
   */
  constructor(
    worker: Worker,
    private readonly options: SessionThreadOptions,
    onSegment?: ReadOutput['onSegment'],
  ) {
    const buffers = Array.from({ length: BUFFERS }, () => new SharedArrayBuffer(MAX_RECORD + CHUNK));
    this.buffers = buffers.map((buffer) => new Uint8Array(buffer));
    this.busy = buffers.map(() => 0);
    // A thread that prints leaves when its reader does (| head). Whatever else ends it is a failure.
    worker.on('exit', (code) => {
      if (code === READER_GONE) process.exit(0);
    });
    let fail: (error: Error) => void = () => {};
    this.failed = new Promise((_, reject) => {
      fail = reject;
    });
    // Met in finish; until then an error only wakes who waits.
    this.failed.catch(() => this.wake());
    this.channel = new Channel(
      workerTransport(worker),
      {
        asks: {},
        tells: {
          done: ({ batch, buffer }) => this.release(batch, buffer),
          segment: ({ table, bytes, rows, lastSeen }) => onSegment?.(table, bytes, rows, lastSeen),
          lines: writeOut,
        },
      },
      { ended: fail },
    );
    this.channel.tell('task', { buffers, ...options });
    this.batch = this.addBatch();
    this.words = this.batches[this.batch].words;
    this.arena = this.batches[this.batch].arena;
  }

  /** Announces the buffer of the next frames, and the mirror points they may belong to. */
  begin(bytes: Uint8Array, points: readonly MirrorPoint[]): void {
    this.buffer = this.buffers.indexOf(bytes);
    this.points = points;
  }

  frame(f: Frame, m: Mirrored): void {
    const elsewhere = f.bytes !== this.buffers[this.buffer];
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

  /** Sends what has gathered, at the end of every batch of packets. */
  send(): void {
    if (this.count === 0) return;
    const points = this.points.slice(this.pointsSent);
    this.pointsSent = this.points.length;
    this.busy[this.buffer]++;
    this.channel.tell('frames', {
      batch: this.batch,
      count: this.count,
      buffer: this.buffer,
      points: points.map((p) => ({ ...p })),
    });
    this.batch = this.idle.pop() ?? this.addBatch();
    this.words = this.batches[this.batch].words;
    this.arena = this.batches[this.batch].arena;
    this.arenaUsed = 0;
    this.count = 0;
  }

  async free(index: number): Promise<void> {
    while (this.busy[index] > 0) {
      await Promise.race([new Promise<void>((resolve) => this.waiting.push(resolve)), this.failed]);
    }
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
    const memory = new SharedArrayBuffer(this.options.packets ? BATCH_BYTES + KEPT_BYTES : BATCH_BYTES);
    this.batches.push(batchIn(memory));
    this.channel.tell('memory', memory);
    return this.batches.length - 1;
  }

  private release(batch: number, buffer: number): void {
    this.idle.push(batch);
    this.busy[buffer]--;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
