/**
 * Builds the program before the tests when a source is newer: the program, and the processes and threads it
 * starts, run from dist/.
 */
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { build } from '../../packaging/build.js';

const STAMP = 'dist/.built';

export default async function setup(): Promise<void> {
  const stamp = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = Math.max(
    ...readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => statSync(`src/${file}`).mtimeMs),
  );
  if (stamp >= newest) return;
  await build();
  writeFileSync(STAMP, '');
  utimesSync(STAMP, new Date(newest), new Date(newest));
}
