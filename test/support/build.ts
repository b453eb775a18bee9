/**
 * Builds the program into dist/ before the tests if a source is newer: tests run the program, its processes
 * and its threads from there. Also builds the tests' own programs: compiling them at every start would cost a
 * second of CPU each. The console's page likewise.
 */
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { build, buildPage } from '../../packaging/build.js';
import { PROGRAMS, program } from './programs.js';

export default async function setup(): Promise<void> {
  const programs = ['main', ...Object.keys(PROGRAMS)].map(program);
  await Promise.all([
    renew('dist/.built', ['src', 'test/support'], programs, () => build(PROGRAMS)),
    renew('dist/.page-built', ['src', 'web'], ['dist/console/index.html'], buildPage),
  ]);
}

/** Makes what is missing, or older than a source below one of `folders`. */
async function renew(
  stamp: string,
  folders: readonly string[],
  made: readonly string[],
  make: () => Promise<void>,
): Promise<void> {
  const before = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|css|html|json)$/.test(file))
      .map((file) => `${folder}/${file}`),
  );
  const newest = Math.max(...[...sources, 'packaging/build.ts'].map((file) => statSync(file).mtimeMs));
  if (made.every((file) => existsSync(file)) && before >= newest) return;
  await make();
  writeFileSync(stamp, '');
  // A Date has whole milliseconds, the time of a file more.
  const time = new Date(Math.ceil(newest));
  utimesSync(stamp, time, time);
}
