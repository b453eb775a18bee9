import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandError } from '../model/errors.js';

/**
 * Asks for a password: twice on a terminal, which does not show it; elsewhere it is the first line of stdin.
 *
 * @throws CommandError if both are not the same, or none comes
 */
export async function readPassword(question: string): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  // Readline echoes what is typed to its output.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  const closed = new Promise<never>((_, reject) =>
    lines.once('close', () => reject(new CommandError('no password has come: write one line to stdin'))),
  );
  closed.catch(() => undefined);
  try {
    const ask = async (words: string): Promise<string> => {
      if (terminal) process.stderr.write(words);
      const line = await Promise.race([lines.question(''), closed]);
      if (terminal) process.stderr.write('\n');
      return line;
    };
    const password = await ask(question);
    if (terminal && (await ask('Again: ')) !== password)
      throw new CommandError('the two passwords are not the same: try again');
    return password;
  } finally {
    lines.close();
  }
}
