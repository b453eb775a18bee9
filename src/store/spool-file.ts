/**
 * One segment on disk: `NAME.pb`, the bytes of the insert and nothing else, and beside it `NAME.sum`, which says after
 * every fsync how much of them can be trusted. An entry of NAME.sum is 16 bytes: length of NAME.pb (4, big endian), its
 * rows (4), and the first 8 bytes of SHA-256 over NAME.pb up to that length and those 8 bytes.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { failpoint } from './failpoint.js';
import type { TableName } from './tables.js';

const datasync = promisify(fdatasync);
const ENTRY = 16;

/** A segment that is complete and waits to be stored. */
export interface SpoolSegment {
  /** What it is inserted under, once. */
  readonly name: string;
  readonly table: TableName;
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
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
  private linked = false;
  private failure: Error | undefined;
  private syncing: Promise<void> = Promise.resolve();

  constructor(
    directory: string,
    readonly name: string,
    readonly table: TableName,
  ) {
    this.file = join(directory, `${name}.pb`);
    this.data = openSync(this.file, 'wx', 0o640);
    try {
      this.sums = openSync(sumsOf(this.file), 'wx', 0o640);
    } catch (error) {
      closeSync(this.data);
      unlinkSync(this.file);
      throw error;
    }
  }

  readonly file: string;

  /** Appends whole messages. @throws when the disk takes none or part of them; then it has none of them. */
  append(bytes: Uint8Array, rows: number): void {
    failpoint('append');
    try {
      for (let o = 0; o < bytes.length; )
        o += writeSync(this.data, bytes, o, bytes.length - o, this.length + o);
    } catch (error) {
      ftruncateSync(this.data, this.length);
      throw error;
    }
    this.hash.update(bytes);
    this.length += bytes.length;
    this.rows += rows;
    failpoint('appended');
  }

  /** Puts on the disk what was appended until now. After a failure the file takes no more and stays as it is. */
  async sync(): Promise<void> {
    this.syncing = this.syncing.then(() => this.syncOnce());
    await this.syncing;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Bytes that would survive a loss of power. */
  get syncedBytes(): number {
    return this.synced;
  }

  /** Ends it: nothing more is appended. */
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
    const entry = Buffer.alloc(ENTRY);
    entry.writeUInt32BE(this.length, 0);
    entry.writeUInt32BE(this.rows, 4);
    this.hash.copy().update(entry.subarray(0, 8)).digest().copy(entry, 8, 0, 8);
    const length = this.length;
    try {
      await datasync(this.data);
      failpoint('data-synced');
      writeSync(this.sums, entry);
      await datasync(this.sums);
      if (!this.linked) syncDirectory(dirname(this.file));
      this.linked = true;
      this.synced = length;
      failpoint('synced');
    } catch (error) {
      this.failure = error as Error;
    }
  }
}

/**
 * Looks at a segment that another run left, and cuts off what cannot be trusted.
 *
 * @returns undefined when none of it can: it was never synced.
 */
export function recover(file: string, table: TableName): SpoolSegment | undefined {
  const data = readFileSync(file);
  const sums = readIfThere(sumsOf(file));
  for (let o = Math.floor(sums.length / ENTRY) * ENTRY - ENTRY; o >= 0; o -= ENTRY) {
    const bytes = sums.readUInt32BE(o);
    if (bytes > data.length || bytes === 0) continue;
    const hash = createHash('sha256')
      .update(data.subarray(0, bytes))
      .update(sums.subarray(o, o + 8));
    if (
      !hash
        .digest()
        .subarray(0, 8)
        .equals(sums.subarray(o + 8, o + ENTRY))
    )
      continue;
    if (bytes < data.length) truncateSync(file, bytes);
    return { name: basename(file, '.pb'), table, file, bytes, rows: sums.readUInt32BE(o + 4) };
  }
  return undefined;
}

/** Removes a segment's files. The sums go last: without its data a segment is nothing. */
export function remove(file: string): void {
  unlinkIfThere(file);
  unlinkIfThere(sumsOf(file));
}

/** The name of the file that says how much of `file` can be trusted. */
export function sumsOf(file: string): string {
  return `${file.slice(0, -3)}.sum`;
}

/** Puts on the disk which files a directory has. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

export function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
