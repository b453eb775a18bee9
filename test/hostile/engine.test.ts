/**
 * The embedded engine's process: the user that it runs as, the permissions of its files, its memory limit,
 * and systems without Landlock.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { describeWith } from '../support/needs.js';
import { inStore } from '../support/store-copies.js';

const CAPTURE = join(import.meta.dirname, '../fixtures/erspan2.pcap');
const SOMEBODY = 12345;
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-engine-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The files and directories below `path`, with the permissions of others and of the group. */
function modes(path: string): { name: string; others: number; groupWrites: boolean; uid: number }[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const stat = statSync(join(path, name), { throwIfNoEntry: false });
    if (stat === undefined || stat.isSocket()) return [];
    return [{ name, others: stat.mode & 0o007, groupWrites: (stat.mode & 0o020) !== 0, uid: stat.uid }];
  });
}

/** Expects that others may not access the files of a store, and that the group may not write them. */
function expectOwn(store: string): void {
  const found = modes(store);
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter((f) => f.others !== 0 || f.groupWrites)).toEqual([]);
  expect(statSync(join(store, 'clickhouse')).mode & 0o777).toBe(0o750);
}

test('others may not access the files of a store, even with umask 000', () => {
  const store = join(directory, 'umask-000');
  execFileSync('sh', [
    '-c',
    'umask 000; exec "$@"',
    'sh',
    process.execPath,
    MAIN,
    'read',
    '--quiet',
    CAPTURE,
    '--store',
    store,
  ]);
  expectOwn(store);
});

test.each([0o022, 0o077])('others may not access the files of a store, with umask %o', async (umask) => {
  const before = process.umask(umask);
  try {
    const directoryOf = join(directory, `umask-${umask.toString(8)}`);
    await inStore(directoryOf, async (store) => {
      for (const sql of [
        'CREATE TABLE t (n Int64) ENGINE = MergeTree ORDER BY n',
        'INSERT INTO t VALUES (1)',
      ])
        await text(await store.change(sql));
    });
    expectOwn(directoryOf);
  } finally {
    process.umask(before);
  }
});

describeWith(['root'], 'started by root', () => {
  it('the engine runs as the owner of the data, and makes its files as that user', async () => {
    const store = join(directory, 'owned');
    mkdirSync(store);
    mkdirSync(join(store, 'clickhouse'));
    chownSync(store, SOMEBODY, SOMEBODY);
    chownSync(join(store, 'clickhouse'), SOMEBODY, SOMEBODY);
    // Everybody may enter the directory above it.
    execFileSync('chmod', ['711', directory]);
    const read = [MAIN, 'read', '--quiet', CAPTURE, '--store', store];
    expect(spawnSync(process.execPath, read, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    expect(modes(join(store, 'clickhouse')).filter((f) => f.uid !== SOMEBODY)).toEqual([]);

    const collector = await TestCollector.start([], { store });
    try {
      await collector.statusWhen((s) => s.store.state === 'up');
      const [engine] = collector.children;
      expect(readFileSync(`/proc/${engine}/status`, 'utf8')).toMatch(
        new RegExp(`^Uid:(\t${SOMEBODY}){4}$`, 'm'),
      );
      expect(await collector.query('SELECT count() > 0 AS some FROM sessions')).toEqual([{ some: 1 }]);
      expect(modes(join(store, 'clickhouse')).filter((f) => f.uid !== SOMEBODY)).toEqual([]);
    } finally {
      await collector.stop();
      collector.remove();
    }
    const somebody = ['--reuid', String(SOMEBODY), '--regid', String(SOMEBODY), '--clear-groups'];
    const asked = spawnSync(
      'setpriv',
      [...somebody, process.execPath, MAIN, 'query', 'SELECT 1', '--store', store],
      { encoding: 'utf8' },
    );
    expect(asked).toMatchObject({ stdout: '1\n', stderr: '' });
  });
});

/** Runs a program for which landlock_create_ruleset(2) fails, as a container's seccomp filter may cause. */
const WITHOUT_LANDLOCK = `
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
# struct sock_filter: load the system call's number; 444: ENOSYS; anything else: allow.
code = b''.join(struct.pack('HBBI', *i) for i in [(0x20,0,0,0),(0x15,0,1,444),(6,0,0,0x50026),(6,0,0,0x7fff0000)])
buffer = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', 4, ctypes.addressof(buffer)))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
`;

describeWith(['root'], 'a collector without Landlock', () => {
  test('works, and logs once that it has none', async () => {
    const store = join(directory, 'free');
    const words = [MAIN, 'collect', '--store', store, '--control', join(directory, 'free.sock')];
    const collector = spawn('python3', ['-c', WITHOUT_LANDLOCK, process.execPath, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    collector.stderr.on('data', (d: Buffer) => {
      said += d.toString();
    });
    await expect.poll(() => said).toContain('this kernel has no Landlock');
    const ended = once(collector, 'exit');
    collector.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(said.split('no Landlock')).toHaveLength(2);
    const doctor = ['-c', WITHOUT_LANDLOCK, process.execPath, MAIN, 'doctor', '--store', store];
    expect(spawnSync('python3', doctor, { encoding: 'utf8' }).stdout).toMatch(
      /^warn {2}Landlock: this kernel has none/m,
    );
  });
});

describeWith(['root'], 'the engine of a collector', () => {
  let collector: TestCollector;
  beforeAll(async () => {
    collector = await TestCollector.start([], { config: 'store_memory: 600MiB' });
  });
  afterAll(() => collector?.remove());

  it('has a memory limit of its own', async () => {
    const [engine] = await collector.engine();
    expect(readFileSync(`/proc/${engine}/cmdline`, 'latin1')).toContain('"memory":629145600');
    const large = 'SELECT groupArray(repeat(toString(number), 1000)) FROM numbers(10000000)';
    await expect(collector.query(large)).rejects.toThrow(/memory limit|MEMORY_LIMIT/i);
    expect(await collector.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('ends with the collector, even if that is killed', async () => {
    const [engine] = await collector.engine();
    collector.signal('SIGKILL');
    await expect.poll(() => statSync(`/proc/${engine}`, { throwIfNoEntry: false })).toBeUndefined();
  });
});
