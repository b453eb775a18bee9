import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { LARGEST_APPEND, LARGEST_SEGMENT } from '../../src/store/segment/segment-size.js';
import { Spool } from '../../src/store/spool/spool.js';
import { dropRefused, listSpool, retryRefused } from '../../src/store/spool/spool-directory.js';
import { describeWith } from '../support/needs.js';
import { program } from '../support/programs.js';
import { numberedSegment } from '../support/sessions.js';

let directory: string;
const opened: Spool[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-spool-'));
});
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(limit = 1 << 30): Spool {
  const spool = new Spool(directory, { limit });
  opened.push(spool);
  return spool;
}

/** Leaves the directory as a killed process would. */
function crash(spool: Spool): void {
  opened.splice(opened.indexOf(spool), 1);
  clearInterval((spool as unknown as { timer: NodeJS.Timeout }).timer);
  rmSync(join(directory, 'LOCK'));
}

/** The numbers of the sessions in a segment's file. */
function numbers(file: string): number[] {
  return [...readSegment('sessions', readFileSync(file))].map(({ record }) => record.clientPort - 1024);
}

function dataFile(): string {
  return join(directory, readdirSync(directory).find((name) => name.endsWith('.pb')) as string);
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('appended rows wait, oldest first, until they are stored', async () => {
  const spool = open();
  spool.append('sessions', numberedSegment(0, 10), 10);
  spool.append('sessions', numberedSegment(10, 15), 5);
  spool.append('mirrors', new Uint8Array([2, 8, 1]), 1);
  await spool.flush();
  const first = await spool.next();
  expect(first).toMatchObject({ table: 'sessions', rows: 15 });
  expect(numbers(first.file)).toEqual(range(0, 15));
  spool.stored(first);
  const second = await spool.next();
  expect(second).toMatchObject({ table: 'mirrors', rows: 1, bytes: 3 });
  spool.stored(second);
  expect(spool.waitingSegments).toBe(0);
  expect(spool.waitingBytes).toBe(0);
  expect(readdirSync(directory).sort()).toEqual(['LOCK', 'refused']);
});

test('appended rows are synced to disk without a flush', async () => {
  const spool = open();
  spool.append('sessions', numberedSegment(0, 10), 10);
  expect(spool.unsyncedBytes).toBeGreaterThan(0);
  await expect.poll(() => spool.unsyncedBytes).toBe(0);
});

describe('after a crash', () => {
  test('synced rows are there, in a segment of the same name', async () => {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    await spool.flush();
    const { name } = await spool.next();
    crash(spool);
    const again = open();
    expect(again.counters).toMatchObject({ recoveredSegments: 1, tornBytes: 0 });
    const segment = await again.next();
    expect(segment).toMatchObject({ name, table: 'sessions', rows: 10 });
    expect(numbers(segment.file)).toEqual(range(0, 10));
  });

  test('rows appended after the last sync are cut off', async () => {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    await spool.flush();
    const { file } = await spool.next();
    crash(spool);
    appendFileSync(file, numberedSegment(10, 20));
    const again = open();
    expect(again.counters.tornBytes).toBe(numberedSegment(10, 20).length);
    expect(numbers((await again.next()).file)).toEqual(range(0, 10));
  });

  test('zeros after the last sync, as a power failure leaves them, are cut off', async () => {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    await spool.flush();
    const { file } = await spool.next();
    crash(spool);
    appendFileSync(file, Buffer.alloc(4096));
    expect(numbers((await open().next()).file)).toEqual(range(0, 10));
  });

  test('rows that were never synced are gone, and so are their files', async () => {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    const sums = dataFile().replace('.pb', '.sum');
    crash(spool);
    writeFileSync(sums, '');
    const again = open();
    expect(again.waitingSegments).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['LOCK', 'refused']);
  });

  test('the rows left are the first ones written, whichever of the two files is cut or changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('pb', 'sum'),
        fc.constantFrom('cut', 'flip'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (sizes, which, how, where) => {
          const spool = open();
          const syncedAt = [0];
          let n = 0;
          for (const size of sizes) {
            spool.append('sessions', numberedSegment(n, n + size), size);
            n += size;
            await (spool as unknown as { open: Map<string, { sync(): Promise<void> }> }).open
              .get('sessions')
              ?.sync();
            syncedAt.push(n);
          }
          const file = dataFile().replace(/pb$/, which);
          crash(spool);
          const bytes = readFileSync(file);
          const at = Math.min(Math.floor(where * bytes.length), bytes.length - 1);
          if (how === 'cut') truncateSync(file, at);
          else {
            bytes[at] ^= 0x40;
            writeFileSync(file, bytes);
          }
          const again = open();
          const left = again.waitingSegments === 0 ? [] : numbers((await again.next()).file);
          expect(left).toEqual(range(0, left.length));
          expect(syncedAt).toContain(left.length);
          await again.close();
          opened.length = 0;
          rmSync(directory, { recursive: true, force: true });
        },
      ),
      { numRuns: 100 },
    );
  });
});

