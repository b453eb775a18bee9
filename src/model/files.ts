/**
 * Creates files and directories for mirrorlake's user and group only, whatever the umask, because they hold
 * everybody's traffic.
 */
import { chmodSync, fchmodSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export const FILE_MODE = 0o640;
export const DIRECTORY_MODE = 0o750;
const PERMISSIONS = 0o777;
const SET_GROUP_ID = 0o2000;

/**
 * Creates a directory and its parents; existing ones stay as they are. Node's own function reports ENOENT for
 * a read-only file system, and never returns for one without directories, such as /proc.
 *
 * @returns the created directories, outermost first
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

/** Opens a file like openSync; a created file is for user and group only. @returns the descriptor */
export function openFile(path: string, flags: string | number): number {
  const fd = openSync(path, flags, FILE_MODE);
  if ((fstatSync(fd).mode & PERMISSIONS) !== FILE_MODE) whereThereAreModes(() => fchmodSync(fd, FILE_MODE));
  return fd;
}

/** File systems without modes (FAT, some network file systems) refuse to set them. */
function whereThereAreModes(set: () => void): void {
  try {
    set();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EOPNOTSUPP') throw error;
  }
}
