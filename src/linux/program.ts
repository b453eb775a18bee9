/** Becoming another program. */
import { LinuxError } from './errors.js';
import { errno, execve, fcntl } from './libc.js';

const F_SETFD = 2;

/**
 * Becomes another program in this process: execve(2). Returns only by an error.
 *
 * @param words its arguments, without its own name
 * @param descriptors to keep, in addition to those opened as inheritable
 * @throws LinuxError
 */
export function becomeProgram(
  path: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  descriptors: readonly number[],
): never {
  // Node marks all descriptors it started with as close-on-exec.
  for (const fd of descriptors) fcntl(fd, F_SETFD, 0);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  execve(path, [path, ...words, null], [...variables, null]);
  throw new LinuxError(`run ${path}`, errno());
}
