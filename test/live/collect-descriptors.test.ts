/** A collector with few file descriptors, and many clients that want them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CollectorStatus } from '../../src/model/status.js';
import { askCollector, openReply } from '../../src/observe/control.js';
import { MAIN } from '../support/collector.js';
import { MirrorSource, tcpConversation } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';

const NETNS = 'ar-files';
/** The target of mirrors, and the address to listen on, which no other test uses. */
const TARGET = '198.51.100.2';
const ADDRESS = '203.0.113.66';

describeWith(['root', 'ip', 'prlimit'], 'a collector with few descriptors', () => {
  let sender: PacketSender;
  let directory: string;
  const held: Socket[] = [];
  let end: (() => Promise<number | null>) | undefined;
  let mac: number[];

  beforeAll(() => {
    tryIp(`netns del ${NETNS}`);
    ip(`netns add ${NETNS}`);
    tryIp('link del ar-files0');
    ip(`link add ar-files0 type veth peer name ar-files1 netns ${NETNS}`);
    ip('link set ar-files0 mtu 2000 up');
    ip('addr add 203.0.113.65/30 dev ar-files0');
    ip(`-n ${NETNS} link set lo up`);
    ip(`-n ${NETNS} link set ar-files1 mtu 2000 up`);
    ip(`-n ${NETNS} addr add ${TARGET}/24 dev ar-files1`);
    ip(`-n ${NETNS} addr add ${ADDRESS}/30 dev ar-files1`);
    const disable = 'for i in all ar-files1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done';
    spawnSync('ip', ['netns', 'exec', NETNS, 'sh', '-c', disable]);
    const link = spawnSync('ip', ['-n', NETNS, '-j', 'link', 'show', 'ar-files1'], { encoding: 'utf8' });
    mac = (JSON.parse(link.stdout) as { address: string }[])[0].address
      .split(':')
      .map((h) => Number.parseInt(h, 16));
    sender = new PacketSender('ar-files0');
  });
  afterAll(() => {
    sender.close();
    tryIp('link del ar-files0');
    tryIp(`netns del ${NETNS}`);
  });
  afterEach(async () => {
    for (const socket of held.splice(0)) socket.destroy();
    await end?.();
    end = undefined;
    rmSync(directory, { recursive: true, force: true });
  });

  interface Collector {
    readonly pid: number;
    readonly control: string;
    log(): string;
    status(): Promise<CollectorStatus>;
    rows(): Promise<number>;
  }

  async function collect(descriptors: number, ...args: string[]): Promise<Collector> {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-files-'));
    chmodSync(directory, 0o755);
    const control = join(directory, 'control.sock');
    const words = [MAIN, 'collect', '--store', join(directory, 'data'), '--control', control];
    const limited = ['prlimit', `--nofile=${descriptors}:${descriptors}`, process.execPath, ...words];
    const child = spawn('ip', ['netns', 'exec', NETNS, ...limited, '--listen', `${ADDRESS}:9470`, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (d: Buffer) => {
      said += d.toString();
    });
    const exited = once(child, 'exit').then(([code]) => code as number | null);
    end = () => {
      child.kill('SIGTERM');
      return exited;
    };
    await expect.poll(() => said).toContain('receiving GRE on');
    return {
      pid: child.pid!,
      control,
      log: () => said,
      status: async () => (await askCollector(control, { command: 'status' })) as CollectorStatus,
      rows: async () => {
        const sql = "SELECT count() FROM sessions WHERE tcp_state = 'SF'";
        const reply = await openReply(control, {
          command: 'query',
          sql,
          options: { format: 'TabSeparated' },
        });
        let text = '';
        for await (const bytes of reply.body) text += bytes.toString();
        return Number(text);
      },
    };
  }

  async function crowd(count: number, to: { path: string } | { host: string; port: number }): Promise<void> {
    for (let i = 0; i < count; i++) {
      const socket = connect(to);
      socket.on('error', () => {});
      socket.resume();
      held.push(socket);
      if (i % 100 === 99) await new Promise((done) => setImmediate(done));
    }
  }

  let source: MirrorSource;
  let conversations: number;
  beforeEach(() => {
    source = new MirrorSource(9);
    conversations = 0;
  });
  function send(count: number): void {
    for (let i = 0; i < count; i++) {
      const port = 20_000 + (conversations++ % 40_000);
      for (const inner of tcpConversation('10.0.0.1', '10.0.0.2', port)) {
        const frame = source.wrap(inner);
        frame.set(mac);
        sender.add(frame);
      }
      sender.flush();
    }
  }

  it.each([
    [128, []],
    [1024, []],
    [128, ['--interface', 'ar-files1']],
    [256, ['--user', 'nobody']],
  ])('with %i, %j and many clients stores everything and still answers', async (descriptors, args) => {
    const c = await collect(descriptors, ...args);
    // Nobody connects before the crowd comes: the first connections would be the only ones.
    await crowd(96, { path: c.control });
    await crowd(1100, { host: ADDRESS, port: 9470 });
    for (let turn = 0; turn < 20; turn++) {
      send(10);
      await crowd(20, { host: ADDRESS, port: 9470 });
      await crowd(5, { path: c.control });
    }
    await expect.poll(c.rows, { interval: 500, message: c.log() }).toBe(conversations);
    const status = await c.status();
    expect(status.connections?.control_refused).toBeGreaterThan(90);
    expect(status.connections?.listen_refused).toBeGreaterThan(1000);
    expect(status.store).toMatchObject({ rows_dropped: 0, segments_dropped: 0, spool_error: '' });
    expect(status.receivers.every((r) => r.state === 'up' && r.dropped === 0)).toBe(true);
    const health = await fetch(`http://${ADDRESS}:9470/healthz`);
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
    const metrics = await (await fetch(`http://${ADDRESS}:9470/metrics`)).text();
    expect(metrics).toMatch(/^mirrorlake_connections_refused_total\{socket="listen"\} \d{4,}$/m);
    expect(c.log()).not.toMatch(/EMFILE|too many open files|uncaught|internal error/i);
    // Well below the limit.
    expect(readdirSync(`/proc/${c.pid}/fd`).length).toBeLessThan(descriptors - 8);
    expect(await end?.()).toBe(0);
  });

  it('continues when none is left, logs a few lines, and stores everything once there are some', async () => {
    const c = await collect(1024);
    send(20);
    await expect.poll(c.rows).toBe(conversations);
    const limit = (descriptors: number): void =>
      void spawnSync('prlimit', [`--pid=${c.pid}`, `--nofile=${descriptors}:1024`]);
    // Less than it has: nothing can be opened.
    limit(8);
    await crowd(100, { host: ADDRESS, port: 9470 });
    await crowd(100, { path: c.control });
    for (let turn = 0; turn < 20; turn++) {
      send(10);
      await new Promise((done) => setTimeout(done, 100));
    }
    await expect.poll(c.log).toMatch(/addresses cannot be looked at: .*EMFILE/);
    await expect.poll(c.log).toMatch(/takes nothing: EMFILE.*rows go to the store from memory/);
    limit(1024);
    for (const socket of held.splice(0)) socket.destroy();
    await expect.poll(c.rows, { interval: 500, message: c.log() }).toBe(conversations);
    const status = await c.status();
    expect(status.store.rows_dropped).toBe(0);
    expect(status.receivers[0]).toMatchObject({ state: 'up', dropped: 0 });
    expect(c.log().split('\n').length).toBeLessThan(40);
    const well = async (): Promise<string> => await (await fetch(`http://${ADDRESS}:9470/healthz`)).text();
    await expect.poll(well).toBe('ok\n');
    expect(await end?.()).toBe(0);
  });
});
