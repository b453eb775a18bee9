/**
 * Reads the content of a spool's directory, where anything may lie: only regular files are read, in pieces,
 * and none larger than it can be.
 */

import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, truncateSync } from 'node:fs';
import { basename } from 'node:path';
import type { TableName } from '../../model/columns/tables.js';
import { MirrorlakeError } from '../../model/errors.js';
import { isScarcity } from '../../model/scarcity.js';
import { plural } from '../../model/words.js';
import { LARGEST_SEGMENT } from '../segment/segment-size.js';
import { type SpoolSegment, SUMS_ENTRY, sumsOf } from './spool-file.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
const PIECE = 1 << 20;
/** A segment is complete after a few entries. */
const LARGEST_SUMS = 1 << 16;
const LONGEST_REASON = 4096;

/** A file that is not what a segment is made of, in words that stand behind its name. */
export class Unusable extends MirrorlakeError {
  override readonly name = 'Unusable';

  constructor(why: string) {
    super(why, 'UNUSABLE');
  }
}

/**
 * Opens a file of at most `most` bytes for reading and calls `what`.
 *
 * @throws Unusable; the file system's errors if it does not exist, or for lack of descriptors
 */
function withFile<T>(path: string, most: number, what: (fd: number, size: number) => T): T {
  let fd: number;
  try {
    // Without O_NONBLOCK, opening a FIFO would block.
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw unusable(error);
  }
  try {
    const file = fstatSync(fd);
    if (file.isDirectory()) throw new Unusable('is a directory');
    if (!file.isFile()) throw new Unusable('is no regular file');
    if (file.size > most)
      throw new Unusable(`has ${file.size} ${plural(file.size, 'byte')}, more than any can have`);
    return what(fd, file.size);
  } catch (error) {
    throw unusable(error);
  } finally {
    closeSync(fd);
  }
}

function unusable(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof Unusable || code === undefined || code === 'ENOENT' || isScarcity(error)) return error;
  if (code === 'ELOOP') return new Unusable('is a symbolic link');
  if (code === 'ENXIO') return new Unusable('is no regular file');
  return new Unusable(`cannot be read: ${code}`);
}

/**
 * What is wrong with the file of a segment that could not be inserted, after reading all of it; undefined if
 * nothing is.
 */
export function whyUnusable(path: string): string | undefined {
  try {
    withFile(path, LARGEST_SEGMENT, (fd, size) => {
      const piece = Buffer.alloc(Math.min(PIECE, size));
      for (let o = 0, n = 1; o < size && n > 0; o += n) n = readSync(fd, piece, 0, piece.length, o);
    });
  } catch (error) {
    if (error instanceof Unusable) return `it ${error.message}`;
  }
  return undefined;
}

/** The bytes of a small file, as far as it goes. */
function read(path: string, most: number): Buffer {
  return withFile(path, most, (fd, size) => {
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(fd, bytes, 0, size, 0));
  });
}

/** The complete entries of a segment's sums; none if there is no such file. */
function readSums(file: string): Buffer {
  try {
    const sums = read(sumsOf(file), LARGEST_SUMS);
    return sums.subarray(0, Math.floor(sums.length / SUMS_ENTRY) * SUMS_ENTRY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    if (error instanceof Unusable) throw new Unusable(`has a .sum that ${error.message}`);
    throw error;
  }
}

/** Rows of a segment, from its sums. @throws Unusable */
export function rowsOf(file: string): number {
  const sums = readSums(file);
  return sums.length === 0 ? 0 : sums.readUInt32BE(sums.length - SUMS_ENTRY + 4);
}

/** A segment's file as it is. */
export interface SegmentBytes {
  readonly bytes: Uint8Array;
  /** Bytes from its beginning that match a checksum. */
  readonly trusted: number;
  /** Bytes from its beginning for which there is a checksum; a collector may be writing those beyond. */
  readonly summed: number;
}

/** Reads a segment and judges it by its sums, without changing it. @throws Unusable */
export function readSpooled(file: string): SegmentBytes {
  const sums = readSums(file);
  return withFile(file, LARGEST_SEGMENT, (fd, size) => {
    const at = lastTrusted(fd, size, sums);
    const bytes = Buffer.alloc(size);
    let read = 0;
    for (let n = 1; read < size && n > 0; read += n) n = readSync(fd, bytes, read, size - read, read);
    let summed = 0;
    for (let o = 0; o < sums.length; o += SUMS_ENTRY) summed = Math.max(summed, sums.readUInt32BE(o));
    return {
      bytes: bytes.subarray(0, read),
      trusted: at < 0 ? 0 : sums.readUInt32BE(at),
      summed,
    };
  });
}

/** Why a segment was set aside, from its reason file; a placeholder if that cannot be read. */
export function readReason(path: string): string {
  try {
    return read(path, LONGEST_REASON).toString('utf8').trim().replaceAll(/\s+/g, ' ');
  } catch {
    return 'why was not kept';
  }
}

/** The result of examining a segment's file. */
export interface Recovered {
  /** Undefined if none of it can be trusted: it was never synced. */
  readonly segment: SpoolSegment | undefined;
  /** Bytes that were cut off, or are to be removed. */
  readonly torn: number;
}

/**
 * Examines a segment of another run, and cuts off what cannot be trusted.
 *
 * @throws Unusable
 */
export function recover(file: string, table: TableName): Recovered {
  const sums = readSums(file);
  return withFile(file, LARGEST_SEGMENT, (fd, size) => {
    const at = lastTrusted(fd, size, sums);
    if (at < 0) return { segment: undefined, torn: size };
    const bytes = sums.readUInt32BE(at);
    if (bytes < size) truncateSync(file, bytes);
    const rows = sums.readUInt32BE(at + 4);
    return { segment: { name: basename(file, '.pb'), table, file, bytes, rows }, torn: size - bytes };
  });
}

/**
 * The position of the entry for the longest beginning that the file matches, -1 for none. Reads the file
 * once.
 */
function lastTrusted(fd: number, size: number, sums: Buffer): number {
  const entries: { at: number; length: number }[] = [];
  for (let at = 0; at < sums.length; at += SUMS_ENTRY) {
    const length = sums.readUInt32BE(at);
    if (length > 0 && length <= size) entries.push({ at, length });
  }
  entries.sort((a, b) => a.length - b.length);
  const hash = createHash('sha256');
  const piece = Buffer.alloc(Math.min(PIECE, size));
  let read = 0;
  let trusted = -1;
  for (const { at, length } of entries) {
    while (read < length) {
      const n = readSync(fd, piece, 0, Math.min(piece.length, length - read), read);
      if (n === 0) return trusted;
      hash.update(piece.subarray(0, n));
      read += n;
    }
    const sum = hash.copy().update(sums.subarray(at, at + 8));
    if (
      sum
        .digest()
        .subarray(0, 8)
        .equals(sums.subarray(at + 8, at + SUMS_ENTRY))
    )
      trusted = at;
  }
  return trusted;
}
