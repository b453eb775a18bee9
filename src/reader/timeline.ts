import { setMaxListeners } from 'node:events';
import { addPacket, BATCH_CAPACITY, PacketBatch } from '../model/batch.js';
import { openCapture } from '../receive/file/capture.js';
import { CaptureError } from '../receive/file/capture-error.js';
import { MAX_RECORD } from '../receive/file/format.js';
import { type BufferRing, ownBuffers } from '../receive/file/read-ahead.js';
import type { CaptureFile } from './capture-files.js';
import { type Captures, type CapturesOptions, Found, OpenCapture, type Taken } from './captures.js';
import type { CaptureKind } from './read-as.js';

/** Captures of the same time that are open at once, with {@link CHUNK} some 150 MB. */
export const MOST_TOGETHER = 128;
/** Bytes per read of each. */
const CHUNK = 256 * 1024;
/** Bytes of packets in a batch, where no ring says how many. */
const BATCH_BYTES = 1024 * 1024;
/** Bytes of a capture that are read to learn when it begins. */
const LOOK = 64 * 1024;

/** A capture that is not open yet. */
interface Waiting {
  readonly file: CaptureFile;
  /** Of its first packet, seconds and nanoseconds; of one without any, or that cannot be read, infinite. */
  readonly sec: number;
  readonly nsec: number;
}

/** A capture that is open, and where it has got to. */
interface Cursor {
  readonly capture: OpenCapture;
  batch: PacketBatch;
  at: number;
}

/** Packets of a batch that are told together: up to one of them, what they are read as, their capture. */
interface Stretch {
  readonly to: number;
  readonly kind: CaptureKind | undefined;
  readonly file: CaptureFile;
}

/**
 * Captures as one: packets in the order of time, whichever file has them, as mergecap(1) would write them. A
 * capture is open from its first packet's time to its end. Within each, packets keep their order.
 */
export class Timeline implements Captures {
  readonly found = new Found();
  private readonly open: Cursor[] = [];
  private closed = 0;
  private readonly ring: BufferRing;
  private buffer = 0;
  /** Packets in order, how they are told, and from where on they are yet to be. */
  private readonly batch = new PacketBatch();
  private readonly stretches: Stretch[] = [];
  private told = 0;
  private readonly part = new PacketBatch();

  private constructor(
    /** In the order in which they begin. */
    private readonly waiting: Waiting[],
    private readonly options: CapturesOptions,
  ) {
    // Every open capture listens.
    setMaxListeners(0, options.signal);
    this.ring = options.ring ?? ownBuffers(MAX_RECORD + BATCH_BYTES);
  }

  /** @param files regular ones: each is looked into, for the time at which it begins */
  static async of(files: readonly CaptureFile[], options: CapturesOptions): Promise<Timeline> {
    const batch = new PacketBatch();
    const waiting: Waiting[] = [];
    for (const file of files) waiting.push(await beginOf(file, batch, options.signal));
    return new Timeline(
      waiting.sort((a, b) => (a.sec === b.sec ? a.nsec - b.nsec : a.sec - b.sec)),
      options,
    );
  }

  get bytesRead(): number {
    return this.open.reduce((sum, { capture }) => sum + capture.bytesRead, this.closed);
  }

  async next(): Promise<Taken | undefined> {
    if (this.stretches.length === 0) await this.fill();
    const stretch = this.stretches.shift();
    if (stretch === undefined || this.options.signal.aborted) return undefined;
    const { to, kind, file } = stretch;
    const ends = this.stretches.length === 0;
    const whole = this.told === 0 && ends;
    const batch = whole ? this.batch : copied(this.batch, this.told, to, this.part);
    this.told = to;
    return { batch, kind, file, begins: false, ends };
  }

  async close(): Promise<void> {
    for (const cursor of [...this.open]) await this.end(cursor);
  }

  /** Gathers the next packets in a buffer of the ring. */
  private async fill(): Promise<void> {
    const { ring, batch } = this;
    this.buffer = (this.buffer + 1) % ring.buffers.length;
    await ring.free(this.buffer);
    batch.bytes = ring.buffers[this.buffer];
    batch.count = 0;
    this.told = 0;
    let used = 0;
    while (!this.options.signal.aborted) {
      const cursor = await this.earliest();
      if (cursor === undefined) break;
      const next = this.after(cursor);
      const before = batch.count;
      used = move(cursor, next, batch, used);
      if (batch.count > before) this.stretch(cursor.capture, batch.count);
      if (cursor.at < cursor.batch.count && isFull(batch, used, cursor)) break;
    }
  }

