import { outputError } from '../model/errors.js';
import { shownWord } from './passwords.js';
import { report, run } from './run.js';

/** The program, of the process's own words. */
export async function commandLine(): Promise<void> {
  const words = process.argv.slice(2);
  // A reader that has left (| head) is no error; a full disk is.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.exit(report(words, outputError(error), words.includes('--debug')));
  });
  // stderr is gone; ignore it.
  process.stderr.on('error', () => undefined);
  hidePasswords(words);
  await run(words);
}

/** Hides a password in a URL on the command line from `ps`. */
function hidePasswords(words: readonly string[]): void {
  const shown = words.map(shownWord);
  if (shown.some((word, i) => word !== words[i])) process.title = `mirrorlake ${shown.join(' ')}`;
}
