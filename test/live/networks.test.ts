import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { askCollector } from '../../src/observe/control.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { describeWith } from '../support/needs.js';

const NETWORKS = 'prefix,name,site,role,tenant,vlan,vni\n10.0.0.0/8,ten,Bonn,staff,,,\n';
const NOBODY = 65_534;

describeWith(['root'], 'networks of a store that a collector holds', () => {
  let collector: TestCollector | undefined;
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
    const file = join(import.meta.dirname, '../fixtures/README.md');
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
