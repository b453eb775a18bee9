/**
 * Runs the command lines that its parent sends, one after the other, and answers each with a {@link Ran}.
 * Standard output must be a file opened for appending, because parts of the program write to the descriptor
 * itself.
 */
import { ftruncateSync, readFileSync } from 'node:fs';
import { run } from '../../src/cli/run.js';
import type { Line, Ran } from './command-lines.js';

let stderr = '';
process.stderr.write = (text: string | Uint8Array): boolean => {
  stderr += Buffer.from(text as string).toString();
  return true;
};

const directory = process.cwd();

async function ran({ words, cwd, env = {} }: Line): Promise<Ran> {
  process.chdir(cwd ?? directory);
  const before = { ...process.env };
  Object.assign(process.env, env);
  process.exitCode = 0;
  await run(words);
  for (const name of Object.keys(env)) delete process.env[name];
  Object.assign(process.env, before);
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  const answer = {
    status: Number(process.exitCode),
    stdout: readFileSync('/proc/self/fd/1', 'utf8'),
    stderr,
  };
  ftruncateSync(1);
  stderr = '';
  return answer;
}

process.on('message', (line: Line) => void ran(line).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit(0));
