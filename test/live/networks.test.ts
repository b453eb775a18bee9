import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { askCollector } from '../../src/observe/control.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { MAIN, PATIENCE, TestCollector } from '../support/collector.js';
import { APPLY, NETWORKS as BOTH_ENDS, inOpened, writtenRows } from '../support/many-sessions.js';
import { MirrorSource, tcpConversation } from '../support/mirror-traffic.js';
import { describeWith, ip, tryIp } from '../support/needs.js';
import { PacketSender } from '../support/packet-sender.js';
import { makeStore } from '../support/store-copies.js';

const NETWORKS = 'prefix,name,site,role,tenant,vlan,vni\n10.0.0.0/8,ten,Bonn,staff,,,\n';
const NOBODY = 65_534;
const WAIT = { timeout: PATIENCE * 1000 };

describeWith(['root'], 'networks of a store that a collector holds', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-own-'));
  let collector: TestCollector | undefined;
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  afterEach(() => {
    collector?.remove();
    collector = undefined;
  });

  const start = async (config = ''): Promise<TestCollector> => {
    collector = await TestCollector.start([], { config });
    writeFileSync(join(collector.directory, 'networks.csv'), NETWORKS);
    await collector.query('SELECT 1');
    return collector;
  };
  const mirrorlake = (c: TestCollector, ...words: string[]) => {
    const store = join(c.directory, 'data');
    const args = [MAIN, 'networks', ...words, '--store', store, '--config', c.configFile];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: c.directory,
    });
    return { status, stdout, stderr };
  };

  it('are loaded, shown, applied and cleared through it', async () => {
    const c = await start();
    writeFileSync(c.configFile, `control: ${c.control}\nstore: ${join(c.directory, 'data')}\n`);
    expect(mirrorlake(c, 'load', 'networks.csv')).toMatchObject({ status: 0 });
    expect(mirrorlake(c, 'show', '10.1.2.3').stdout).toBe('10.1.2.3\t10.0.0.0/8\tten\tBonn\tstaff\t\t\t\n');
    expect(mirrorlake(c, 'apply', '--since', '30d').stderr).toBe('there are no rows of these days\n');
    expect(await c.query('SELECT name, loaded_from FROM networks')).toEqual([
      { name: 'ten', loaded_from: 'networks.csv' },
    ]);
    expect(mirrorlake(c, 'clear')).toMatchObject({ status: 0 });
    expect(await c.query('SELECT name FROM networks')).toEqual([]);
  });

  it('are those of its file, where its configuration names one', async () => {
    const file = join(directory, 'own.csv');
    writeFileSync(file, NETWORKS);
    const c = await start(`networks: ${file}\n`);
    await expect(
      askCollector(c.control, { command: 'load_networks', networks: 1, file: 'networks.csv' }),
    ).rejects.toThrow(`this collector has its networks from ${file} (\`networks\` of its configuration)`);
    expect(mirrorlake(c, 'load', 'networks.csv')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('`networks` names'),
    });
  });

  it('are changed by nobody but root and its own user', async () => {
    const c = await start();
    chmodSync(c.directory, 0o777);
    chmodSync(c.control, 0o666);
    const ask = (command: string) =>
      spawnSync(
        'python3',
        [
          '-c',
          'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); ' +
            's.sendall(sys.argv[2].encode() + b"\\n"); print(s.makefile().readline())',
          c.control,
          JSON.stringify({ command, networks: 0 }),
        ],
        { encoding: 'utf8', uid: NOBODY, gid: NOBODY },
      ).stdout;
    expect(JSON.parse(ask('health'))).toMatchObject({ ok: true });
    for (const command of ['load_networks', 'apply_networks'])
      expect(JSON.parse(ask(command))).toEqual({
        ok: false,
        error: `${command}: only root and the collector's own user may do this`,
        exitCode: 1,
      });
  });
});