  /** The capture whose packet is next; undefined: there are no more. */
  private async earliest(): Promise<Cursor | undefined> {
    for (const cursor of [...this.open])
      if (cursor.at === cursor.batch.count && !(await this.more(cursor))) await this.end(cursor);
    for (;;) {
      let first: Cursor | undefined;
      for (const cursor of this.open)
        if (
          first === undefined ||
          isBefore(cursor.batch, cursor.at, first.batch.sec[first.at], first.batch.nsec[first.at])
        )
          first = cursor;
      const due = this.waiting[0];
      if (due === undefined || (first !== undefined && isBefore(first.batch, first.at, due.sec, due.nsec)))
        return first;
      this.waiting.shift();
      await this.begin(due.file);
    }
  }

  /** When the next packet comes that is not of this capture; infinite if there is none. */
  private after(cursor: Cursor): { readonly sec: number; readonly nsec: number } {
    let next = this.waiting[0] ?? NEVER;
    for (const { batch, at } of this.open)
      if (batch !== cursor.batch && isBefore(batch, at, next.sec, next.nsec))
        next = { file: cursor.capture.file, sec: batch.sec[at], nsec: batch.nsec[at] };
    return next;
  }

  private async begin(file: CaptureFile): Promise<void> {
    try {
      if (this.open.length === MOST_TOGETHER) throw tooMany(file);
      const options = { ...this.options, ring: undefined, chunk: CHUNK };
      const cursor = { capture: await OpenCapture.open(file, options), batch: NO_PACKETS, at: 0 };
      this.open.push(cursor);
      if (!(await this.more(cursor))) await this.end(cursor);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @returns whether the capture has further packets, which are its batch then */
  private async more(cursor: Cursor): Promise<boolean> {
    try {
      const batch = await cursor.capture.next();
      if (batch === undefined) return false;
      cursor.batch = batch;
      cursor.at = 0;
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private fail(error: unknown): void {
    if (!(error instanceof CaptureError)) throw error;
    this.found.failed.push(error);
  }

  private async end(cursor: Cursor): Promise<void> {
    this.open.splice(this.open.indexOf(cursor), 1);
    this.closed += cursor.capture.bytesRead;
    await cursor.capture.close(cursor.batch !== NO_PACKETS, this.found);
  }

  /** The packets up to this one are of a capture; mirrors are told together, whichever capture has them. */
  private stretch({ kind, file }: OpenCapture, to: number): void {
    const last = this.stretches.at(-1);
    if (last !== undefined && last.kind === kind && (kind === 'mirrors' || last.file === file))
      this.stretches[this.stretches.length - 1] = { ...last, to };
    else this.stretches.push({ to, kind, file });
  }
}

function tooMany({ path }: CaptureFile): CaptureError {
  return new CaptureError(
    path,
    `it was left out: more than ${MOST_TOGETHER} captures overlap in time; join some of them first ` +
      '(mergecap -w joined.pcap FILE…)',
  );
}

const NEVER = { sec: Number.POSITIVE_INFINITY, nsec: 0 };
const NO_PACKETS = new PacketBatch();

async function beginOf(file: CaptureFile, batch: PacketBatch, signal: AbortSignal): Promise<Waiting> {
  try {
    const source = await openCapture(file.path, { signal, chunk: LOOK });
    try {
      if (await source.next(batch)) return { file, sec: batch.sec[0], nsec: batch.nsec[0] };
    } finally {
      await source.close();
    }
  } catch (error) {
    // It is told of when the file is read.
    if (!(error instanceof CaptureError)) throw error;
  }
  return { file, ...NEVER };
}

function isBefore(batch: PacketBatch, at: number, sec: number, nsec: number): boolean {
  return batch.sec[at] < sec || (batch.sec[at] === sec && batch.nsec[at] < nsec);
}

/** Whether a capture's next packet has no room. */
function isFull(batch: PacketBatch, used: number, { batch: from, at }: Cursor): boolean {
  return batch.count === BATCH_CAPACITY || used + from.captured[at] > batch.bytes.length;
}

/**
 * Copies a capture's packets: the next one, and those that do not come after another capture's.
 *
 * @returns the bytes that are used then
 */
function move(cursor: Cursor, next: { sec: number; nsec: number }, to: PacketBatch, used: number): number {
  const { batch: from } = cursor;
  let at = used;
  do {
    if (isFull(to, at, cursor)) break;
    const i = cursor.at++;
    to.bytes.set(from.bytes.subarray(from.offset[i], from.offset[i] + from.captured[i]), at);
    addPacket(to, from, i, at);
    at += from.captured[i];
  } while (cursor.at < from.count && !isAfter(from, cursor.at, next));
  return at;
}

function isAfter(batch: PacketBatch, at: number, { sec, nsec }: { sec: number; nsec: number }): boolean {
  return batch.sec[at] > sec || (batch.sec[at] === sec && batch.nsec[at] > nsec);
}

/** Some packets of a batch, as another one that has the same bytes. */
function copied(from: PacketBatch, begin: number, end: number, to: PacketBatch): PacketBatch {
  to.bytes = from.bytes;
  to.count = 0;
  for (let i = begin; i < end; i++) addPacket(to, from, i, from.offset[i]);
  return to;
}
