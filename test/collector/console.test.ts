/** The console that a collector serves in a process of its own. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestCollector } from '../support/collector.js';
import { describeWith } from '../support/needs.js';

const CONFIG = 'console: { listen: 127.0.0.1:0 }\n';

describeWith(['root'], 'a collector with a console', () => {
  it('serves it, asks itself for it, and starts it again when it has died', async () => {
    const collector = await TestCollector.start([], { config: CONFIG });
    try {
      const served = async () => (await collector.status()).console;
      await expect.poll(served).toMatchObject({ state: 'up', restarts: 0, error: '' });
      const { url = '' } = (await served()) ?? {};
      const token = readFileSync(join(collector.directory, 'data/console/token'), 'utf8').trim();
      expect(collector.log).toContain(url);
      expect(collector.log).not.toContain(token);
      const about = (await (
        await fetch(`${url}api/v1/about`, { headers: { authorization: `Bearer ${token}` } })
      ).json()) as { collector: { pid: number } };
      const { pid } = await collector.status();
      expect(about.collector.pid).toBe(pid);

      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      const child = children.find((id) =>
        readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('console-worker'),
      );
      process.kill(Number(child), 'SIGKILL');
      await expect.poll(served).toMatchObject({ state: 'up', restarts: 1 });
    } finally {
      await collector.stop();
    }
  });

  it('says what is wrong with it, and goes on', async () => {
    const config = 'console: { listen: 127.0.0.1:0, users: /nowhere/users }\n';
    const collector = await TestCollector.start([], { config });
    try {
      await expect
        .poll(async () => (await collector.status()).console)
        .toMatchObject({ state: 'failed', error: expect.stringMatching(/users file cannot be read/) });
    } finally {
      await collector.stop();
    }
  });
});
