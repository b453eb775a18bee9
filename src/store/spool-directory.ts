/**
 * What lies in a spool's directory: segments that wait, and below `refused` those set aside, each with its reason. Read and
 * changed by `mirrorlake spool` while a collector may be using it.
 */
import { linkSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isServer } from '../model/store-location.js';
import { bytesOf, remove, type SpoolSegment, sumsOf, unlinkIfThere } from './spool-file.js';
import type { TableName } from './tables.js';

/** When it was begun (milliseconds since 1970), which run, which of it, and the table: names sort by age. */
const NAME = /^(\d{13})-([0-9a-f]{8})-(\d{8})-(sessions|mirrors|tunnels|packets)$/;

/** Where segments wait for the store at a location, unless told otherwise. */
export function spoolDirectory(store: string): string {
  return isServer(store) ? '/var/lib/mirrorlake/spool' : join(store, 'spool');
}

/** Where those are that the store refuses. */
export function refusedDirectory(directory: string): string {
  return join(directory, 'refused');
}

/** A segment as `mirrorlake spool list` shows it. */
export interface ListedSegment extends SpoolSegment {
  /** When it was begun, milliseconds since 1970. */
  since: number;
  /** Why the store refused it; undefined while it waits. */
  reason: string | undefined;
}

/** The segments in a spool's directory, which a collector may be using. */
export function listSpool(directory: string): ListedSegment[] {
  const listed: ListedSegment[] = [];
  for (const refused of [false, true]) {
    for (const file of segmentFiles(refused ? refusedDirectory(directory) : directory)) {
      const name = file.slice(file.lastIndexOf('/') + 1, -3);
      const [, since] = NAME.exec(name) ?? [];
      listed.push({
        name,
        table: tableOf(file),
        file,
        bytes: bytesOf(file),
        rows: rowsOf(file),
        since: Number(since),
        reason: refused ? readFileSync(reasonOf(file), 'utf8').trim() : undefined,
      });
    }
  }
  return listed;
}

/** Puts a refused segment back among those that wait; a running collector finds it there within seconds. */
export function retryRefused(segment: ListedSegment): void {
  const back = join(dirname(dirname(segment.file)), `${segment.name}.pb`);
  move(segment.file, back);
  unlinkIfThere(reasonOf(segment.file));
}

/** Removes a refused segment for good. */
export function dropRefused(segment: ListedSegment): void {
  remove(segment.file);
  unlinkIfThere(reasonOf(segment.file));
}

/** The file that says why a segment was refused. */
export function reasonOf(file: string): string {
  return `${file.slice(0, -3)}.reason`;
}

/** Moves a segment so that at any moment it is in one place with its sums. */
export function move(from: string, to: string): void {
  unlinkIfThere(sumsOf(to));
  linkSync(sumsOf(from), sumsOf(to));
  renameSync(from, to);
  unlinkIfThere(sumsOf(from));
}

/** The segments in a directory, oldest first; none where there is no directory. */
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

/** The table of a segment, which its name ends with. */
export function tableOf(file: string): TableName {
  return file.slice(file.lastIndexOf('-') + 1, -3) as TableName;
}

function rowsOf(file: string): number {
  const sums = readFileSync(sumsOf(file));
  return sums.length < 16 ? 0 : sums.readUInt32BE(Math.floor(sums.length / 16) * 16 - 12);
}
