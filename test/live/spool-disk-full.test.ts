import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { Delivery } from '../../src/store/spool/delivery.js';
import { Spool } from '../../src/store/spool/spool.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { MirrorSource, tcpConversation } from '../support/mirror-traffic.js';
import { describeWith, ip, run, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';
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

  it('drops and counts what does not fit, keeps the rest, and continues when there is room', async () => {
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
      for (const { record } of readSegment('sessions', readFileSync(segment.file)))
        found.push(record.clientPort - 1024);
      again.stored(segment);
    }
    expect(found).toEqual(kept.flatMap((n) => Array.from({ length: 200 }, (_, i) => n + i)));
    await again.close();
  });
});

describeWith(['root', 'mount', 'ip'], 'a collector whose spool is on a disk that takes nothing', () => {
  let disk: string;
  let sender: PacketSender;
  let collector: TestCollector | undefined;
  beforeAll(() => {
    tryIp('link del ar-full0');
    ip('link add ar-full0 type veth peer name ar-full1');
    ip('link set ar-full0 up');
    ip('link set ar-full1 up');
    sender = new PacketSender('ar-full0');
  });
  afterAll(() => {
    sender.close();
    tryIp('link del ar-full0');
  });
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'mirrorlake-disk-'));
  });
  afterEach(() => {
    collector?.remove();
    run('umount', disk);
    rmdirSync(disk);
  });

  const source = new MirrorSource(7);
  function send(port: number): void {
    for (const f of tcpConversation('10.0.0.1', '10.0.0.2', port)) sender.add(source.wrap(f));
    sender.flush();
  }
  const mount = (options: string): void => void run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', disk);
  const remount = (options: string): void => void run('mount', '-o', `remount,${options}`, disk);

  it.each<[string, () => void, () => void, RegExp]>([
    [
      'no room for a file',
      () => mount('nr_inodes=1'),
      () => remount('nr_inodes=1000'),
      /cannot be used: ENOSPC/,
    ],
    ['a read-only disk', () => mount('ro'), () => remount('rw'), /cannot be used: EROFS/],
    [
      'no room for a byte',
      () => {
        mount('size=2m');
        writeFileSync(join(disk, 'ballast'), Buffer.alloc(2 << 20));
      },
      () => rmSync(join(disk, 'ballast')),
      /takes nothing: ENOSPC/,
    ],
  ])(
    'from the start: %s: stores from memory, says so, and uses the disk once it can',
    async (_, fill, free, why) => {
      fill();
      const config = `spool: { directory: ${disk}/spool }\nlisten: 127.0.0.1:0\n`;
      const c = await TestCollector.start(['--interface', 'ar-full1'], { config });
      collector = c;
      for (let n = 0; n < 5; n++) send(40_000 + n);
      const { rows } = await c.queryWhen<{ n: number }>(
        'SELECT count() AS n FROM sessions',
        (r) => Number(r[0].n) === 5,
      );
      expect(Number(rows[0].n)).toBe(5);
      const full = await c.statusWhen((s) => s.store.state === 'up');
      expect(full.store.spool_error).toMatch(why);
      expect(full.store.spool_error).toMatch(/: rows go to the store from memory$/);
      expect(full.store).toMatchObject({ rows_dropped: 0, state: 'up' });
      expect(c.log.match(/\/spool (?:cannot|takes) .*rows go to the store from memory/g)).toHaveLength(1);
      const port = /metrics on http:\/\/127\.0\.0\.1:(\d+)/.exec(c.log)?.[1];
      const health = await fetch(`http://127.0.0.1:${port}/healthz`);
      expect([health.status, await health.text()]).toEqual([503, `${full.store.spool_error}\n`]);
      const shown = spawnSync(process.execPath, [MAIN, 'status', '--control', c.control], {
        encoding: 'utf8',
      });
      expect(shown.stdout).toContain(`! ${full.store.spool_error}\n`);

      free();
      await c.statusWhen((s) => s.store.spool_error === '');
      expect(c.log).toMatch(/the spool .* takes rows again/);
      // The store stops, so that new rows wait on the disk.
      const engine = await c.engine();
      for (const pid of engine) process.kill(pid, 'SIGSTOP');
      send(40_005);
      await c.statusWhen((s) => s.store.spool_segments > 0);
      await expect
        .poll(() => readdirSync(join(disk, 'spool')).filter((name) => name.endsWith('.pb')).length)
        .toBeGreaterThan(0);
      for (const pid of engine) process.kill(pid, 'SIGCONT');
      await c.queryWhen<{ n: number }>('SELECT count() AS n FROM sessions', (r) => Number(r[0].n) === 6);
      expect(await c.stop()).toBe(0);
    },
  );

  it('with its store loses and reports what memory does not hold, and stores the rest once', async () => {
    mount('size=96m');
    const said: string[] = [];
    const log = (_: string, message: string): void => void said.push(message);
    const store = openStore(join(disk, 'data'), { create: true });
    mkdirSync(join(disk, 'data/spool'), { recursive: true });
    const segment = numberedSegment(0, 200).length;
    const spool = new Spool(join(disk, 'data/spool'), { limit: 1 << 30, memory: 10.5 * segment, log });
    const delivery = new Delivery(store, spool, { log });
    await delivery.start();
    const until = async (what: () => boolean): Promise<void> => {
      await expect.poll(what, { message: said.join('\n') }).toBe(true);
    };
    let sent = 0;
    const append = async (segments: number): Promise<void> => {
      for (let i = 0; i < segments; i++, sent += 200) {
        spool.append('sessions', numberedSegment(sent, sent + 200), 200);
        await spool.flush();
      }
    };
    await append(10);
    await until(() => delivery.storedRows === 2000);
    const { blocks, bsize } = statfsSync(disk);
    // The store may still be writing: this fills what is left at the moment.
    expect(() => writeFileSync(join(disk, 'ballast'), Buffer.alloc(blocks * bsize))).toThrow(/ENOSPC/);
    await append(40);
    expect(spool.trouble).toMatch(
      new RegExp(
        String.raw`^rows are lost: the disk takes nothing, and \d+ bytes wait in memory; ` +
          'the spool .* takes nothing: ENOSPC',
      ),
    );
    expect(spool.counters.droppedRows).toBeGreaterThan(0);
    await until(() => delivery.state === 'away');
    expect(said.join('\n')).toMatch(/rows are lost: the disk takes nothing.*dropped so far: \d+ rows/);

    rmSync(join(disk, 'ballast'));
    await until(() => spool.waitingSegments === 0);
    await append(10);
    await delivery.drain(30_000);
    const sql = 'SELECT count(), uniqExact(session_id) FROM sessions';
    const [rows, ids] = (await text(await store.query(sql, { format: 'TabSeparated' })))
      .trim()
      .split('\t')
      .map(Number);
    expect([rows, rows + spool.counters.droppedRows]).toEqual([ids, sent]);
    await spool.close();
    await store.close();
  });
});
