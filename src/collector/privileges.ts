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

/** Makes a directory, with those above it, that the user may write to. Those that are there are left as they are. */
export function directoryFor(user: User, path: string): void {
  for (const made of makeDirectory(path)) chownSync(made, user.uid, user.gid);
}

/**
 * Who the control socket is for, beside root: the user that the collector becomes; else, where root was become by sudo,
 * the caller's group, so that `status` and `query` take no sudo. Undefined: whoever runs it.
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

/** Of chown(2): the group stays as it is. */
const NO_GROUP = 0xffffffff;

/**
 * Lets a group through a directory of ours that an earlier run made as root for root alone. One that others may pass, or
 * that is somebody's already, stays as it is, and so does a link: it may lead anywhere.
 */
export function letThrough(path: string, { gid }: SocketOwner): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || !there.isDirectory()) return;
  if (there.uid !== 0 || there.gid !== 0 || (there.mode & 0o001) !== 0) return;
  chownSync(path, 0, gid);
  chmodSync(path, DIRECTORY_MODE);
}

/**
 * Becomes the user, in every thread, with the user's own groups and no capabilities.
 *
 * @throws CommandError when this process may not, or keeps a way back
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
