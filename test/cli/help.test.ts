import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/help/completion.js';
import { EXAMPLES } from '../../src/cli/help/examples.js';
import { manPage } from '../../src/cli/help/man.js';
import { all, type CommandWords, wordsOf } from '../../src/cli/help/words.js';
import { createProgram } from '../../src/cli/program.js';
import { MAIN } from '../support/collector.js';
import { type Ran, runLines } from '../support/command-lines.js';
import { describeWith } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');

let program: CommandWords;
let directory: string;
beforeAll(async () => {
  program = wordsOf(await createProgram([]));
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-help-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('--help', () => {
  /** The output for each command, by the command's words. */
  let told: Map<string, Ran>;
  beforeAll(async () => {
    const words = all(program).map((c) => c.path.slice(1));
    const ran = await runLines(words.map((w) => [...w, '--help']));
    told = new Map(words.map((w, i) => [w.join(' '), ran[i]]));
  });
  const DOCUMENTATION = /\nDocumentation: (\S+); man mirrorlake has examples\n$/;

  it('has every command and option, and the place of the documentation', () => {
    for (const c of all(program)) {
      const { status, stdout: help } = told.get(c.path.slice(1).join(' '))!;
      expect(status).toBe(0);
      for (const o of c.options) expect(help).toContain(o.flags);
      for (const d of c.commands) expect(help).toContain(d.path.at(-1));
      const place = DOCUMENTATION.exec(help)?.[1];
      expect(existsSync(join(place!, 'reference/columns.md'))).toBe(true);
    }
  });

  it.each([[], ['query'], ['schema', 'print']])(
    'prints the same for %j in a process of its own',
    (...words) => {
      const help = execFileSync(process.execPath, [MAIN, ...words, '--help'], { encoding: 'utf8' });
      expect(help).toBe(told.get(words.join(' '))?.stdout);
      expect(help).toMatch(DOCUMENTATION);
    },
  );
});

describe('the examples of the man page', () => {
  /** The examples that need neither a network nor privileges. */
  const runnable = EXAMPLES.filter(({ lines }) => /^mirrorlake (read|query|export)/.test(lines[0]));

  it('fit into 80 columns', () => {
    // The page indents them by 11.
    expect(EXAMPLES.flatMap(({ lines }) => lines).filter((line) => line.length > 80 - 11)).toEqual([]);
  });

  it('are valid command lines', async () => {
    for (const command of EXAMPLES.flatMap(({ lines }) => wordsOfLines(lines))) {
      const parsed = await createProgram([]);
      for (const c of parsed.commands) c.action(() => undefined);
      await parsed.parseAsync(command, { from: 'user' });
    }
  });

  it('work one after the other on the first fifth of the capture of the demo', () => {
    const cwd = join(directory, 'examples');
    mkdirSync(cwd);
    const demo = gunzipSync(readFileSync(join(ROOT, 'lab/demo.pcapng.gz')));
    let end = 0;
    // A block's length follows its type.
    while (end < demo.length / 5) end += demo.readUInt32LE(end + 4);
    writeFileSync(join(cwd, 'capture.pcap'), demo.subarray(0, end));
    const called = `mirrorlake() { '${process.execPath}' '${MAIN}' "$@"; }\n`;
    const said = runnable.map(({ lines }) =>
      execFileSync('bash', ['-ec', called + lines.join('\n')], { cwd, encoding: 'utf8', stdio: 'pipe' }),
    );
    expect(runnable).toHaveLength(4);
    expect(said[0].trimEnd().split('\n')).toHaveLength(10);
    expect(said[1]).toContain('\tREJ\n');
    expect(JSON.parse(said[2])).toHaveProperty('session_id');
    expect(statSync(join(cwd, 'found.pcapng')).size).toBeGreaterThan(1000);
  });
});

/** The arguments of each `mirrorlake` command in some lines, as bash splits them. */
function wordsOfLines(lines: readonly string[]): string[][] {
  const print = 'mirrorlake() { printf "%s\\0" "$@"; printf "\\n"; }\n';
  // The programs after a pipe are not ours.
  const text = lines.join('\n').replaceAll(/ \| .*$/gm, '');
  const said = execFileSync('bash', ['-ec', print + text], { encoding: 'utf8' });
  return said
    .split('\0\n')
    .filter((words) => words !== '')
    .map((words) => words.split('\0'));
}

describeWith(['man'], 'the man page', () => {
  it('has every command and option, and gives no warnings', () => {
    const file = join(directory, 'mirrorlake.1');
    writeFileSync(file, manPage(program, '1.2.3', '2026-01-31'));
    const { stdout, stderr, status } = spawnSync('man', ['-l', '--warnings', '-E', 'UTF-8', file], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '200', MANPAGER: 'cat', LC_ALL: 'C.UTF-8' },
    });
    expect([status, stderr]).toEqual([0, '']);
    const text = stdout.replaceAll('‐', '-').replaceAll('−', '-');
    for (const c of all(program)) {
      if (c.commands.length === 0) expect(text).toContain(c.path.join(' '));
      for (const o of c.options) expect(text).toContain(o.flags);
    }
    for (const line of EXAMPLES.flatMap(({ lines }) => lines)) expect(text).toContain(line);
    expect(text).toContain('mirrorlake 1.2.3');
  });
});

describe('completions', () => {
  it.each(['bash', 'zsh', 'fish'] as const)('have every command and option for %s', (shell) => {
    const script = completionScript(shell, program);
    for (const c of all(program)) {
      if (c !== program) expect(script).toContain(c.path.at(-1));
      for (const name of c.options.flatMap((o) => o.names)) {
        expect(script).toContain(shell === 'fish' ? name.replace(/^--?/, ' ') : name);
      }
    }
  });

  it('name the supported shells if another is given', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'completion', 'tcsh'], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^mirrorlake: .*bash, zsh, fish.*\n$/);
  });
});
