/**
 * The content of a spool's directory: waiting segments, and in `refused` those set aside, each with its
 * reason. `mirrorlake spool` reads and changes it while a collector may be using it.
 */
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TABLE_NAMES, type TableName } from '../../model/columns/tables.js';
import { openFile } from '../../model/files.js';
import { isServer } from '../../model/store-location.js';
import { StoreError } from '../errors.js';
import { LARGEST_SEGMENT } from '../segment/segment-size.js';
import { remove, type SpoolSegment, sumsOf, unlinkIfThere } from './spool-file.js';
import { readReason, rowsOf, Unusable } from './spool-read.js';

/** Creation time (milliseconds since 1970), run, number in the run, and table: names sort by age. */
const NAME = new RegExp(`^(\\d{13})-([0-9a-f]{8})-(\\d{8})-(${TABLE_NAMES.join('|')})$`);

/** The default directory of segments for a store's location. */
export function spoolDirectory(store: string): string {
  return isServer(store) ? '/var/lib/mirrorlake/spool' : join(store, 'spool');
}

/** The directory of segments that the store refuses. */
export function refusedDirectory(directory: string): string {
  return join(directory, 'refused');
}

/** A segment as `mirrorlake spool list` shows it. */
export interface ListedSegment extends SpoolSegment {
  /** When it was created, milliseconds since 1970. */
  since: number;
  /** Why it was set aside; undefined for a waiting one. */
  reason: string | undefined;
  /** Why it cannot be a segment despite its name; undefined for a segment. */
  unusable: string | undefined;
}

/**
 * The segments in a spool's directory, which a collector may be using: one that disappears meanwhile is left
 * out.
 */
export function listSpool(directory: string): ListedSegment[] {
  const listed: ListedSegment[] = [];
  for (const refused of [false, true]) {
    for (const file of segmentFiles(refused ? refusedDirectory(directory) : directory)) {
      const there = look(file);
      if (there === undefined) continue;
      const name = basename(file, '.pb');
      const [, since] = NAME.exec(name) ?? [];
      const reason = refused ? readReason(reasonOf(file)) : undefined;
      listed.push({
        name,
        table: tableOf(file),
        file,
        since: Number(since),
        reason,
        ...contents(file, there),
      });
    }
  }
  return listed;
}

function contents(file: string, there: Stats): { bytes: number; rows: number; unusable: string | undefined } {
  if (!there.isFile()) return { bytes: 0, rows: 0, unusable: 'it is no regular file' };
  if (there.size > LARGEST_SEGMENT)
    return { bytes: there.size, rows: 0, unusable: 'it is larger than any can be' };
  try {
    return { bytes: there.size, rows: rowsOf(file), unusable: undefined };
  } catch (error) {
    const why = error instanceof Unusable ? `it ${error.message}` : (error as Error).message;
    return { bytes: there.size, rows: 0, unusable: why };
  }
}

/** Puts a refused segment back among the waiting ones; a running collector finds it within seconds. */
export function retryRefused(segment: ListedSegment): void {
  const { file, name } = segment;
  if (segment.unusable !== undefined || look(sumsOf(file)) === undefined)
    throw new StoreError(
      `${name} cannot be put back: ` +
        `${segment.unusable ?? 'it has no .sum that says how much of it can be trusted'}`,
    );
  move(file, join(dirname(dirname(file)), `${name}.pb`));
  unlinkIfThere(reasonOf(file));
}

/** Removes a refused segment for good; a directory with a segment's name is not ours to remove. */
export function dropRefused(segment: ListedSegment): void {
  for (const path of [segment.file, sumsOf(segment.file)])
    if (look(path)?.isDirectory() === true)
      throw new StoreError(`${path} is a directory: see what is in it, and remove it by hand`);
  remove(segment.file);
  unlinkIfThere(reasonOf(segment.file));
}

/**
 * Sets aside a file with a segment's name, whatever it is, with the reason.
 *
 * @throws the file system's errors; then it stays where it is
 */
export function setAside(file: string, reason: string): void {
  const aside = join(refusedDirectory(dirname(file)), basename(file));
  if (look(aside) !== undefined) throw new Error(`${aside} is there already`);
  writeReason(reasonOf(aside), reason);
  try {
    move(file, aside);
  } catch (error) {
    unlinkIfThere(reasonOf(aside));
    throw error;
  }
}

/** On a full disk a segment is set aside without its reason. */
function writeReason(path: string, reason: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const fd = openFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK);
    try {
      writeSync(fd, `${reason}\n`);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The reason is in the log.
  }
}

/** The file with the reason why a segment was refused. */
function reasonOf(file: string): string {
  return `${file.slice(0, -3)}.reason`;
}

/** Moves a segment so that at any moment it is in one place with its sums, if those are a file. */
function move(from: string, to: string): void {
  const sums = look(sumsOf(from));
  if (sums?.isFile() === true) {
    unlinkIfThere(sumsOf(to));
    linkSync(sumsOf(from), sumsOf(to));
    renameSync(from, to);
    unlinkIfThere(sumsOf(from));
  } else {
    renameSync(from, to);
    if (sums !== undefined && look(sumsOf(to)) === undefined) renameSync(sumsOf(from), sumsOf(to));
  }
}

/** What is at a path (not what it links to); undefined for nothing. */
export function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** The segments in a directory, oldest first; none if the directory does not exist. */
export function segmentFiles(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.pb') && NAME.test(name.slice(0, -3)))
    .sort()
    .map((name) => join(directory, name));
}

/** Whether a file name is that of a segment's sums. */
export function isSumsName(name: string): boolean {
  return name.endsWith('.sum') && NAME.test(name.slice(0, -4));
}

/** The table of a segment, which ends its name. */
export function tableOf(file: string): TableName {
  return file.slice(file.lastIndexOf('-') + 1, -3) as TableName;
}
