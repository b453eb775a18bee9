/** What an uncaught error does to a collector. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { MirrorSource, udpFrame } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

describeWith(['root', 'ip'], 'an uncaught error', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-uncaught-'));
  let collector: TestCollector | undefined;
  let sender: PacketSender;
  beforeAll(() => {
    tryIp('link del ar-unc0');
    ip('link add ar-unc0 type veth peer name ar-unc1');
    ip('link set ar-unc0 up');
    ip('link set ar-unc1 up');
    sender = new PacketSender('ar-unc0');
  });
  afterAll(() => {
    sender.close();
    tryIp('link del ar-unc0');
    rmSync(directory, { recursive: true });
  });
  afterEach(() => {
    delete process.env.NODE_OPTIONS;
    collector?.remove();
  });

  /** Starts a collector whose main thread runs this statement on SIGUSR2. */
  async function start(statement: string): Promise<TestCollector> {
    const preload = join(directory, 'preload.cjs');
    writeFileSync(
      preload,
      `if (require('node:worker_threads').isMainThread && process.argv.includes('collect'))
         process.on('SIGUSR2', () => { ${statement} });`,
    );
    process.env.NODE_OPTIONS = `--require ${preload}`;
    collector = await TestCollector.start(['--interface', 'ar-unc1']);
    delete process.env.NODE_OPTIONS;
    sender.add(new MirrorSource(5).wrap(udpFrame('10.0.0.1', '10.0.0.2', 7)));
    sender.flush();
    await collector.statusWhen((s) => s.sessions.open === 1);
    return collector;
  }

  it.each([
    'throw new TypeError("x is not a function")',
    'Promise.reject(new TypeError("x is not a function"))',
    'Promise.reject("x is not a function")',
  ])('ends the collector, which keeps what it had stored: %s', async (statement) => {
    const c = await start(statement);
    c.signal('SIGUSR2');
    expect(await c.exit()).toBe(1);
    expect(c.log).toMatch(/a part of the collector has died: .*x is not a function/);
    const sql = 'SELECT count() FROM sessions';
    const stored = spawnSync(process.execPath, [MAIN, 'query', '--store', join(c.directory, 'data'), sql], {
      encoding: 'utf8',
    });
    expect(stored.stdout).toBe('1\n');
  });

  it('does not end the collector if descriptors ran out', async () => {
    const c = await start(
      'throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" })',
    );
    for (let i = 0; i < 5; i++) c.signal('SIGUSR2');
    await c.statusWhen(() => c.log.includes('EMFILE: too many open files; going on'));
    expect(await c.stop()).toBe(0);
    expect(c.log.match(/going on/g)).toHaveLength(1);
  });
});
