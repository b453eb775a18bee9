/** The owner of an embedded store's files. */
import { chownSync, statSync } from 'node:fs';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The owner of a directory, if this process is root and the directory is not root's: the engine runs as that
 * user. Without capabilities root has no more rights than others, and files created by root would be
 * inaccessible to the owner.
 */
export function ownerOf(directory: string): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = statSync(directory);
  return uid === 0 ? undefined : { uid, gid };
}

/** Gives a newly created file to the owner of the store, if that is another user. */
export function giveTo(owner: Owner | undefined, path: string): void {
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}
