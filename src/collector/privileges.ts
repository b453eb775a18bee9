/** Becoming another user once everything is open. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync } from 'node:fs';
import { CommandError, UsageError } from '../model/errors.js';
import { DIRECTORY_MODE, makeDirectory } from '../model/files.js';
import type { SocketOwner } from '../observe/socket-path.js';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups, the primary one included. */
  readonly groups: readonly number[];
}

/** @throws UsageError when there is no such user */
export function findUser(name: string): User {
  try {
    const id = (flag: string): number[] =>
      execFileSync('id', [flag, '--', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .trim()
        .split(' ')
        .map(Number);
    return { name, uid: id('-u')[0], gid: id('-g')[0], groups: id('-G') };
  } catch {
    throw new UsageError(
      `there is no user ${name}; make one with: useradd --system --no-create-home ${name}`,
    );
  }
}

/** Makes a directory, and those above it, that the user may write to. Existing ones stay as they are. */
export function directoryFor(user: User, path: string): void {
  for (const made of makeDirectory(path)) chownSync(made, user.uid, user.gid);
}

/**
 * The owner of the control socket beside root: the user that the collector becomes; or, under sudo, the
 * caller's group, so that `status` and `query` need no sudo. Undefined: the user that runs it.
 */
export function controlOwner(
  user: User | undefined,
  environment: NodeJS.ProcessEnv,
  uid = process.geteuid?.(),
): SocketOwner | undefined {
  if (user !== undefined) return { uid: user.uid, gid: user.gid };
  const { SUDO_GID = '' } = environment;
  if (uid !== 0 || !/^\d{1,10}$/.test(SUDO_GID) || Number(SUDO_GID) >= NO_GROUP) return undefined;
  return { uid: 0, gid: Number(SUDO_GID) };
}

/** For chown(2): leaves the group as it is. */
const NO_GROUP = 0xffffffff;

/**
 * Lets a group traverse a directory that an earlier run of ours created as root for root alone. A directory
 * that others may traverse or that somebody else owns stays as it is, and so does a link, which may lead
 * anywhere.
 */
export function letThrough(path: string, { gid }: SocketOwner): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || !there.isDirectory()) return;
  if (there.uid !== 0 || there.gid !== 0 || (there.mode & 0o001) !== 0) return;
  chownSync(path, 0, gid);
  chmodSync(path, DIRECTORY_MODE);
}

/**
 * Becomes the user, in every thread, with the user's own groups and without capabilities.
 *
 * @throws CommandError if this process may not, or could become root again
 */
export function becomeUser(user: User): void {
  if (process.geteuid?.() === user.uid) return;
  try {
    process.setgroups?.([...user.groups]);
    process.setgid?.(user.gid);
    process.setuid?.(user.uid);
  } catch (e) {
    throw new CommandError(
      `cannot become user ${user.name}: ${(e as Error).message}; start as root, or leave out --user`,
    );
  }
  try {
    process.setuid?.(0);
  } catch {
    return;
  }
  throw new CommandError(`becoming user ${user.name} left a way back to root; not going on`);
}
