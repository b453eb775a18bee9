/** Sends segments to the store's thread, with a bound on the bytes on their way. */
import type { MessagePort } from 'node:worker_threads';
import type { TableName } from '../../model/columns/tables.js';
import { LARGEST_APPEND } from '../../store/segment/segment-size.js';
import { Channel, DEAF, type Deaf } from '../../threads/channel.js';
import { PortTransport } from '../../threads/transport.js';

/** Kept packets may take half of it, and leave the rest to other rows. */
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

  /** Reserves room for `bytes` if no more than `limit` are taken then; false if not. */
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

  /**
   * Sends a segment; its memory is transferred. @returns false if too much is on its way: the segment is lost
   */
  send(table: TableName, bytes: Uint8Array, rows: number): boolean {
    if (!this.waiting.take(bytes.length, table === 'packets' ? PACKETS_LIMIT : LARGEST_APPEND)) return false;
    this.taker.tell('segment', { table, bytes, rows }, [bytes.buffer as ArrayBuffer]);
    return true;
  }
}
