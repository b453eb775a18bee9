/**
 * Files and directories as mirrorlake makes them: for its user and group and nobody else, whatever the umask. They hold
 * what everybody on the network said.
 */
import { chmodSync, fchmodSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export const FILE_MODE = 0o640;
export const DIRECTORY_MODE = 0o750;
const PERMISSIONS = 0o777;
const SET_GROUP_ID = 0o2000;

/**
 * Makes a directory and those it lies in; those that are there stay as they are. Node's own way says of a read-only
 * file system that something is not there, and never comes back from one that takes no directories, such as /proc.
 *
 * @returns those that were made, outermost first
 */
export function makeDirectory(path: string, parentMade = false): string[] {
  try {
    mkdirSync(path, DIRECTORY_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return [];
    if (code !== 'ENOENT' || parentMade) throw error;
    return [...makeDirectory(dirname(path)), ...makeDirectory(path, true)];
  }
  const { mode } = statSync(path);
  if ((mode & PERMISSIONS) !== DIRECTORY_MODE)
    whereThereAreModes(() => chmodSync(path, (mode & SET_GROUP_ID) | DIRECTORY_MODE));
  return [path];
}

/** Opens a file as openSync does; one that is made is for user and group. @returns the descriptor */
export function openFile(path: string, flags: string | number): number {
  const fd = openSync(path, flags, FILE_MODE);
  if ((fstatSync(fd).mode & PERMISSIONS) !== FILE_MODE) whereThereAreModes(() => fchmodSync(fd, FILE_MODE));
  return fd;
}

/** A file system without modes (FAT, some network file systems) refuses to set them. */
function whereThereAreModes(set: () => void): void {
  try {
    set();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EOPNOTSUPP') throw error;
  }
}
