import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/help/completion.js';
import { manPage } from '../../src/cli/help/man.js';
import { all, type CommandWords, wordsOf } from '../../src/cli/help/words.js';
import { createProgram } from '../../src/cli/program.js';
import { MAIN } from '../support/collector.js';
import { describeWith } from '../support/needs.js';

let program: CommandWords;
let directory: string;
beforeAll(async () => {
  program = wordsOf(await createProgram([]));
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-help-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('the words of the command line', () => {
  it('are those of --help', () => {
    for (const c of all(program)) {
      const help = execFileSync(process.execPath, [MAIN, ...c.path.slice(1), '--help'], { encoding: 'utf8' });
      for (const o of c.options) expect(help).toContain(o.flags);
      for (const d of c.commands) expect(help).toContain(d.path.at(-1));
    }
  }, 60_000);
});

describeWith(['man'], 'the man page', () => {
  it('has every command and option, and nothing that man warns of', () => {
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
    expect(text).toContain('mirrorlake 1.2.3');
  });
});

describe('completions', () => {
  it.each(['bash', 'zsh', 'fish'] as const)('%s: every command and option is in the script', (shell) => {
    const script = completionScript(shell, program);
    for (const c of all(program)) {
      if (c !== program) expect(script).toContain(c.path.at(-1));
      for (const name of c.options.flatMap((o) => o.names)) {
        expect(script).toContain(shell === 'fish' ? name.replace(/^--?/, ' ') : name);
      }
    }
  });

  it('says which shells there are', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'completion', 'tcsh'], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^mirrorlake: .*bash, zsh, fish.*\n$/);
  });
});
