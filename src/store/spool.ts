/**
 * Segments on disk between the capture and the store, so that what was captured is stored once whatever dies: fsynced
 * at least every second, removed once the store has said yes, set aside when it never will, and bounded, the oldest
 * dropped first.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from './errors.js';
import { failpoint } from './failpoint.js';
import { move, reasonOf, refusedDirectory, segmentFiles, tableOf } from './spool-directory.js';
import {
  bytesOf,
  recover,
  remove,
  SpoolFile,
  type SpoolSegment,
  syncDirectory,
  unlinkIfThere,
} from './spool-file.js';
import { lock, unlock } from './spool-lock.js';
import type { TableName } from './tables.js';

/** A segment is complete at this size, or at this age. */
const SEGMENT_BYTES = 8 << 20;
const SEGMENT_MS = 500;
/** How often what was appended is put on the disk; the promise is a second. */
const SYNC_MS = 500;
const TICK_MS = 100;
/** How often refused segments that were put back are looked for. */
const SCAN_MS = 5000;
/** How often it is said that segments are being dropped. */
const SAY_MS = 60_000;

export interface SpoolOptions {
  /** Bytes of segments that may wait. */
  limit: number;
  /** Says what went wrong, for the log. */
  log?: (level: 'warn' | 'error', message: string) => void;
}

export interface SpoolCounters {
  /** Given up because the spool was full, oldest first, or because the disk took no more. */
  droppedSegments: number;
  droppedRows: number;
  droppedBytes: number;
  /** Set aside because the store refuses them. */
  refusedSegments: number;
  /** Segments of an earlier run found at the start, and bytes of them that had not been put on the disk. */
  recoveredSegments: number;
  tornBytes: number;
}

export class Spool {
  readonly counters: SpoolCounters = {
    droppedSegments: 0,
    droppedRows: 0,
    droppedBytes: 0,
    refusedSegments: 0,
    recoveredSegments: 0,
    tornBytes: 0,
  };
  private readonly open = new Map<TableName, SpoolFile>();
  private readonly finishing = new Map<SpoolFile, Promise<void>>();
  private readonly waiting: SpoolSegment[] = [];
  private readonly run = randomBytes(4).toString('hex');
  private readonly timer: NodeJS.Timeout;
  private serial = 0;
  private bytes = 0;
  private lastSync = Date.now();
  private lastScan = 0;
  private taken: SpoolSegment | undefined;
  private ticking: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private lastSaid = 0;

  /**
   * Opens the spool in a directory, made if it is not there, with what an earlier run left in it.
   *
   * @throws StoreError when the directory cannot be used or another process has it.
   */
  constructor(
    readonly directory: string,
    private readonly options: SpoolOptions,
  ) {
    try {
      mkdirSync(refusedDirectory(directory), { recursive: true, mode: 0o750 });
      lock(directory);
      this.recover();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(
        `the spool ${directory} cannot be used: ${(error as Error).message}; name another as \`spool.directory\``,
        0,
        error,
      );
    }
    this.timer = setInterval(() => void this.tick(), TICK_MS);
    this.timer.unref();
  }

  /** Segments and bytes on disk, those being written included. */
  get waitingSegments(): number {
    return this.waiting.length + this.finishing.size + this.open.size;
  }

  get waitingBytes(): number {
    return this.bytes;
  }

  /** Bytes appended that a loss of power would take. */
  get unsyncedBytes(): number {
    let n = 0;
    for (const file of this.open.values()) n += file.length - file.syncedBytes;
    return n;
  }

  /** Appends whole messages for a table. @returns false when they had to be dropped; they are counted. */
  append(table: TableName, bytes: Uint8Array, rows: number): boolean {
    if (!this.makeRoom(bytes.length)) return this.dropped(bytes.length, rows, 'the spool is full');
    try {
      let file = this.open.get(table);
      if (file === undefined) {
        file = new SpoolFile(this.directory, this.name(table), table);
        this.open.set(table, file);
      }
      file.append(bytes, rows);
      this.bytes += bytes.length;
      if (file.length >= SEGMENT_BYTES) void this.finish(file);
      return true;
    } catch (error) {
      return this.dropped(bytes.length, rows, (error as Error).message);
    }
  }

  /** The oldest complete segment, which is not dropped until it is given back; waits for one. */
  async next(): Promise<SpoolSegment> {
    while (this.waiting.length === 0)
      await new Promise<void>((wake) => {
        this.wake = wake;
      });
    this.taken = this.waiting[0];
    return this.taken;
  }

  /** The store has the segment: removes it. */
  stored(segment: SpoolSegment): void {
    failpoint('inserted');
    remove(segment.file);
    failpoint('removed');
    this.forget(segment);
  }

  /** The store will never take the segment: sets it aside with the reason. */
  refuse(segment: SpoolSegment, reason: string): void {
    const aside = join(refusedDirectory(this.directory), `${segment.name}.pb`);
    writeFileSync(reasonOf(aside), `${reason}\n`);
    move(segment.file, aside);
    this.counters.refusedSegments++;
    this.forget(segment);
  }

