/**
 * README.md and docs/tutorial/capture-to-sql.md as a person follows them: they show what the commands print.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-tutorial-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a terminal shows on a page: commands behind `$ ` and `> `, and below each what it prints. */
function shownOn(page: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, shown]) => shown).join('');
}

const shown = shownOn('docs/tutorial/capture-to-sql.md');

/** Answers as a terminal has them, without its colours. */
const SHELL =
  'npx() { shift; case $1 in query) set -- "$@" --format PrettyCompactMonoBlock ;; esac; ' +
  `'${process.execPath}' '${ROOT}/dist/cli/main.js' "$@"; }`;

function commandsOf(shown: string): string[] {
  return [...shown.matchAll(/^\$ (.*(?:\n> .*)*)/gm)].map(([, command]) => command);
}

/** Runs a page's commands in one shell; what they print, as the page has it. */
function run(shown: string, cwd: string): string {
  const said = commandsOf(shown).map(
    (command) => `printf '%s\\n' '$ '${quoted(command)}; ${command.replaceAll('\n> ', '\n')}`,
  );
  const { stdout, stderr } = spawnSync('bash', ['-c', `exec 2>&1\n${SHELL}\n${said.join('\n')}`], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', MIRRORLAKE_STORE: '' },
  });
  return stdout + stderr;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function demo(cwd: string): string {
  const words = ['--import', import.meta.resolve('tsx'), join(ROOT, 'lab/demo.ts')];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd, encoding: 'utf8' });
  expect(stderr).not.toMatch(/error/i);
  expect(status).toBe(0);
  return stdout;
}

it('the tutorial and the demo print what they do, whichever comes first and however often', () => {
  symlinkSync(join(ROOT, 'lab'), join(directory, 'lab'));
  expect(commandsOf(shown).length).toBeGreaterThan(4);
  const first = demo(directory);
  expect(run(shown, directory)).toBe(shown);
  expect(demo(directory)).toBe(first);
  // Once more, it has its sessions already, and no more of them.
  const answers = (text: string): string => text.slice(text.indexOf('\n$ npx mirrorlake query'));
  expect(answers(run(shown, directory))).toBe(answers(shown));
}, 180_000);

it('the README shows what its commands print', () => {
  const cwd = mkdtempSync(join(directory, 'readme-'));
  symlinkSync(join(ROOT, 'lab'), join(cwd, 'lab'));
  const session = shownOn('README.md');
  expect(commandsOf(session)).toHaveLength(2);
  expect(run(session, cwd)).toBe(session);
});
