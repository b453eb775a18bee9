/** docs/tutorial/capture-to-sql.md as a person follows it: the page shows what the commands print. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-tutorial-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const page = readFileSync(join(ROOT, 'docs/tutorial/capture-to-sql.md'), 'utf8');
/** What a terminal shows: commands behind `$ `, and below each what it prints. */
const shown = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, text]) => text).join('');
const commands = shown.split('\n').flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : []));

/** Answers as a terminal has them, without its colours. */
const SHELL = `npx() { shift; case $1 in query) set -- "$@" --format PrettyCompactMonoBlock ;; esac; '${process.execPath}' '${ROOT}/dist/cli/main.js' "$@"; }`;

/** Runs the page's commands in one shell; what they print, as the page has it. */
function tutorial(cwd: string): string {
  const said = commands.map((command) => `printf '%s\\n' '$ '${quoted(command)}; ${command}`);
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
  expect(commands.length).toBeGreaterThan(4);
  const first = demo(directory);
  expect(tutorial(directory)).toBe(shown);
  expect(demo(directory)).toBe(first);
  // Once more, it has its sessions already, and no more of them.
  const answers = (text: string): string => text.slice(text.indexOf('\n$ npx mirrorlake query'));
  expect(answers(tutorial(directory))).toBe(answers(shown));
});