  /** The segment's file is gone: someone removed it. */
  lost(segment: SpoolSegment): void {
    this.forget(segment);
    this.dropped(segment.bytes, segment.rows, `${segment.file} was removed`);
  }

  /** Completes every segment and puts it on the disk, so that what waits is what {@link next} gives. */
  async flush(): Promise<void> {
    for (const file of this.open.values()) void this.finish(file);
    await Promise.all(this.finishing.values());
  }

  /** Puts everything on the disk and lets the directory go. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.ticking;
    await this.flush();
    unlock(this.directory);
  }

  private name(table: TableName): string {
    return `${Date.now()}-${this.run}-${String(this.serial++).padStart(8, '0')}-${table}`;
  }

  private async tick(): Promise<void> {
    this.ticking ??= this.work().finally(() => {
      this.ticking = undefined;
    });
    await this.ticking;
  }

  private async work(): Promise<void> {
    const now = Date.now();
    if (now - this.lastScan >= SCAN_MS || now < this.lastScan) this.scan();
    const due = now - this.lastSync >= SYNC_MS || now < this.lastSync;
    if (due) this.lastSync = now;
    for (const file of [...this.open.values()]) {
      if (now - file.since >= SEGMENT_MS || now < file.since) await this.finish(file);
      else if (due) await file.sync().catch(() => this.finish(file));
    }
  }

  /** Completes a segment; what cannot be put on the disk is still handed to the store while this process lives. */
  private finish(file: SpoolFile): Promise<void> {
    const finishing = this.finishing.get(file);
    if (finishing !== undefined) return finishing;
    this.open.delete(file.table);
    const done = this.complete(file).finally(() => this.finishing.delete(file));
    this.finishing.set(file, done);
    return done;
  }

  private async complete(file: SpoolFile): Promise<void> {
    let segment: SpoolSegment;
    try {
      segment = await file.close();
    } catch (error) {
      this.options.log?.('error', `${file.file} cannot be put on the disk: ${(error as Error).message}`);
      const { name, table, file: path, length: bytes, rows } = file;
      segment = { name, table, file: path, bytes, rows };
    }
    // The disk took none of it.
    if (segment.bytes === 0) return remove(segment.file);
    this.wait(segment);
  }

  /** Oldest first, in whatever order they were completed. */
  private wait(segment: SpoolSegment): void {
    this.waiting.push(segment);
    this.waiting.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.wake?.();
  }

  private forget(segment: SpoolSegment): void {
    const at = this.waiting.indexOf(segment);
    if (at >= 0) this.waiting.splice(at, 1);
    this.bytes -= segment.bytes;
    this.taken = undefined;
  }

  /** Drops the oldest segments until `bytes` more fit; the one being inserted is let be. */
  private makeRoom(bytes: number): boolean {
    while (this.bytes + bytes > this.options.limit) {
      const oldest = this.waiting.find((segment) => segment !== this.taken);
      if (oldest === undefined) return false;
      remove(oldest.file);
      const taken = this.taken;
      this.forget(oldest);
      this.taken = taken;
      this.dropped(oldest.bytes, oldest.rows, 'the spool is full');
    }
    return true;
  }

  private dropped(bytes: number, rows: number, why: string): false {
    this.counters.droppedSegments++;
    this.counters.droppedRows += rows;
    this.counters.droppedBytes += bytes;
    if (Date.now() - this.lastSaid >= SAY_MS) {
      this.lastSaid = Date.now();
      this.options.log?.(
        'error',
        `rows are lost: ${why} (${this.directory} has ${this.bytes} of ${this.options.limit} bytes); dropped so far: ` +
          `${this.counters.droppedRows} rows; bring the store back, or give \`spool.limit\` more`,
      );
    }
    return false;
  }

  /** Finds segments that are not this run's: an earlier one's, or a refused one put back. */
  private scan(): void {
    this.lastScan = Date.now();
    const known = new Set(
      [...this.waiting, ...this.open.values(), ...this.finishing.keys()].map((s) => s.file),
    );
    for (const file of segmentFiles(this.directory)) {
      if (known.has(file)) continue;
      const before = bytesOf(file);
      const segment = recover(file, tableOf(file));
      this.counters.tornBytes += before - (segment?.bytes ?? 0);
      if (segment === undefined) {
        remove(file);
        continue;
      }
      this.wait(segment);
      this.bytes += segment.bytes;
      this.counters.recoveredSegments++;
    }
  }

  private recover(): void {
    this.scan();
    // Of a segment that was being removed.
    for (const name of readdirSync(this.directory))
      if (name.endsWith('.sum') && bytesOf(join(this.directory, `${name.slice(0, -4)}.pb`)) === 0)
        unlinkIfThere(join(this.directory, name));
    syncDirectory(this.directory);
    if (this.counters.tornBytes > 0)
      this.options.log?.(
        'warn',
        `${this.counters.tornBytes} bytes at the ends of segments in ${this.directory} were never put on the disk: cut off`,
      );
  }
}
