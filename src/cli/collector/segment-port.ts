/** Sends segments to the store's thread, with a bound on the bytes on their way. */
import type { MessagePort } from 'node:worker_threads';
import { LARGEST_APPEND } from '../../store/segment-size.js';
import type { TableName } from '../../store/tables.js';

/** Kept packets may take half of it, and leave the rest to other rows. */
export const PACKETS_LIMIT = LARGEST_APPEND / 2;

export interface SegmentMessage {
  readonly kind: 'segment';
  readonly table: TableName;
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** The count of bytes on their way, shared by all sending threads and the receiving one. */
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
  constructor(
    private readonly port: MessagePort,
    private readonly waiting: Waiting,
  ) {}

  /**
   * Sends a segment; its memory is transferred. @returns false if too much is on its way: the segment is lost
   */
  send(table: TableName, bytes: Uint8Array, rows: number): boolean {
    if (!this.waiting.take(bytes.length, table === 'packets' ? PACKETS_LIMIT : LARGEST_APPEND)) return false;
    const message: SegmentMessage = { kind: 'segment', table, bytes, rows };
    this.port.postMessage(message, [bytes.buffer as ArrayBuffer]);
    return true;
  }
}
