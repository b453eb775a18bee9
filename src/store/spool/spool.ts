/**
 * Segments on disk between capture and store, so that everything captured is stored once, whatever dies:
 * fsynced at least every second, removed once the store has confirmed it, set aside if the store never will,
 * and bounded, the oldest dropped first. If allowed, rows that the disk does not take go to the store from
 * memory.
 */

import { randomBytes } from 'node:crypto';
import { TABLE_NAMES, type TableName } from '../../model/columns/tables.js';
import { makeDirectory } from '../../model/files.js';
import { plural } from '../../model/words.js';
import { StoreError } from '../errors.js';
import { LARGEST_APPEND, SEGMENT_BYTES } from '../segment/segment-size.js';
import { failpoint } from './failpoint.js';
import { SpareDescriptors } from './spare-descriptors.js';
import { refusedDirectory, setAside } from './spool-directory.js';
import {
  diskTakes,
  remove,
  SpoolFile,
  type SpoolSegment,
  syncDirectory,
  writeSegment,
} from './spool-file.js';
import { FoundSegments } from './spool-found.js';
import { SPOOL_FULL, type SpoolCounters, SpoolHealth, type SpoolLog } from './spool-health.js';
import { SpoolLock } from './spool-lock.js';
import { MemoryFile } from './spool-memory.js';
import { WaitingSegments } from './spool-waiting.js';

/** A segment is complete at this age, or at its size. */
const SEGMENT_MS = 500;
/** How often appended rows are fsynced; the promise is one second. */
const SYNC_MS = 500;
const TICK_MS = 100;
/** How often to look for refused segments that were put back, and to retry an unusable directory. */
const SCAN_MS = 5000;
/**
 * Descriptors held in reserve: two for a file of each table, one for the directory, one for examining files.
 */
export const SPARE_DESCRIPTORS = 2 * TABLE_NAMES.length + 2;
/** Errors that mean that the disk takes nothing now. */
const DISK_FULL = ['ENOSPC', 'EDQUOT', 'EROFS'];

/**
 * Bytes of rows (and as many of kept packets) that wait in a collector's memory while the disk takes none.
 */
export const SPOOL_MEMORY = 64 << 20;

export interface SpoolOptions {
  /** Bytes of segments that may wait. */
  limit: number;
  /** The configuration key of the bound, `spool.limit` by default. */
  setting?: string;
  /** Bytes that may wait in memory while the disk takes none. Without it they are lost. */
  memory?: number;
  /** Logs what went wrong. */
  log?: SpoolLog;
}

export class Spool {
  private readonly open = new Map<TableName, SpoolFile>();
  private readonly finishing = new Map<SpoolFile, Promise<void>>();
  private readonly inMemory = new Map<TableName, MemoryFile>();
  private readonly waiting = new WaitingSegments();
  private readonly run = randomBytes(4).toString('hex');
  private readonly spare = new SpareDescriptors(SPARE_DESCRIPTORS, '/');
  private readonly log: SpoolLog;
  private readonly health: SpoolHealth;
  private readonly found: FoundSegments;
  private readonly timer: NodeJS.Timeout;
  /** Undefined while the directory cannot be used. */
  private lock: SpoolLock | undefined;
  private serial = 0;
  private bytes = 0;
  private memoryBytes = 0;
  private lastSync = Date.now();
  private lastScan = 0;
  private ticking: Promise<void> | undefined;

  /**
   * Opens the spool in a directory, creating it if necessary, with the segments of an earlier run. If the
   * disk is full or read-only, and rows may go to the store from memory, it is opened later.
   *
   * @throws StoreError if the directory cannot be used or another process has it.
   */
  constructor(
    readonly directory: string,
    private readonly options: SpoolOptions,
  ) {
    this.log = options.log ?? (() => {});
    this.health = new SpoolHealth(this.log, options.setting ?? 'spool.limit');
    this.found = new FoundSegments(directory, this.counters, (message) => this.log('error', message));
    try {
      this.openDirectory();
    } catch (error) {
      const cause = (error as StoreError).cause as NodeJS.ErrnoException | undefined;
      if (this.memoryLimit === 0 || cause === undefined || !DISK_FULL.includes(cause.code ?? '')) {
        this.spare.close();
        throw error;
      }
      this.health.diskRefuses(`the spool ${directory} cannot be used: ${withoutPath(cause)}`);
    }
    this.timer = setInterval(() => void this.tick(), TICK_MS);
    this.timer.unref();
  }

  get counters(): SpoolCounters {
    return this.health.counters;
  }

  /** Segments and bytes that wait, including those being written. */
  get waitingSegments(): number {
    return this.waiting.length + this.finishing.size + this.open.size + this.inMemory.size;
  }

  get waitingBytes(): number {
    return this.bytes + this.memoryBytes;
  }

