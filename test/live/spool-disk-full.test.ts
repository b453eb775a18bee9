import { mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SessionRecord } from '../../src/sessions/record.js';
import { SessionSegmentReader } from '../../src/store/session-segment.js';
import { Spool } from '../../src/store/spool.js';
import { describeWith, run } from '../support/needs.js';
import { numberedSegment } from '../support/sessions.js';

describeWith(['root', 'mount'], 'a spool on a disk that fills up', () => {
  let disk: string;
  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), 'mirrorlake-disk-'));
    run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk);
  });
  afterAll(() => {
    run('umount', disk);
    rmdirSync(disk);
  });

  it('drops what does not fit, counted, keeps what does, whole, and goes on when there is room', async () => {
    const said: string[] = [];
    const options = { limit: 1 << 30, log: (_: string, message: string) => void said.push(message) };
    const spool = new Spool(join(disk, 'spool'), options);
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(600_000));
    const kept: number[] = [];
    let dropped = 0;
    for (let n = 0; n < 8000; n += 200) {
      if (spool.append('sessions', numberedSegment(n, n + 200), 200)) kept.push(n);
      else dropped += 200;
    }
    expect(dropped).toBeGreaterThan(0);
    expect(spool.counters.droppedRows).toBe(dropped);
    expect(said).toEqual([expect.stringMatching(/^rows are lost: ENOSPC/)]);

    rmSync(ballast);
    expect(spool.append('sessions', numberedSegment(8000, 8200), 200)).toBe(true);
    kept.push(8000);
    await spool.close();

    const again = new Spool(join(disk, 'spool'), options);
    const found: number[] = [];
    while (again.waitingSegments > 0) {
      const segment = await again.next();
      const reader = new SessionSegmentReader(readFileSync(segment.file));
      const record = new SessionRecord();
      while (reader.next(record)) found.push(record.clientPort - 1024);
      again.stored(segment);
    }
    expect(found).toEqual(kept.flatMap((n) => Array.from({ length: 200 }, (_, i) => n + i)));
    await again.close();
  });
});
