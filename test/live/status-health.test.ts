/** `mirrorlake status --health`, which the Docker image runs. */
import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { describeWith, ip, tryIp } from '../support/needs.js';

describeWith(['root', 'ip'], 'status --health', () => {
  let collector: TestCollector | undefined;
  beforeAll(() => {
    tryIp('link del ar-well0');
    ip('link add ar-well0 type veth peer name ar-well1');
    ip('link set ar-well0 up');
    ip('link set ar-well1 up');
  });
  afterAll(() => {
    tryIp('link del ar-well0');
  });
  afterEach(() => collector?.remove());

  function health(control: string, ...more: string[]): [number | null, string, string] {
    const words = [MAIN, 'status', '--health', '--control', control, ...more];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    return [status, stdout, stderr];
  }

  it('reports problems of the collector, without listen, and a collector that does not answer', async () => {
    const c = await TestCollector.start(['--interface', 'ar-well1']);
    collector = c;
    await c.statusWhen((s) => s.store.state === 'up');
    expect(health(c.control)).toEqual([0, 'ok\n', '']);
    expect(health(c.control, '--json')).toEqual([0, '{\n  "healthy": true,\n  "wrong": []\n}\n', '']);

    ip('link set ar-well1 down');
    await c.statusWhen((s) => s.receivers[0].state === 'down');
    expect(health(c.control)).toEqual([1, 'receiver ar-well1 is down\n', '']);
    expect(JSON.parse(health(c.control, '--json')[1])).toEqual({
      healthy: false,
      wrong: ['receiver ar-well1 is down'],
    });
    ip('link set ar-well1 up');
    await c.statusWhen((s) => s.receivers[0].state === 'up');
    expect(health(c.control)[0]).toBe(0);

    c.signal('SIGSTOP');
    const silent = health(c.control);
    c.signal('SIGCONT');
    expect(silent).toEqual([1, '', `mirrorlake: ${c.control}: the collector has not answered within 5 s\n`]);
    expect(await c.stop()).toBe(0);
    expect(health(c.control)).toEqual([
      1,
      '',
      expect.stringMatching(/no collector is running there \(ENOENT\)/),
    ]);
  });

  it('fails while the store is away', async () => {
    const c = await TestCollector.start(['--interface', 'ar-well1'], { store: 'http://127.0.0.1:1/away' });
    collector = c;
    await c.statusWhen((s) => s.store.state === 'away');
    expect(health(c.control)).toEqual([
      1,
      expect.stringMatching(/^the store is away: http:\/\/127\.0\.0\.1:1\/away cannot be reached.*\n$/),
      '',
    ]);
  });
});