  /** Appended bytes that a power cut would lose. */
  get unsyncedBytes(): number {
    let n = this.memoryBytes;
    for (const file of this.open.values()) n += file.length - file.syncedBytes;
    return n;
  }

  /** What is wrong with the spool now, in words; empty if it is healthy. */
  get trouble(): string {
    return this.health.trouble;
  }

  /** Where segments wait, in words. */
  get place(): string {
    return this.health.onDisk ? this.directory : 'memory';
  }

  /**
   * Appends whole messages for a table, and takes over their memory. @returns false if they had to be
   * dropped, which is counted
   */
  append(table: TableName, bytes: Uint8Array, rows: number): boolean {
    if (bytes.length > LARGEST_APPEND)
      return this.dropped(bytes.length, rows, `more than ${LARGEST_APPEND} bytes at once`);
    if (this.lock === undefined) return this.keepInMemory(table, bytes, rows);
    if (!this.makeRoom(bytes.length)) return this.dropped(bytes.length, rows, SPOOL_FULL);
    try {
      let file = this.open.get(table);
      if (file === undefined) {
        file = new SpoolFile(this.directory, this.name(table), table, this.spare);
        this.open.set(table, file);
      }
      file.append(bytes, rows);
      this.bytes += bytes.length;
      if (file.length >= SEGMENT_BYTES) void this.finish(file);
      this.health.diskTakes(this.directory);
      return true;
    } catch (error) {
      const why = withoutPath(error as Error);
      if (this.memoryLimit === 0) return this.dropped(bytes.length, rows, why);
      this.health.diskRefuses(`the spool ${this.directory} takes nothing: ${why}`);
      return this.keepInMemory(table, bytes, rows);
    }
  }

  /** The oldest complete segment, which is not dropped until it is given back; waits for one. */
  next(): Promise<SpoolSegment> {
    return this.waiting.next();
  }

  /** The store has the segment: removes it. */
  stored(segment: SpoolSegment): void {
    failpoint('inserted');
    if (segment.memory === undefined) remove(segment.file);
    failpoint('removed');
    this.forget(segment);
  }

  /** The store will never take the segment: sets it aside with the reason. */
  refuse(segment: SpoolSegment, reason: string): void {
    this.forget(segment);
    try {
      const { file } =
        segment.memory === undefined ? segment : writeSegment(this.directory, segment, this.spare);
      setAside(file, reason);
      this.counters.refusedSegments++;
    } catch (error) {
      this.found.passOver(segment.file);
      this.dropped(segment.bytes, segment.rows, `${reason}, and not set aside: ${(error as Error).message}`);
    }
  }

  /** The segment's file is gone: somebody removed it. */
  lost(segment: SpoolSegment): void {
    this.forget(segment);
    this.dropped(segment.bytes, segment.rows, `${segment.file} was removed`);
  }

  /** Completes every segment and fsyncs it, so that {@link next} returns everything that waits. */
  async flush(): Promise<void> {
    for (const file of this.inMemory.values()) this.finishInMemory(file);
    for (const file of this.open.values()) void this.finish(file);
    await Promise.all(this.finishing.values());
  }

  /** Writes everything to the disk and releases the directory. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.ticking;
    await this.flush();
    this.moveToDisk();
    for (const segment of this.waiting)
      if (segment.memory !== undefined)
        this.dropped(segment.bytes, segment.rows, 'they were in memory when the collector ended');
    this.lock?.release();
    this.spare.close();
  }

  private get memoryLimit(): number {
    return this.options.memory ?? 0;
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

  /** Never rejects: nobody waits for it. */
  private async work(): Promise<void> {
    const now = Date.now();
    this.spare.refill();
    if (now - this.lastScan >= SCAN_MS || now < this.lastScan) this.look();
    const due = now - this.lastSync >= SYNC_MS || now < this.lastSync;
    if (due) this.lastSync = now;
    for (const file of [...this.inMemory.values()])
      if (now - file.since >= SEGMENT_MS || now < file.since) this.finishInMemory(file);
    for (const file of [...this.open.values()]) {
      if (now - file.since >= SEGMENT_MS || now < file.since) await this.finish(file);
      else if (due) await file.sync().catch(() => this.finish(file));
    }
  }

  /** Looks for segments that others put into the directory, or whether it can be used again. */
  private look(): void {
    try {
      if (this.lock === undefined) this.openDirectory();
      else this.scan();
      if (!this.health.onDisk && diskTakes(this.directory, this.spare)) {
        this.health.diskTakes(this.directory);
        this.moveToDisk();
      }
      this.health.looked('');
    } catch (error) {
      this.health.looked((error as Error).message);
    }
  }