test.each(['spool.limit', 'spool.packets_limit'])(
  'the oldest rows are dropped beyond `%s`, counted, and logged once',
  async (setting) => {
    const said: string[] = [];
    const segment = numberedSegment(0, 10);
    const spool = new Spool(directory, {
      limit: segment.length * 3.5,
      setting,
      log: (_, message) => said.push(message),
    });
    opened.push(spool);
    for (let i = 0; i < 5; i++) {
      expect(spool.append('sessions', numberedSegment(i * 10, i * 10 + 10), 10)).toBe(true);
      await spool.flush();
    }
    expect(spool.counters).toMatchObject({ droppedSegments: 2, droppedRows: 20 });
    expect(spool.waitingBytes).toBeLessThanOrEqual(segment.length * 3.5);
    expect(numbers((await spool.next()).file)).toEqual(range(20, 30));
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(`^rows are lost: the spool is full .*dropped so far: 10 rows.*give \`${setting}\` more$`),
      ),
    ]);
  },
);

test('rows wait in memory if the disk takes nothing; the oldest are dropped and logged', async () => {
  const said: string[] = [];
  const segment = numberedSegment(0, 10);
  const spool = new Spool(directory, {
    limit: 1 << 30,
    memory: Math.floor(segment.length * 3.5),
    log: (_, message) => said.push(message),
  });
  opened.push(spool);
  // Without its directory, no file can be made.
  rmSync(directory, { recursive: true });
  for (let i = 0; i < 5; i++) {
    expect(spool.append('sessions', numberedSegment(i * 10, i * 10 + 10), 10)).toBe(true);
    await spool.flush();
  }
  expect(spool.counters).toMatchObject({ droppedSegments: 2, droppedRows: 20 });
  expect(spool.waitingSegments).toBe(3);
  expect((await spool.next()).memory).toEqual(Buffer.from(numberedSegment(20, 30)));
  expect(spool.trouble).toMatch(
    /^rows are lost: the disk takes nothing, and \d+ bytes wait in memory; the spool .*: ENOENT/,
  );
  expect(said.filter((line) => line.startsWith('rows are lost'))).toHaveLength(1);
});

test('rows that are too many for a segment at once are dropped, counted and logged', async () => {
  const said: string[] = [];
  const spool = new Spool(directory, { limit: 2 ** 40, log: (_, message) => said.push(message) });
  opened.push(spool);
  expect(spool.append('sessions', new Uint8Array(LARGEST_APPEND + 1), 7)).toBe(false);
  expect(spool.counters).toMatchObject({ droppedSegments: 1, droppedRows: 7 });
  expect(said).toEqual([expect.stringMatching(/^rows are lost: more than 268435456 bytes at once/)]);
  expect(spool.waitingSegments).toBe(0);
});

test('a segment is not dropped while it is inserted', async () => {
  const segment = numberedSegment(0, 10);
  const spool = open(segment.length);
  spool.append('sessions', segment, 10);
  await spool.flush();
  const taken = await spool.next();
  expect(spool.append('sessions', segment, 10)).toBe(false);
  expect(existsSync(taken.file)).toBe(true);
  expect(spool.counters.droppedRows).toBe(10);
});

