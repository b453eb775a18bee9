/**
 * The demo and docs/tutorial/capture-to-sql.md, run one after the other in one directory as users would. The
 * page shows what the commands print.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/terminal.js';
import { describeWith } from '../support/needs.js';
import { inStore } from '../support/store-copies.js';
import { onTerminal } from '../support/terminal.js';

const ROOT = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-tutorial-'));
beforeAll(() => symlinkSync(join(ROOT, 'lab'), join(directory, 'lab')));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const page = readFileSync(join(ROOT, 'docs/tutorial/capture-to-sql.md'), 'utf8');
/** The text that the terminal shows: commands after `$ `, and below each its output. */
const shown = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, text]) => text).join('');
const steps = shown.split(/^(?=\$ )/m);

/** Makes the program format answers as on a terminal, without colours. */
const SHELL = `npx() {
  shift
  case $1 in query) set -- "$@" --format PrettyCompactMonoBlock ;; esac
  '${process.execPath}' '${ROOT}/dist/cli/main.js' "$@"
}`;

/** Runs the commands of some steps in one shell. @returns the text that a terminal would show */
function tutorial(taken: readonly string[]): string {
  const commands = taken.map((step) => step.slice(2, step.indexOf('\n')));
  const said = commands.map((command) => `printf '%s\\n' '$ '${quoted(command)}; ${command}`);
  const { stdout, stderr } = spawnSync('bash', ['-c', `exec 2>&1\n${SHELL}\n${said.join('\n')}`], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', MIRRORLAKE_STORE: '' },
  });
  return stdout + stderr;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const DEMO = [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  join(ROOT, 'lab/demo.ts'),
  '--no-open',
];

describe('in one directory,', () => {
  /** The output of the demo into a file. */
  let answers: string;

  it('the demo answers its questions', () => {
    const run = spawnSync(DEMO[0], DEMO.slice(1), { cwd: directory, encoding: 'utf8' });
    expect(run.stderr).not.toMatch(/error/i);
    expect(run.status).toBe(0);
    answers = run.stdout;
    // The answers show the scanner, the slow service, and the mirror that loses packets.
    expect(answers).toMatch(/1\. │ 10\.20\.0\.28 │ +\d+ │ +1\d\d │/);
    expect(answers).toMatch(/1\. │ 203\.0\.113\.80 +│ +443 │/);
    expect(answers).toMatch(/1\. │ erspan3 │ +11026 │ +232 │/);
  });

  it('the tutorial prints what the page shows', () => {
    expect(steps.length).toBeGreaterThan(4);
    expect(tutorial(steps)).toBe(shown);
  });

  describeWith(['script'], 'on a terminal', () => {
    it('the demo prints the same again, within 80 columns', () => {
      const lines = onTerminal(80, DEMO, { cwd: directory });
      expect(lines.join('\n')).not.toMatch(/error/i);
      const [command, ...rest] = answers.trimEnd().split('\n');
      expect(lines[0]).toBe(command);
      // The terminal also shows the summary of the capture, which goes to stderr.
      expect(lines.slice(-rest.length)).toEqual(rest);
      expect(lines.filter((line) => line.includes('┌'))).toHaveLength(6);
      // Only the first line is longer: it has the path of the capture.
      expect(lines.slice(1).filter((line) => displayWidth(line) > 80)).toEqual([]);
    });
  });

  it('the tutorial gets the same answers after its capture was read twice', async () => {
    expect(steps.filter((step) => step.startsWith('$ npx mirrorlake read'))).toHaveLength(2);
    const questions = steps.filter((step) => step.startsWith('$ npx mirrorlake query'));
    expect(questions.length).toBeGreaterThan(2);
    // One engine for all of them: starting it takes longer than the answers.
    await inStore(join(directory, 'tutorial'), async (store) => {
      for (const question of questions) {
        const [, sql, , name, value] = /"([^"]+)"( --param (\w+)=(\S+))?\n/.exec(question)!;
        const params = name === undefined ? {} : { params: { [name]: value } };
        const answer = await text(await store.query(sql, { format: 'PrettyCompactMonoBlock', ...params }));
        expect(answer).toBe(question.slice(question.indexOf('\n') + 1));
      }
    });
  });
});
