/** The files of `read`, before any is opened. */
import { statSync } from 'node:fs';

/** A capture, and what a plain one is called: that is its mirror's name. */
export interface CaptureFile {
  readonly path: string;
  readonly name: string;
}

/** Whether all can be read twice, and from anywhere. */
export function areFiles(files: readonly CaptureFile[]): boolean {
  return files.every(({ path }) => path !== '-' && sizeOf(path) !== undefined);
}

/** Whether they are told as one: several that can be looked into before they are read, or are not there. */
export function areTimeline(files: readonly CaptureFile[]): boolean {
  return files.length > 1 && !files.some(({ path }) => isStream(path));
}

/** What can be read once only: stdin, a FIFO, a device. */
function isStream(path: string): boolean {
  if (path === '-') return true;
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

/** Bytes of all; undefined where nobody knows. */
export function bytesOf(files: readonly CaptureFile[]): number | undefined {
  let bytes = 0;
  for (const { path } of files) {
    const size = path === '-' ? undefined : sizeOf(path);
    if (size === undefined) return undefined;
    bytes += size;
  }
  return bytes;
}

/** Bytes of a regular file. */
function sizeOf(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}
