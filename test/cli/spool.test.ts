import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const MAIN = 'dist/cli/main.js';
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-spool-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function mirrorlake(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each([
  ['--store', join(directory, 'none'), join(directory, 'none/spool')],
  ['--spool', join(directory, 'none'), join(directory, 'none')],
])('the spool of what is not there: %s %s', (option, name, spool) => {
  for (const command of ['list', 'retry', 'drop']) {
    expect(mirrorlake('spool', command, option, name)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        `mirrorlake: there is no spool in ${spool}; name the store with --store, or the ` +
        `directory with --spool\n`,
    });
  }
});

test('an empty spool says so', () => {
  const store = join(directory, 'store');
  mkdirSync(store);
  const spool = join(store, 'spool');
  expect(mirrorlake('spool', 'list', '--store', store)).toEqual({
    status: 0,
    stdout: '',
    stderr: `nothing waits in ${spool}, and nothing was refused\n`,
  });
  const retried = mirrorlake('spool', 'retry', '--store', store);
  expect(retried).toEqual({
    status: 0,
    stdout: '',
    stderr: `nothing was refused: ${spool} has no such segment\n`,
  });
});
