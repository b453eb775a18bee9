/**
 * Builds the program into dist/ before the tests if a source is newer: tests run the program, its processes
 * and its threads from there. Also builds the tests' own programs: compiling them at every start would cost a
 * second of CPU each.
 */
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { build } from '../../packaging/build.js';
import { PROGRAMS, program } from './programs.js';

const STAMP = 'dist/.built';
export default async function setup(): Promise<void> {
  const stamp = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ['src', 'test/support'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  const newest = Math.max(...[...sources, 'packaging/build.ts'].map((file) => statSync(file).mtimeMs));
  const there = ['main', ...Object.keys(PROGRAMS)].every((name) => existsSync(program(name)));
  if (there && stamp >= newest) return;
  await build(PROGRAMS);
  writeFileSync(STAMP, '');
  // A Date has whole milliseconds, the time of a file more.
  const time = new Date(Math.ceil(newest));
  utimesSync(STAMP, time, time);
}
