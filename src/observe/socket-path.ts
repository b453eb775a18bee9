/** A Unix socket's place in the file system: whose it may be, and what is there already. */

import { once } from 'node:events';
import { chmodSync, chownSync, lstatSync, type Stats, unlinkSync } from 'node:fs';
import { createConnection, type Server } from 'node:net';
import { dirname } from 'node:path';
import { MirrorlakeError } from '../model/errors.js';
import { makeDirectory } from '../model/files.js';

/** sizeof(sockaddr_un.sun_path), without its final zero. */
export const LONGEST_PATH = 107;
const SOCKET_MODE = 0o660;

/** Who may connect, beside root: a user and a group. */
export interface SocketOwner {
  readonly uid: number;
  readonly gid: number;
}

/** Why a path cannot be a socket's: in words that stand behind the path. */
export class PathTaken extends MirrorlakeError {
  override readonly name = 'PathTaken';

  constructor(why: string) {
    super(why, 'PATH_TAKEN');
  }
}

/**
 * Listens at a path, creating the directory if necessary. A socket without a listener, left by a killed
 * program, is removed first; anything else is not ours and stays.
 *
 * @throws PathTaken, and the file system's errors
 */
export async function listenAt(server: Server, path: string, owner: SocketOwner | undefined): Promise<void> {
  for (const made of makeDirectory(dirname(path))) give(made, owner);
  await removeDead(path);
  // Nobody else can connect from the first moment on: Node binds before listen() returns.
  const umask = process.umask(0o777 & ~SOCKET_MODE);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening');
  give(path, owner);
  chmodSync(path, SOCKET_MODE);
}

/** Gives a file to its owner. Root without CAP_CHOWN, as in some containers, keeps it. */
function give(path: string, owner: SocketOwner | undefined): void {
  if (owner === undefined) return;
  try {
    chownSync(path, owner.uid, owner.gid);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EPERM') throw e;
  }
}

async function removeDead(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) throw new PathTaken(`${kindOf(there)} is there, which is let be`);
  const answer = await knock(path);
  if (answer === 'ENOENT') return;
  if (answer === '') throw new PathTaken('another collector is running there, or another program listens');
  if (answer !== 'ECONNREFUSED') throw new PathTaken(`a socket is there that may be in use (${answer})`);
  // Another program may have created a new one since it was checked.
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now === undefined) return;
  if (now.ino !== there.ino || now.dev !== there.dev)
    throw new PathTaken('another collector is starting there');
  unlinkSync(path);
}

/** Connects to a socket. @returns the error's code, empty if somebody listens */
async function knock(path: string): Promise<string> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return '';
  } catch (e) {
    return (e as NodeJS.ErrnoException).code ?? String(e);
  } finally {
    socket.destroy();
  }
}

function kindOf(there: Stats): string {
  if (there.isFile()) return 'a file';
  if (there.isDirectory()) return 'a directory';
  if (there.isSymbolicLink()) return 'a symbolic link';
  if (there.isFIFO()) return 'a FIFO';
  return 'a device';
}
