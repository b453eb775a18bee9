/** The owners of files, directories and sockets that a collector makes. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MAIN } from '../support/collector.js';
import { describeWith, ip, tryIp } from '../support/needs.js';

const NETNS = 'ar-owner';
/** The user who called sudo, unknown to this machine. */
const CALLER = 12345;

describeWith(['root', 'ip', 'setpriv'], 'a collector’s files and sockets', () => {
  let directory: string;
  const running: (() => Promise<void>)[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-owner-'));
    chmodSync(directory, 0o755);
    ip(`netns add ${NETNS}`);
    ip(`-n ${NETNS} link set lo up`);
  });
  afterEach(async () => {
    for (const end of running.splice(0)) await end();
    tryIp(`netns del ${NETNS}`);
    rmSync(directory, { recursive: true });
  });

  /** Starts a collector in `directory`, as sudo does for CALLER, with a umask. */
  async function collect(umask: string, ...args: string[]): Promise<void> {
    const command = [
      'sh',
      '-c',
      `umask ${umask}; exec "$@"`,
      'sh',
      process.execPath,
      MAIN,
      'collect',
      ...args,
    ];
    const env = { ...process.env, SUDO_UID: `${CALLER}`, SUDO_GID: `${CALLER}`, SUDO_USER: 'caller' };
    const child = spawn('ip', ['netns', 'exec', NETNS, ...command], {
      cwd: directory,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (d: Buffer) => {
      said += d.toString();
    });
    const exited = once(child, 'exit');
    running.push(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    await expect.poll(() => said).toContain('receiving GRE on');
    // The store begins at the same time.
    await expect.poll(() => said).toContain('storing to');
  }

  /** Runs a command of the program as another user with one group. */
  function as(uid: number, gid: number, ...words: string[]) {
    const who = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    return spawnSync('setpriv', [...who, process.execPath, MAIN, ...words], {
      cwd: directory,
      encoding: 'utf8',
    });
  }
  const modeOf = (path: string): string => (lstatSync(join(directory, path)).mode & 0o777).toString(8);
  const ownersOf = (path: string): number[] => {
    const { uid, gid } = lstatSync(join(directory, path));
    return [uid, gid];
  };

  it.each(['000', '022', '077'])('are for user and group only, with umask %s', async (umask) => {
    await collect(umask);
    for (const made of [
      'data',
      'data/spool',
      'data/spool/refused',
      'data/spool/packets',
      'data/spool/packets/refused',
    ])
      expect([made, modeOf(made)]).toEqual([made, '750']);
    for (const name of readdirSync(join(directory, 'data/spool'), { recursive: true, encoding: 'utf8' })) {
      const path = join('data/spool', name);
      if (lstatSync(join(directory, path)).isFile()) expect([path, modeOf(path)]).toEqual([path, '640']);
    }
    expect(modeOf('data/control.sock')).toBe('660');
  });

  it('under sudo belong to the caller’s group, which needs no sudo to ask; others are refused', async () => {
    await collect('022');
    expect(ownersOf('data')).toEqual([0, CALLER]);
    expect(ownersOf('data/control.sock')).toEqual([0, CALLER]);
    const status = as(CALLER, CALLER, 'status');
    expect([status.status, status.stderr]).toEqual([0, '']);
    expect(as(CALLER, CALLER, 'query', 'SELECT 1 + 1').stdout).toBe('2\n');
    const other = as(CALLER + 1, CALLER + 1, 'status');
    expect(other.status).toBe(1);
    expect(other.stderr).toMatch(/^mirrorlake: .*not allowed.*\n$/);
  });

  it('under sudo give the caller access to a store that root made before, and nothing else', async () => {
    mkdirSync(join(directory, 'data/clickhouse'), { recursive: true });
    chmodSync(join(directory, 'data'), 0o700);
    await collect('077');
    expect([modeOf('data'), ...ownersOf('data')]).toEqual(['750', 0, CALLER]);
    expect(ownersOf('data/clickhouse')).toEqual([0, 0]);
    expect(as(CALLER, CALLER, 'status').status).toBe(0);
  });

  it('under sudo leave a directory that was named alone', async () => {
    mkdirSync(join(directory, 'private'), { mode: 0o700 });
    await collect('022', '--control', 'private/c.sock');
    expect([modeOf('private'), ...ownersOf('private')]).toEqual(['700', 0, 0]);
    expect(ownersOf('private/c.sock')).toEqual([0, CALLER]);
  });

  it.each(['000', '077'])('with --user belong to that user, with umask %s', async (umask) => {
    await collect(umask, '--user', 'nobody', '--control', 'run/deep/c.sock');
    for (const made of ['run', 'run/deep', 'run/deep/c.sock', 'data', 'data/spool'])
      expect([made, ...ownersOf(made)]).toEqual([made, 65534, 65534]);
    expect([modeOf('run'), modeOf('run/deep'), modeOf('run/deep/c.sock')]).toEqual(['750', '750', '660']);
    // Its group has access, and nobody else.
    expect(as(CALLER, 65534, 'status', '--control', 'run/deep/c.sock').status).toBe(0);
    expect(as(CALLER, CALLER, 'status', '--control', 'run/deep/c.sock').status).toBe(1);
  });

  it('do not replace a file in the socket’s place', () => {
    writeFileSync(join(directory, 'precious'), 'precious');
    const run = spawnSync(process.execPath, [MAIN, 'collect', '--control', 'precious'], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect(run.stderr).toBe(
      'mirrorlake: precious: a file is there, which is let be; set `control` to another path\n',
    );
    expect([run.status, lstatSync(join(directory, 'precious')).size]).toEqual([2, 8]);
  });
});
