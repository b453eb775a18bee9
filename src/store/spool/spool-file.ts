/**
 * One segment on disk: `NAME.pb` contains the bytes of the insert and nothing else, and `NAME.sum` says after
 * every fsync how much of them can be trusted. An entry of NAME.sum is 16 bytes: length of NAME.pb (4, big
 * endian), its rows (4), and the first 8 bytes of SHA-256 over NAME.pb up to that length and those 8 bytes.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { TableName } from '../../model/columns/tables.js';
import { openFile } from '../../model/files.js';
import { failpoint } from './failpoint.js';
import type { SpareDescriptors } from './spare-descriptors.js';

const datasync = promisify(fdatasync);
export const SUMS_ENTRY = 16;
const PROBE_BYTES = 1 << 20;

/** A complete segment that waits to be stored. */
export interface SpoolSegment {
  /** The name under which it is inserted once. */
  readonly name: string;
  readonly table: TableName;
  /** Its path on disk, or the path it would have. */
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
  /** The segment itself, if the disk did not take it. */
  readonly memory?: Uint8Array;
}

/** A segment that is being written. */
export class SpoolFile {
  readonly since = Date.now();
  length = 0;
  rows = 0;
  private readonly data: number;
  private readonly sums: number;
  private readonly hash: Hash = createHash('sha256');
  private synced = 0;
  private sumsLength = 0;
  private linked = false;
  private failure: Error | undefined;
  private syncing: Promise<void> = Promise.resolve();

  constructor(
    directory: string,
    readonly name: string,
    readonly table: TableName,
    private readonly spare: SpareDescriptors,
  ) {
    this.file = join(directory, `${name}.pb`);
    this.data = spare.open(() => openFile(this.file, 'wx'));
    try {
      this.sums = spare.open(() => openFile(sumsOf(this.file), 'wx'));
    } catch (error) {
      closeSync(this.data);
      unlinkSync(this.file);
      throw error;
    }
  }

  readonly file: string;

  /**
   * Appends whole messages. @throws if the disk takes none or only a part of them; then the file has none of
   * them.
   */
  append(bytes: Uint8Array, rows: number): void {
    failpoint('append');
    try {
      writeAt(this.data, bytes, this.length);
    } catch (error) {
      ftruncateSync(this.data, this.length);
      throw error;
    }
    this.hash.update(bytes);
    this.length += bytes.length;
    this.rows += rows;
    failpoint('appended');
  }

  /** Fsyncs what was appended so far. After a failure the file accepts no more, and stays as it is. */
  async sync(): Promise<void> {
    this.syncing = this.syncing.then(() => this.syncOnce());
    await this.syncing;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Bytes that would survive a power cut. */
  get syncedBytes(): number {
    return this.synced;
  }

  /** Completes it: nothing more is appended. */
  async close(): Promise<SpoolSegment> {
    try {
      await this.sync();
    } finally {
      closeSync(this.data);
      closeSync(this.sums);
    }
    failpoint('closed');
    const { name, table, file, length: bytes, rows } = this;
    return { name, table, file, bytes, rows };
  }

  private async syncOnce(): Promise<void> {
    if (this.synced === this.length || this.failure !== undefined) return;
    const entry = sumsEntry(this.length, this.rows, this.hash);
    const length = this.length;
    try {
      await datasync(this.data);
      failpoint('data-synced');
      writeAt(this.sums, entry, this.sumsLength);
      this.sumsLength += entry.length;
      await datasync(this.sums);
      if (!this.linked) this.spare.open(() => syncDirectory(dirname(this.file)));
      this.linked = true;
      this.synced = length;
      failpoint('synced');
    } catch (error) {
      this.failure = error as Error;
    }
  }
}

/**
 * Writes a complete segment from memory, and fsyncs it. @throws if the disk does not take it; then there is
 * no file
 */
export function writeSegment(
  directory: string,
  segment: SpoolSegment,
  spare: SpareDescriptors,
): SpoolSegment {
  const { name, table, file, bytes, rows, memory = new Uint8Array(0) } = segment;
  try {
    writeWhole(file, memory, spare);
    writeWhole(sumsOf(file), sumsEntry(bytes, rows, createHash('sha256').update(memory)), spare);
    spare.open(() => syncDirectory(directory));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') remove(file);
    throw error;
  }
  return { name, table, file, bytes, rows };
}

/** Whether a directory's disk has room for the largest append, tried with a file that is removed again. */
export function diskTakes(directory: string, spare: SpareDescriptors): boolean {
  const file = join(directory, 'PROBE');
  try {
    unlinkIfThere(file);
    writeWhole(file, new Uint8Array(PROBE_BYTES), spare);
    return true;
  } catch {
    return false;
  } finally {
    unlinkIfThere(file);
  }
}

function writeWhole(file: string, bytes: Uint8Array, spare: SpareDescriptors): void {
  const fd = spare.open(() => openFile(file, 'wx'));
  try {
    writeAt(fd, bytes, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let o = 0; o < bytes.length; ) o += writeSync(fd, bytes, o, bytes.length - o, position + o);
}

/** @param hash over the segment's bytes up to that length */
function sumsEntry(length: number, rows: number, hash: Hash): Buffer {
  const entry = Buffer.alloc(SUMS_ENTRY);
  entry.writeUInt32BE(length, 0);
  entry.writeUInt32BE(rows, 4);
  hash.copy().update(entry.subarray(0, 8)).digest().copy(entry, 8, 0, 8);
  return entry;
}

/** Removes a segment's files, the sums last: without its data a segment is nothing. */
export function remove(file: string): void {
  unlinkIfThere(file);
  unlinkIfThere(sumsOf(file));
}

/** The name of the sums file of `file`. */
export function sumsOf(file: string): string {
  return `${file.slice(0, -3)}.sum`;
}

/** Fsyncs a directory. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
