/**
 * The first commands of README.md print what it shows. `UPDATE_GOLDEN=1 npx vitest run --project unit
 * test/packaging/readme.test.ts` writes it anew; the sentences below it are yours to read.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const README = join(ROOT, 'README.md');

/** `npx mirrorlake`, which formats answers as on a terminal, without colours. */
const SHELL = `npx() {
  shift
  case $1 in query) set -- "$@" --format PrettyCompactMonoBlock ;; esac
  '${process.execPath}' '${ROOT}/dist/cli/main.js' "$@"
}`;

it('the first commands print what README.md shows', () => {
  const page = readFileSync(README, 'utf8');
  const shown = /^```console\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '';
  // A command and the lines that go on with it, as a shell prompts for them.
  const commands = [...shown.matchAll(/^\$ .*\n(?:> .*\n)*/gm)].map(([prompted]) => prompted);
  expect(commands.length).toBeGreaterThan(2);
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-readme-'));
  try {
    symlinkSync(join(ROOT, 'lab'), join(directory, 'lab'));
    const printed = commands.map((prompted) => {
      const { stdout, stderr } = spawnSync(
        'bash',
        ['-c', `${SHELL}\n${prompted.replaceAll(/^[$>] /gm, '')}`],
        {
          cwd: directory,
          encoding: 'utf8',
          env: { ...process.env, NO_COLOR: '1', MIRRORLAKE_STORE: '' },
        },
      );
      return prompted + stdout + stderr;
    });
    const text = printed.join('');
    if (process.env.UPDATE_GOLDEN === '1')
      writeFileSync(
        README,
        page.replace(shown, () => text),
      );
    else expect(shown).toBe(text);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 120_000);
