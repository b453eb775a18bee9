/**
 * Runs the command lines that its parent sends, one after the other, and answers each with an {@link Ended}.
 * Standard output must be a file opened for appending, because parts of the program write to the descriptor
 * itself.
 */
import { run } from '../../src/cli/run.js';
import type { Ended, Line } from './command-lines.js';

let stderr = '';
process.stderr.write = (text: string | Uint8Array): boolean => {
  stderr += Buffer.from(text as string).toString();
  return true;
};

const directory = process.cwd();

async function ended({ words, cwd, env = {} }: Line): Promise<Ended> {
  process.chdir(cwd ?? directory);
  const before = { ...process.env };
  Object.assign(process.env, env);
  process.exitCode = 0;
  await run(words);
  for (const name of Object.keys(env)) delete process.env[name];
  Object.assign(process.env, before);
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  const answer = { status: Number(process.exitCode), stderr };
  stderr = '';
  return answer;
}

process.on('message', (line: Line) => void ended(line).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit(0));
