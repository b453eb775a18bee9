import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { describeWith, ip, run, tryIp } from '../support/needs.js';

const UNIT = join(import.meta.dirname, '../../packaging/mirrorlake.service');

describeWith(['root', 'socat'], 'a collector that a service manager started', () => {
  let directory: string;
  let manager: ChildProcess;
  let heard: string;
  let collector: TestCollector | undefined;

  /** Starts a receiver of notifications at `address` in socat's syntax. */
  async function listen(address: string): Promise<void> {
    manager = spawn('socat', ['-u', '-d', '-d', address, '-'], { stdio: ['ignore', 'pipe', 'pipe'] });
    manager.stdout!.on('data', (d: Buffer) => {
      heard += d.toString();
    });
    await once(manager.stderr!, 'data');
  }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-service-'));
    heard = '';
  });
  afterEach(() => {
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete process.env[name];
    collector?.remove();
    manager.kill();
    rmSync(directory, { recursive: true });
  });

  it('reports that it is ready, alive (twice per watchdog interval) and stopping', async () => {
    const path = join(directory, 'notify');
    await listen(`UNIX-RECV:${path}`);
    Object.assign(process.env, { NOTIFY_SOCKET: path, WATCHDOG_USEC: '1000000' });
    collector = await TestCollector.start([]);
    await expect.poll(() => heard).toContain('READY=1');
    const beats = (): number => heard.split('WATCHDOG=1').length - 1;
    const [begin, before] = [Date.now(), beats()];
    await expect.poll(beats).toBeGreaterThanOrEqual(before + 4);
    expect(beats() - before).toBeLessThanOrEqual((Date.now() - begin) / 500 + 1);
    await expect
      .poll(() => heard)
      .toMatch(/STATUS=0 packets of 0 mirror points, 0 sessions open, 0 rows stored/);
    expect(await collector.stop()).toBe(0);
    await expect.poll(() => heard).toContain('STOPPING=1');
    expect(heard.match(/READY=1/g)).toHaveLength(1);
  });

  it('uses a socket in the abstract namespace, and ignores a watchdog for another process', async () => {
    const name = `mirrorlake-test-${process.pid}`;
    await listen(`ABSTRACT-RECV:${name}`);
    Object.assign(process.env, { NOTIFY_SOCKET: `@${name}`, WATCHDOG_USEC: '200000', WATCHDOG_PID: '1' });
    collector = await TestCollector.start([]);
    await expect.poll(() => heard).toContain('READY=1');
    // Several times as long as the watchdog's time, by the collector's own clock.
    await collector.statusWhen((s) => s.uptime_s >= 2);
    expect(heard.match(/WATCHDOG=1/g)).toHaveLength(1);
  });

  it('reports that the service manager cannot be reached', async () => {
    await listen(`UNIX-RECV:${join(directory, 'other')}`);
    process.env.NOTIFY_SOCKET = join(directory, 'nobody');
    await expect(TestCollector.start([])).rejects.toThrow(/cannot reach the service manager at .*ENOENT/);
  });
});

describeWith(['root', 'ip', 'setpriv', 'mount', '/dev/net/tun'], 'a collector that never was root', () => {
  const NETNS = 'l-unit';
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-unit-'));
    chmodSync(directory, 0o777);
    ip(`netns add ${NETNS}`);
    ip(`-n ${NETNS} link set lo up`);
  });
  afterEach(() => {
    tryIp(`netns del ${NETNS}`);
    rmSync(directory, { recursive: true });
  });

  it('opens rings, tunnels and TAPs with the unit’s capabilities and a read-only /proc/sys', async () => {
    const capabilities = /^AmbientCapabilities=CAP_(\w+) CAP_(\w+)$/m
      .exec(readFileSync(UNIT, 'utf8'))!
      .slice(1);
    const only = `-all,+${capabilities.join(',+').toLowerCase()}`;
    // As udev creates /dev/net/tun, and as a container mounts /proc/sys.
    const world = [
      `mknod -m 666 ${directory}/tun c 10 200`,
      `mount --bind ${directory}/tun /dev/net/tun`,
      'mount --bind /proc/sys /proc/sys',
      'mount -o remount,bind,ro /proc/sys',
      'exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs ' +
        `--bounding-set=${only} --inh-caps=${only} --ambient-caps=${only} "$@"`,
    ].join(' && ');
    const tunnel = 'Tunnel-1 mode gre remote 127.0.0.2 local 127.0.0.1 address 10.10.10.1/24';
    const collect = [MAIN, 'collect', '--interface', 'lo', '--tap', 'mirror0', '--tunnel', tunnel];
    const command = [process.execPath, ...collect, '--store', join(directory, 'data')];
    const collector = spawn('ip', ['netns', 'exec', NETNS, 'sh', '-c', world, 'sh', ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: directory,
    });
    let said = '';
    collector.stderr.on('data', (d: Buffer) => {
      said += d.toString();
    });
    const exited = once(collector, 'exit');
    try {
      await expect.poll(() => said).toContain('receiving GRE on lo');
      const status = readFileSync(`/proc/${collector.pid}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
      expect(run('ip', '-n', NETNS, '-brief', 'address')).toMatch(
        /Tunnel-1 .*10\.10\.10\.1\/24[\s\S]*mirror0 /,
      );
      await expect.poll(() => said).toContain('storing to');
      // No thread of a process that it starts has or gains privileges. Threads start programs and threads,
      // and none of them passes any on. (V8's own threads, older than this program's first line, start
      // nothing.)
      const [engine] = run('pgrep', '-P', String(collector.pid)).trim().split('\n').map(Number);
      const threads = (pid: number) =>
        readdirSync(`/proc/${pid}/task`).map((t) => readFileSync(`/proc/${pid}/task/${t}/status`, 'utf8'));
      const none = /^CapPrm:\t0{16}\nCapEff:\t0{16}\n.*\nCapAmb:\t0{16}\nNoNewPrivs:\t1$/m;
      expect(threads(engine).filter((t) => !none.test(t))).toEqual([]);
      expect(readFileSync(`/proc/${collector.pid}/status`, 'utf8')).toMatch(/^CapAmb:\t0{16}$/m);
      // The workers of the ring and of the store.
      const own = threads(collector.pid!);
      expect(own.filter((t) => /^CapPrm:\t0{16}$/m.test(t)).length).toBeGreaterThanOrEqual(2);
    } finally {
      collector.kill('SIGTERM');
    }
    expect(await exited, said).toEqual([0, null]);
  });
});

describeWith(['systemd-analyze'], 'mirrorlake.service', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-unit-'));

  it('is a unit that systemd accepts, and well sandboxed', () => {
    const unit = join(directory, 'mirrorlake.service');
    // The program and its man page are not installed here.
    writeFileSync(
      unit,
      readFileSync(UNIT, 'utf8')
        .replace('/usr/local/bin/mirrorlake', process.execPath)
        .replace(/^Documentation.*$/m, ''),
    );
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const rating = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
      encoding: 'utf8',
    });
    const exposure = Number(/Overall exposure level for mirrorlake\.service: ([\d.]+)/.exec(rating)?.[1]);
    expect(exposure).toBeLessThan(3.5);
    rmSync(directory, { recursive: true });
  });

  it('starts with the example configuration in the place that it names', () => {
    const unit = readFileSync(UNIT, 'utf8');
    expect(unit).toContain('--config /etc/mirrorlake.yaml');
    const config = readFileSync(join(UNIT, '../mirrorlake.yaml'), 'utf8');
    expect(config).toContain('store: /var/lib/mirrorlake/');
    expect(unit).toContain('StateDirectory=mirrorlake');
  });
});