test('a refused segment is set aside with its reason, and can be listed, retried and dropped', async () => {
  const spool = open();
  spool.append('sessions', numberedSegment(0, 10), 10);
  await spool.flush();
  const segment = await spool.next();
  spool.refuse(segment, 'the store: no such column');
  expect(spool.waitingSegments).toBe(0);
  expect(spool.counters.refusedSegments).toBe(1);
  const [listed] = listSpool(directory);
  expect(listed).toMatchObject({
    name: segment.name,
    table: 'sessions',
    rows: 10,
    bytes: segment.bytes,
    reason: 'the store: no such column',
  });
  expect(Math.abs(listed.since - Date.now())).toBeLessThan(10_000);

  retryRefused(listed);
  const back = await spool.next();
  expect(back).toMatchObject({ name: segment.name, rows: 10 });
  expect(numbers(back.file)).toEqual(range(0, 10));
  spool.refuse(back, 'again');
  dropRefused(listSpool(directory)[0]);
  expect(listSpool(directory)).toEqual([]);
  expect(readdirSync(join(directory, 'refused'))).toEqual([]);
});

test('a spool belongs to one process at a time', () => {
  open();
  expect(() => new Spool(directory, { limit: 1 })).toThrow(`in use by process ${process.pid}`);
});

describe('in the directory of a spool,', () => {
  const NAME = '1700000000000-0123abcd-00000000-sessions';
  const path = (suffix: string): string => join(directory, `${NAME}.${suffix}`);
  const fifo = (file: string): void => void execFileSync('mkfifo', [file]);
  const large = (file: string): void => {
    closeSync(openSync(file, 'w'));
    truncateSync(file, 3 * 2 ** 30);
  };
  const tooLarge = (file: string): void => {
    closeSync(openSync(file, 'w'));
    truncateSync(file, LARGEST_SEGMENT + 1);
  };
  const link = (file: string): void => {
    writeFileSync(join(directory, 'elsewhere'), 'precious');
    symlinkSync('elsewhere', file);
  };
  const socket = (file: string): void =>
    void execFileSync('python3', [
      '-c',
      'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
      file,
    ]);
  const folder = (file: string): void => {
    mkdirSync(file);
    writeFileSync(join(file, 'precious'), 'precious');
  };
  const good = (file: string): void => writeFileSync(file, numberedSegment(0, 10));

  /** Leaves a good segment, as an earlier run would. */
  async function leaveGood(): Promise<void> {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    await spool.flush();
    crash(spool);
  }
  function openHearing(said: string[]): Spool {
    const spool = new Spool(directory, { limit: 1 << 30, log: (_, message) => void said.push(message) });
    opened.push(spool);
    return spool;
  }
  /** Makes the spool read its directory again. */
  function lookAgain(spool: Spool): void {
    (spool as unknown as { look(): void }).look();
  }

  test.each<[string, (file: string) => void, (file: string) => void, RegExp]>([
    ['a directory', folder, () => {}, /it is a directory/],
    ['a FIFO', fifo, () => {}, /it is no regular file/],
    ['a file of 3 GiB', large, () => {}, /it has 3221225472 bytes, more than any can have/],
    ['a file a byte too large', tooLarge, () => {}, /it has 276824065 bytes, more than any can have/],
    ['a link', link, () => {}, /it is a symbolic link/],
    ['a socket', socket, () => {}, /it is no regular file/],
    ['sums that are a FIFO', good, fifo, /it has a \.sum that is no regular file/],
    ['sums that are a directory', good, folder, /it has a \.sum that is a directory/],
    ['sums of 3 GiB', good, large, /it has a \.sum that has 3221225472 bytes/],
    ['sums that are a link', good, link, /it has a \.sum that is a symbolic link/],
  ])('what is no segment is set aside, and good ones are kept: %s', async (_name, data, sums, why) => {
    await leaveGood();
    data(path('pb'));
    sums(path('sum'));
    const before = lstatSync(path('pb'));
    expect(listSpool(directory).map((s) => [s.name === NAME, s.unusable !== undefined])).toEqual([
      [true, true],
      [false, false],
    ]);
    const said: string[] = [];
    const spool = openHearing(said);
    lookAgain(spool);
    expect(said).toEqual([expect.stringMatching(why)]);
    expect(spool.counters).toMatchObject({ refusedSegments: 1, recoveredSegments: 1 });
    expect(numbers((await spool.next()).file)).toEqual(range(0, 10));
    const aside = lstatSync(join(directory, 'refused', `${NAME}.pb`));
    expect([aside.ino, aside.size]).toEqual([before.ino, before.size]);
    const [, listed] = listSpool(directory);
    expect(listed).toMatchObject({ name: NAME, rows: 0, reason: expect.stringMatching(why) });
    if (listed.unusable !== undefined) expect(() => retryRefused(listed)).toThrow(/cannot be put back: it /);
    if (aside.isDirectory() || sums === folder)
      expect(() => dropRefused(listed)).toThrow(/is a directory: see what is in it, and remove it by hand/);
    else dropRefused(listed);
    if (existsSync(join(directory, 'elsewhere')))
      expect(readFileSync(join(directory, 'elsewhere'), 'utf8')).toBe('precious');
  });

  test('what cannot be set aside is ignored, and logged once', async () => {
    await leaveGood();
    mkdirSync(path('pb'));
    writeFileSync(join(directory, 'refused', `${NAME}.pb`), 'another');
    const said: string[] = [];
    const spool = openHearing(said);
    for (let i = 0; i < 3; i++) lookAgain(spool);
    expect(said).toEqual([
      expect.stringMatching(
        /-sessions\.pb is passed over: it is a directory, and cannot be set aside: .* is there already/,
      ),
    ]);
    expect(spool.counters.refusedSegments).toBe(1);
    expect(readFileSync(join(directory, 'refused', `${NAME}.pb`), 'utf8')).toBe('another');
    expect(spool.waitingSegments).toBe(1);
  });

  test('a file that is not named like a segment stays, whatever its extension', () => {
    for (const name of ['holiday.sum', 'holiday.pb', `${NAME}.sum.bak`])
      writeFileSync(join(directory, name), 'x');
    writeFileSync(path('sum'), '');
    open();
    expect(readdirSync(directory).sort()).toEqual([
      `${NAME}.sum.bak`,
      'LOCK',
      'holiday.pb',
      'holiday.sum',
      'refused',
    ]);
  });

  test('a refused segment without .reason or .sum is listed all the same', async () => {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    await spool.flush();
    spool.refuse(await spool.next(), 'why');
    const [refused] = listSpool(directory);
    rmSync(refused.file.replace(/pb$/, 'reason'));
    expect(listSpool(directory)).toMatchObject([{ rows: 10, reason: 'why was not kept' }]);
    rmSync(refused.file.replace(/pb$/, 'sum'));
    expect(listSpool(directory)).toMatchObject([{ rows: 0 }]);
    expect(() => retryRefused(listSpool(directory)[0])).toThrow(/it has no \.sum/);
  });

  test('a large segment is checked with little memory', async () => {
    const holder = async (): Promise<{ waiting: string; memory: number }> => {
      const child = spawnSync(process.execPath, [program('spool-holder'), directory], {
        encoding: 'utf8',
        input: '',
      });
      const [, waiting] = /open: (\d+) waiting/.exec(child.stdout) ?? [];
      return { waiting, memory: Number(/memory: (\d+)/.exec(child.stdout)?.[1]) };
    };
    const without = await holder();
    const bytes = Buffer.alloc(200 << 20);
    const entry = Buffer.alloc(16);
    entry.writeUInt32BE(bytes.length, 0);
    createHash('sha256').update(bytes).update(entry.subarray(0, 8)).digest().copy(entry, 8, 0, 8);
    writeFileSync(path('sum'), entry);
    closeSync(openSync(path('pb'), 'w'));
    truncateSync(path('pb'), bytes.length);
    const large = await holder();
    expect([without.waiting, large.waiting]).toEqual(['0', '1']);
    expect(large.memory - without.memory).toBeLessThan(64 << 10);
  });
});

