#!/usr/bin/env node
import { outputError } from '../model/errors.js';
import { shownWord } from './passwords.js';
import { report, run } from './run.js';

const WORDS = process.argv.slice(2);

/** Hides a password in a URL on the command line from `ps`. */
function hidePasswords(): void {
  const shown = WORDS.map(shownWord);
  if (shown.some((word, i) => word !== WORDS[i])) process.title = `mirrorlake ${shown.join(' ')}`;
}

// A reader that has left (| head) is no error; a full disk is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.exit(report(WORDS, outputError(error), WORDS.includes('--debug')));
});
// stderr is gone; ignore it.
process.stderr.on('error', () => undefined);

hidePasswords();
await run(WORDS);
