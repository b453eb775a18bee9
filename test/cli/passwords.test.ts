import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { MAIN } from '../support/collector.js';

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

it.each([
  ...URLS.map((url) => ['collect', '--store', url]),
  ['collect', '--stroe', MISTYPED],
  ['collect', `--stroe=${MISTYPED}`],
  ['collect', '--config', MISTYPED],
  ['read', 'x.pcap', '--store', MISTYPED],
  ['query', 'SELECT 1', '--store', MISTYPED],
  ['schema', 'apply', `--store=${MISTYPED}`],
])('is not in what `mirrorlake %s %s %s %s` says', (...words) => {
  const given = words.filter((word) => word !== undefined);
  const run = spawnSync(process.execPath, [MAIN, ...given], {
    encoding: 'utf8',
    cwd: directory,
    timeout: 120_000,
  });
  expect(run.stdout + run.stderr).not.toMatch(/hunt|er2/);
  expect(run.stderr.trim().split('\n')).toHaveLength(1);
  expect(run.status, run.stderr).toBe(2);
});

it('is not in what is said of a configuration, nor of the store in it', () => {
  for (const url of [MISTYPED, 'clickhouse://lake:hunter2@127.0.0.1:1/db']) {
    const config = join(directory, 'm.yaml');
    writeFileSync(config, `store: "${url}"\n`);
    const run = spawnSync(process.execPath, [MAIN, 'schema', 'apply', '--config', config], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect(run.stdout + run.stderr).not.toMatch(/hunt|er2/);
    expect(run.status, url).toBe(2);
  }
});

it('is not in what the doctor says', () => {
  for (const url of [MISTYPED, 'lake:hunter2@127.0.0.1:8123/db']) {
    const run = spawnSync(process.execPath, [MAIN, 'doctor', '--store', url], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect(run.stdout + run.stderr).not.toMatch(/hunt|er2/);
    expect(run.stdout).toMatch(/^FAIL {2}store: /m);
  }
});

it('is taken out of what ps shows', async () => {
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
