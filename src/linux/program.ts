/** Becoming another program. */
import { LinuxError } from './errors.js';
import { errno, execve, fcntl } from './libc.js';

const F_SETFD = 2;

/**
 * Becomes a program, in this process: execve(2). Comes back only by an error.
 *
 * @param words its arguments, without its own name
 * @param descriptors those it keeps, beside any that were opened for programs to inherit
 * @throws LinuxError
 */
export function becomeProgram(
  path: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  descriptors: readonly number[],
): never {
  // Node marks all that it was begun with as not to be inherited.
  for (const fd of descriptors) fcntl(fd, F_SETFD, 0);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  execve(path, [path, ...words, null], [...variables, null]);
  throw new LinuxError(`run ${path}`, errno());
}
