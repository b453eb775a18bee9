/** The token of the printed link, in a file that only its owner reads. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../model/errors.js';
import { makeDirectory } from '../model/files.js';
import { randomToken } from './sign-in.js';

/** The token that is kept in `state`; made at the first start. @throws CommandError */
export function keptToken(state: string): string {
  const file = join(state, 'token');
  try {
    makeDirectory(state);
    try {
      const token = readFileSync(file, 'utf8').trim();
      if (token.length >= 32) return token;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const token = randomToken();
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    // The mode of a file that was there stays as it was.
    chmodSync(file, 0o600);
    return token;
  } catch (error) {
    throw new CommandError(
      `${file}: the console's token cannot be kept there: ${(error as Error).message}; ` +
        'give a directory with --state',
      { cause: error },
    );
  }
}

/** The token that a console has made in `state`. @throws CommandError where none has */
export function madeToken(state: string): string {
  const file = join(state, 'token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    // One that is made by somebody else is none that the console's user may read.
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandError(
      missing
        ? `${file}: no console has been started with this store: mirrorlake console starts one`
        : `${file}: the token cannot be read: ${(error as Error).message}; ask as the console's user`,
      { cause: error },
    );
  }
}

/** @returns the link that signs in, of a console at `url` */
export function linkWith(url: string, token: string): string {
  return `${url}#token=${token}`;
}
