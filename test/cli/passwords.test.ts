import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAIN } from '../support/collector.js';
import { type Ran, runLines } from '../support/command-lines.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-passwords-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const URLS = [
  'http://lake:hunt/er2@127.0.0.1:1/db',
  'HTTP://lake:hunt@er2@127.0.0.1:1/db',
  'http://lake:hunt?er2@127.0.0.1:1/db',
  'http://lake:hunt#er2@127.0.0.1:1/db',
  'clickhouse://lake:hunter2@127.0.0.1:1/db',
  'lake:hunter2@127.0.0.1:8123/db',
  'http://lake:hunter2',
  'http://127.0.0.1:1/db?password=hunter2',
];

const MISTYPED = 'http://lake:hunt/er2@127.0.0.1:1/db';

const LINES = [
  ...URLS.map((url) => ['collect', '--store', url]),
  ['collect', '--stroe', MISTYPED],
  ['collect', `--stroe=${MISTYPED}`],
  ['collect', '--config', MISTYPED],
  ['read', 'x.pcap', '--store', MISTYPED],
  ['query', 'SELECT 1', '--store', MISTYPED],
  ['schema', 'apply', `--store=${MISTYPED}`],
];
let told: Ran[];
beforeAll(async () => {
  told = await runLines(LINES, { cwd: directory });
});

it.each(LINES.map((words, i) => [words.join(' '), i] as const))(
  'a password is not in the output of `mirrorlake %s`',
  (_, i) => {
    const { status, stdout, stderr } = told[i];
    expect(stdout + stderr).not.toMatch(/hunt|er2/);
    expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
    expect(status, stderr).toBe(2);
  },
);

it('a password is not in the output of a process of its own', () => {
  const words = LINES[URLS.length];
  const run = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
    cwd: directory,
    timeout: 120_000,
  });
  expect(run).toMatchObject(told[URLS.length]);
});

it('a password is not in messages about a configuration file or the store that it names', async () => {
  const lines = [MISTYPED, 'clickhouse://lake:hunter2@127.0.0.1:1/db'].map((url, i) => {
    const config = join(directory, `m${i}.yaml`);
    writeFileSync(config, `store: "${url}"\n`);
    return ['schema', 'apply', '--config', config];
  });
  for (const { status, stdout, stderr } of await runLines(lines)) {
    expect(stdout + stderr).not.toMatch(/hunt|er2/);
    expect(status, stderr).toBe(2);
  }
});

it('a password is not in the output of doctor', async () => {
  const lines = [MISTYPED, 'lake:hunter2@127.0.0.1:8123/db'].map((url) => ['doctor', '--store', url]);
  for (const { stdout, stderr } of await runLines(lines)) {
    expect(stdout + stderr).not.toMatch(/hunt|er2/);
    expect(stdout).toMatch(/^FAIL {2}store: /m);
  }
});

it('a password is removed from the command line that ps shows', async () => {
  const words = ['query', '-', '--store=http://lake:hunter2@127.0.0.1:1/db'];
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['pipe', 'ignore', 'ignore'] });
  const exited = once(child, 'exit');
  const shown = (): string => readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');
  try {
    await expect.poll(shown).toContain('--store=http://lake@127.0.0.1:1/db');
    expect(shown()).not.toMatch(/hunter2/);
  } finally {
    child.kill();
    await exited;
  }
});
