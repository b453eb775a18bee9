/**
 * Compiles src to dist before the tests when anything in it is newer: the program, and the processes and threads it
 * starts, run from there. A source that does not compile is the type check's to report.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';

const STAMP = 'dist/.built';

export default function setup(): void {
  const stamp = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = Math.max(
    ...readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => statSync(`src/${file}`).mtimeMs),
  );
  if (stamp >= newest) return;
  const { error } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'ignore' });
  if (error !== undefined) throw error;
  writeFileSync(STAMP, '');
  utimesSync(STAMP, new Date(newest), new Date(newest));
}