describeWith(['root', 'ip'], 'a running collector', () => {
  let sender: PacketSender;
  let collector: TestCollector | undefined;
  let directory: string;
  beforeAll(() => {
    tryIp('link del f-nets0');
    ip('link add f-nets0 type veth peer name f-nets1');
    ip('link set f-nets0 mtu 2000 up');
    ip('link set f-nets1 mtu 2000 up');
    sender = new PacketSender('f-nets0');
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-taken-'));
    writeFileSync(join(directory, 'networks.csv'), NETWORKS);
    writeFileSync(join(directory, 'ends.csv'), BOTH_ENDS);
  });
  afterAll(() => {
    sender.close();
    tryIp('link del f-nets0');
    rmSync(directory, { recursive: true, force: true });
  });
  afterEach(() => {
    collector?.remove();
    collector = undefined;
  });

  const source = new MirrorSource(5);
  function send(port: number): void {
    for (const frame of tcpConversation('10.0.0.1', '192.0.2.1', port)) sender.add(source.wrap(frame));
    sender.flush();
  }
  const start = async (options: { store?: string } = {}): Promise<TestCollector> => {
    collector = await TestCollector.start(['--interface', 'f-nets1'], options);
    return collector;
  };
  /** `mirrorlake networks` in a process of its own, beside the collector of a configuration. */
  function begin(words: readonly string[], store: string, control: string, failpoint = '') {
    const config = join(directory, 'beside.yaml');
    writeFileSync(config, `store: ${store}\ncontrol: ${control}\n`);
    const child = spawn(process.execPath, [MAIN, 'networks', ...words, '--config', config], {
      cwd: directory,
      env: { ...process.env, MIRRORLAKE_FAILPOINT: failpoint },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = Promise.all([text(child.stderr), once(child, 'exit')]).then(([stderr, [status]]) => ({
      status: status as number | null,
      stderr,
    }));
    return { child, ended };
  }

  it('takes over what is loaded and cleared through it', async () => {
    const c = await start();
    const store = join(c.directory, 'data');
    const rowOf = async (port: number) => {
      const sql = `SELECT client_network FROM sessions WHERE client_port = ${port}`;
      return (await c.queryWhen(sql, (rows) => rows.length > 0)).rows;
    };
    expect(await begin(['load', 'networks.csv'], store, c.control).ended).toMatchObject({ status: 0 });
    await c.statusWhen((s) => s.addresses?.networks === 1 && s.addresses.networks_from === 'store');
    send(40_000);
    expect(await rowOf(40_000)).toEqual([{ client_network: 'ten' }]);
    expect(await begin(['clear'], store, c.control).ended).toMatchObject({ status: 0 });
    await c.statusWhen((s) => s.addresses?.networks === 0);
    send(40_001);
    expect(await rowOf(40_001)).toEqual([{ client_network: '' }]);
  });

  it('takes over what another process loads into its server, and clears', async () => {
    const server = await ClickHouseServer.start();
    try {
      const store = `${server.url}/lake`;
      const c = await start({ store });
      const rowOf = async (port: number) => {
        const sql = `SELECT client_network FROM lake.sessions WHERE client_port = ${port} FORMAT TSV`;
        let found = '';
        await expect
          .poll(async () => {
            found = await server.sql(sql);
            return found;
          }, WAIT)
          .not.toBe('');
        return found;
      };
      await expect.poll(() => server.sql('EXISTS lake.sessions'), WAIT).toBe('1\n');
      const nobody = join(directory, 'nobody.sock');
      expect(await begin(['load', 'networks.csv'], store, nobody).ended).toMatchObject({ status: 0 });
      await c.statusWhen((s) => s.addresses?.networks === 1 && s.addresses.networks_from === 'store');
      send(40_002);
      expect(await rowOf(40_002)).toBe('ten\n');
      expect(await begin(['clear'], store, nobody).ended).toMatchObject({ status: 0 });
      await c.statusWhen((s) => s.addresses?.networks === 0);
      send(40_003);
      expect(await rowOf(40_003)).toBe('\n');
    } finally {
      collector?.remove();
      collector = undefined;
      await server.stop();
    }
  });

  it('writes rows anew for one run at a time, and is taken up after a kill of either', async () => {
    const store = join(directory, 'data');
    await makeStore(store);
    await inOpened(store, async () => undefined);
    const apply = [...APPLY, '--networks', 'ends.csv'];
    process.env.MIRRORLAKE_FAILPOINT = 'rewriting';
    const killed = await start({ store }).finally(() => {
      delete process.env.MIRRORLAKE_FAILPOINT;
    });
    const left = await begin(apply, store, killed.control).ended;
    expect(left).toEqual({ status: 1, stderr: expect.stringMatching(/^mirrorlake: .*collector.*\n$/) });
    expect(await killed.exit()).toBe(null);
    killed.remove();

    const c = await start({ store });
    await c.query('SELECT 1');
    const held = begin(apply, store, c.control, 'told-progress:0:SIGSTOP');
    await expect
      .poll(() => readFileSync(`/proc/${held.child.pid}/stat`, 'utf8').split(') ')[1][0], WAIT)
      .toBe('T');
    expect(await begin(apply, store, c.control).ended).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^mirrorlake: networks are being applied to this store by .*\n$/),
    });
    held.child.kill('SIGINT');
    held.child.kill('SIGCONT');
    expect(await held.ended).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^(?:2023-\S+: .*\n)*mirrorlake: interrupted: .*\n$/),
    });
    // It has said that it is over: nobody waits.
    expect(await begin(apply, store, c.control).ended).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^rows say what is known/m),
    });
    expect(await c.stop()).toBe(0);
    await inOpened(store, async (opened) => {
      expect(await writtenRows(opened)).toEqual({ written: 'all', left: '' });
    });
  });
});
