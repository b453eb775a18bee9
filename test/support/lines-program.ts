/**
 * Runs command lines, given as a JSON array, one after the other, and writes a {@link Ran} for each to
 * descriptor 3. Standard output must be a file opened for appending, because parts of the program write to
 * the descriptor itself.
 */
import { ftruncateSync, readFileSync, writeFileSync } from 'node:fs';
import { run } from '../../src/cli/run.js';
import type { Ran } from './command-lines.js';

let stderr = '';
process.stderr.write = (text: string | Uint8Array): boolean => {
  stderr += Buffer.from(text as string).toString();
  return true;
};

const ran: Ran[] = [];
for (const words of JSON.parse(process.argv[2]) as string[][]) {
  process.exitCode = 0;
  await run(words);
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  ran.push({ status: Number(process.exitCode), stdout: readFileSync('/proc/self/fd/1', 'utf8'), stderr });
  ftruncateSync(1);
  stderr = '';
}
writeFileSync(3, JSON.stringify(ran));
process.exit(0);
