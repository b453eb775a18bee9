import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { Delivery } from '../../src/store/spool/delivery.js';
import { Spool } from '../../src/store/spool/spool.js';
import { describeWith, run } from '../support/needs.js';
import { bytesUpTo, numberedSegment } from '../support/sessions.js';

describeWith(['root', 'mount'], 'an embedded store on a disk that fills up', () => {
  let disk: string;
  let spooled: string;
  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), 'mirrorlake-full-'));
    spooled = mkdtempSync(join(tmpdir(), 'mirrorlake-spool-'));
    run('mount', '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk);
  });
  afterAll(() => {
    run('umount', disk);
    rmdirSync(disk);
    rmSync(spooled, { recursive: true, force: true });
  });

  it('is waited for, and then has everything once', async () => {
    const said: string[] = [];
    const store = openStore(join(disk, 'data'), { create: true });
    const spool = new Spool(join(spooled, 'spool'), { limit: 1 << 30 });
    const delivery = new Delivery(store, spool, { log: (_, message) => void said.push(message) });
    await delivery.start();
    const append = async (from: number, to: number) => {
      for (let n = from; n < to; n += 500) spool.append('sessions', numberedSegment(n, n + 500), 500);
      await spool.flush();
    };
    const until = async (what: () => boolean) => {
      for (let i = 0; i < 300 && !what(); i++) await new Promise((done) => setTimeout(done, 100));
      expect(what(), said.join('\n')).toBe(true);
    };
    await append(0, 5000);
    await until(() => delivery.storedRows === 5000);

    const { bavail, bsize } = statfsSync(disk);
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(Math.max(bavail * bsize - 4096, 0)));
    await append(5000, 10_000);
    await until(() => delivery.state === 'away');
    expect(delivery.error).toMatch(/^\/.*data: .*(no space left on device|NOT_ENOUGH_SPACE)/i);
    expect(delivery.error).not.toContain('\n');

    rmSync(ballast);
    await delivery.drain(60_000);
    expect(delivery.storedRows).toBe(10_000);
    const sql = 'SELECT count(), uniqExact(session_id), sum(client_bytes) FROM sessions';
    const answer = await text(await store.query(sql, { format: 'TabSeparated' }));
    expect(answer.trim()).toBe(`10000\t10000\t${bytesUpTo(10_000)}`);
    await spool.close();
    await store.close();
  });
});