  /** Completes a segment; if it cannot be fsynced, it is still delivered while this process lives. */
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
      this.log('error', `${file.file} cannot be put on the disk: ${(error as Error).message}`);
      const { name, table, file: path, length: bytes, rows } = file;
      segment = { name, table, file: path, bytes, rows };
    }
    if (segment.bytes > 0) {
      this.waiting.add(segment);
      return;
    }
    // The disk took none of it.
    this.removeDropped(segment.file);
  }

  private finishInMemory(file: MemoryFile): void {
    this.inMemory.delete(file.table);
    this.waiting.add(file.close());
  }

  private forget(segment: SpoolSegment): void {
    this.waiting.remove(segment);
    if (segment.memory === undefined) this.bytes -= segment.bytes;
    else this.memoryBytes -= segment.bytes;
  }

  /** Drops the oldest segments until `bytes` more fit, except the one being inserted. */
  private makeRoom(bytes: number): boolean {
    while (this.bytes + bytes > this.options.limit) if (!this.dropOldest(false, SPOOL_FULL)) return false;
    return true;
  }

  private dropOldest(inMemory: boolean, why: string): boolean {
    const oldest = this.waiting.oldest(inMemory);
    if (oldest === undefined) return false;
    if (!inMemory) this.removeDropped(oldest.file);
    this.forget(oldest);
    this.dropped(oldest.bytes, oldest.rows, why);
    return true;
  }

  private removeDropped(file: string): void {
    try {
      remove(file);
    } catch (error) {
      // The file stays until the next start.
      this.found.passOver(file);
      this.log('error', `${file} cannot be removed: ${(error as Error).message}`);
    }
  }

  /**
   * Keeps in memory, for the store, what the disk does not take. @returns false if there is no room for it
   */
  private keepInMemory(table: TableName, bytes: Uint8Array, rows: number): boolean {
    const full =
      `the disk takes nothing, and ${this.memoryLimit} ${plural(this.memoryLimit, 'byte')} ` +
      'wait in memory';
    while (this.memoryBytes + bytes.length > this.memoryLimit)
      if (!this.dropOldest(true, full)) return this.dropped(bytes.length, rows, full);
    let file = this.inMemory.get(table);
    if (file === undefined) {
      file = new MemoryFile(this.directory, this.name(table), table);
      this.inMemory.set(table, file);
    }
    file.append(bytes, rows);
    this.memoryBytes += bytes.length;
    if (file.length >= SEGMENT_BYTES) this.finishInMemory(file);
    return true;
  }

  /** Writes to the disk what waits in memory, as far as the disk takes it now. */
  private moveToDisk(): void {
    if (this.lock === undefined) return;
    for (const segment of [...this.waiting]) {
      if (segment.memory === undefined || segment === this.waiting.taken) continue;
      if (this.bytes + segment.bytes > this.options.limit) return;
      try {
        this.waiting.replace(segment, writeSegment(this.directory, segment, this.spare));
      } catch {
        // It stays in memory until the next attempt.
        return;
      }
      this.bytes += segment.bytes;
      this.memoryBytes -= segment.bytes;
    }
  }

  private dropped(bytes: number, rows: number, why: string): false {
    const state =
      `${this.directory} has ${this.bytes} of ${this.options.limit} ` +
      `${plural(this.options.limit, 'byte')}`;
    return this.health.dropped(bytes, rows, why, state);
  }

  /** Takes up segments that are not of this run: an earlier run's, or refused ones put back. */
  private scan(): void {
    this.lastScan = Date.now();
    const known = [...this.waiting, ...this.open.values(), ...this.finishing.keys()].map((s) => s.file);
    for (const segment of this.spare.open(() => this.found.look(new Set(known)))) {
      this.waiting.add(segment);
      this.bytes += segment.bytes;
    }
  }

  private openDirectory(): void {
    this.lastScan = Date.now();
    let lock: SpoolLock | undefined;
    try {
      makeDirectory(refusedDirectory(this.directory));
      lock = SpoolLock.take(this.directory);
      this.found.removeOrphans();
      this.scan();
      syncDirectory(this.directory);
    } catch (error) {
      lock?.release();
      if (error instanceof StoreError) throw error;
      throw new StoreError(
        `the spool ${this.directory} cannot be used: ${(error as Error).message}; name ` +
          `another as \`spool.directory\``,
        0,
        error,
      );
    }
    this.lock = lock;
    if (this.counters.tornBytes > 0)
      this.log(
        'warn',
        `${this.counters.tornBytes} ${plural(this.counters.tornBytes, 'byte')} at the ends ` +
          `of segments in ${this.directory} ${this.counters.tornBytes === 1 ? 'was' : 'were'} ` +
          'never put on the disk: cut off',
      );
  }
}

/** The file system's error, `ENOSPC: no space left on device`, which is the same for every file. */
function withoutPath({ message }: Error): string {
  return message.replace(/, \w+( '.*)?$/s, '');
}
