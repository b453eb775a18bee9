/** Becoming another user once everything is open. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { CommandError, UsageError } from '../errors.js';

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
  const made = mkdirSync(path, { recursive: true });
  if (made === undefined) return;
  chownSync(path, user.uid, user.gid);
  if (made !== path) chownSync(made, user.uid, user.gid);
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
