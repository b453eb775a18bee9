/**
 * Runs the command lines that its parent sends, one after the other, and answers each with an {@link Ended}.
 * Standard output must be a file opened for appending, because parts of the program write to the descriptor
 * itself.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { run } from '../../src/cli/run.js';
import type { Ended, Line } from './command-lines.js';

/** What a command line has said. What one says late is not said by the next one. */
const saying = new AsyncLocalStorage<{ stderr: string }>();
let running = { stderr: '' };
process.stderr.write = (text: string | Uint8Array): boolean => {
  (saying.getStore() ?? running).stderr += Buffer.from(text as string).toString();
  return true;
};

// In the program a process runs one command. Here each leaves its listeners, and Node would warn of the
// eleventh on stderr, as if the command had.
for (const stream of [process, process.stdout, process.stderr]) stream.setMaxListeners(0);

const directory = process.cwd();

async function ended({ words, cwd, env = {} }: Line): Promise<Ended> {
  process.chdir(cwd ?? directory);
  const before = { ...process.env };
  Object.assign(process.env, env);
  process.exitCode = 0;
  const said = { stderr: '' };
  running = said;
  await saying.run(said, () => run(words));
  for (const name of Object.keys(env)) delete process.env[name];
  Object.assign(process.env, before);
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  return { status: Number(process.exitCode), stderr: said.stderr };
}

process.on('message', (line: Line) => void ended(line).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit(0));
