/** Whose the files of an embedded store are. */
import { chownSync, statSync } from 'node:fs';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whose a directory is, where this process is root and the directory is not root's: the engine runs as that
 * user. Without capabilities root may no more than any other, and what root made would be out of the owner's
 * reach.
 */
export function ownerOf(directory: string): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = statSync(directory);
  return uid === 0 ? undefined : { uid, gid };
}

/** Gives a file that was just made to the owner of the store, if that is another user. */
export function giveTo(owner: Owner | undefined, path: string): void {
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}
