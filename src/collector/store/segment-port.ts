/** The way of segments to the store's thread, with a bound on what is under way. */
import type { MessagePort } from 'node:worker_threads';
import { LARGEST_APPEND } from '../../store/segment/segment-size.js';
import type { TableName } from '../../store/tables.js';
import { Channel, DEAF, type Deaf } from '../../threads/channel.js';
import { PortTransport } from '../../threads/transport.js';

/** Kept packets leave half of what may be on its way to the rest. */
export const PACKETS_LIMIT = LARGEST_APPEND / 2;

export interface Segment {
  readonly table: TableName;
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** What whoever takes segments understands. */
export type SegmentSide = { asks: Record<never, never>; tells: { segment: Segment } };

/** The count of bytes under way, shared by every thread that sends and the one that takes. */
export class Waiting {
  private readonly kib: Int32Array;

  constructor(readonly shared: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.kib = new Int32Array(shared);
  }

  /** Takes room for `bytes` while no more than `limit` are taken; false when there is none. */
  take(bytes: number, limit: number): boolean {
    const kib = Math.ceil(bytes / 1024);
    if (Atomics.add(this.kib, 0, kib) + kib <= limit >>> 10) return true;
    Atomics.sub(this.kib, 0, kib);
    return false;
  }

  give(bytes: number): void {
    Atomics.sub(this.kib, 0, Math.ceil(bytes / 1024));
  }
}

export class SegmentPort {
  private readonly taker: Channel<Deaf, SegmentSide>;

  constructor(
    port: MessagePort,
    private readonly waiting: Waiting,
  ) {
    // Nothing comes back.
    this.taker = new Channel(new PortTransport(port, true), DEAF);
  }

  /** Sends a segment; its memory goes with it. @returns false when too much is under way: it is lost. */
  send(table: TableName, bytes: Uint8Array, rows: number): boolean {
    if (!this.waiting.take(bytes.length, table === 'packets' ? PACKETS_LIMIT : LARGEST_APPEND)) return false;
    this.taker.tell('segment', { table, bytes, rows }, [bytes.buffer as ArrayBuffer]);
    return true;
  }
}