describe('files and directories are accessible to the user and the group only', () => {
  test.each([0o000, 0o022, 0o077])('with umask %o', async (umask) => {
    const before = process.umask(umask);
    try {
      directory = join(directory, 'a', 'b');
      const spool = open();
      spool.append('sessions', numberedSegment(0, 10), 10);
      await spool.flush();
      spool.refuse(await spool.next(), 'why');
      spool.append('mirrors', new Uint8Array([2, 8, 1]), 1);
    } finally {
      process.umask(before);
    }
    const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    expect(entries.length).toBe(7);
    for (const name of ['..', '.', ...entries]) {
      const there = statSync(join(directory, name));
      expect([name, (there.mode & 0o777).toString(8)]).toEqual([name, there.isDirectory() ? '750' : '640']);
    }
    directory = join(directory, '../..');
  });
});

describe('the directory', () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of running.splice(0)) await end();
  });
  /** Starts a process that opens the spool. @returns its output up to the line that says whether it could */
  async function hold(...before: string[]): Promise<string> {
    const words = [...before, process.execPath, program('spool-holder'), directory];
    const child = spawn(words[0], words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    running.push(async () => {
      child.stdin.end();
      await exited;
    });
    let said = '';
    await new Promise<void>((done) => {
      child.stdout.on('data', (piece: Buffer) => {
        said += piece.toString();
        if (/^(open|failed):.*\n/m.test(said)) done();
      });
    });
    return said;
  }

  test('belongs to one process at a time, and to none if that was killed', async () => {
    expect(await hold()).toMatch(/^open: /);
    expect(() => open()).toThrow(
      /is in use by process \d+: stop it, or give this collector another `spool\.directory`/,
    );
    await running.splice(0)[0]();
    const spool = open();
    await spool.close();
    opened.length = 0;
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
    writeFileSync(join(directory, 'LOCK'), '1 1\n');
    open();
  });

  test('belongs to a process of an older version while that lives', async () => {
    const child = spawn('sleep', ['60']);
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(join(directory, 'LOCK'), `${child.pid} ${started}\n`);
    expect(() => open()).toThrow(`is in use by process ${child.pid}: stop it`);
    child.kill();
    await once(child, 'exit');
    open();
  });

  test('is refused if LOCK is no file', () => {
    mkdirSync(join(directory, 'LOCK'));
    expect(() => open()).toThrow(/cannot be used: EISDIR/);
    rmSync(join(directory, 'LOCK'), { recursive: true });
    execFileSync('mkfifo', [join(directory, 'LOCK')]);
    expect(() => open()).toThrow(/LOCK is no file: see what it is, and remove it/);
  });

  describeWith(['root', 'unshare'], 'across containers', () => {
    test('belongs to one process at a time, whatever its process id', async () => {
      const container = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
      expect(await hold(...container)).toMatch(/^open: /);
      expect(await hold(...container)).toMatch(/^failed: the spool .* is in use by process \d+/);
      expect(() => open()).toThrow(/is in use by process \d+ of another container or host/);
    });
  });

  describeWith(['root', 'setpriv'], 'of another user', () => {
    test('may have a segment that the user cannot read, which is set aside', async () => {
      const spool = open();
      for (const n of [0, 10]) {
        spool.append('sessions', numberedSegment(n, n + 10), 10);
        await spool.flush();
      }
      const { file } = await spool.next();
      crash(spool);
      for (const name of ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })])
        chownSync(join(directory, name), 12345, 12345);
      chownSync(file, 0, 0);
      chmodSync(file, 0o600);
      const said = await hold('setpriv', '--reuid=12345', '--regid=12345', '--clear-groups');
      expect(said).toMatch(
        /^error: set aside .*: it cannot be read: EACCES; mirrorlake spool list shows it$/m,
      );
      expect(said).toMatch(/^open: 1 waiting, 1 set aside$/m);
    });
  });
});
