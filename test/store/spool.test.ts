import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SessionRecord } from '../../src/sessions/record.js';
import { SessionSegmentReader } from '../../src/store/session-segment.js';
import { Spool } from '../../src/store/spool.js';
import { dropRefused, listSpool, retryRefused } from '../../src/store/spool-directory.js';
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

/** Leaves the directory as a process that was killed does. */
function crash(spool: Spool): void {
  opened.splice(opened.indexOf(spool), 1);
  clearInterval((spool as unknown as { timer: NodeJS.Timeout }).timer);
  rmSync(join(directory, 'LOCK'));
}

/** Numbers of the sessions in a segment's file. */
function numbers(file: string): number[] {
  const reader = new SessionSegmentReader(readFileSync(file));
  const record = new SessionRecord();
  const found = [];
  while (reader.next(record)) found.push(record.clientPort - 1024);
  return found;
}

function dataFile(): string {
  return join(directory, readdirSync(directory).find((name) => name.endsWith('.pb')) as string);
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('what was appended waits, oldest first, and goes when it is stored', async () => {
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

test('what was appended is on the disk within a second, without being asked for', async () => {
  const spool = open();
  spool.append('sessions', numberedSegment(0, 10), 10);
  expect(spool.unsyncedBytes).toBeGreaterThan(0);
  const until = Date.now() + 1000;
  while (spool.unsyncedBytes > 0 && Date.now() < until) await new Promise((done) => setTimeout(done, 10));
  expect(spool.unsyncedBytes).toBe(0);
});

describe('after a crash', () => {
  test('what was synced is there, under the same name', async () => {
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

  test('what was appended after the last sync is cut off', async () => {
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

  test('a file that is full of zeros behind the sync, as after a loss of power', async () => {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    await spool.flush();
    const { file } = await spool.next();
    crash(spool);
    appendFileSync(file, Buffer.alloc(4096));
    expect(numbers((await open().next()).file)).toEqual(range(0, 10));
  });

  test('what was never synced is gone, and its files with it', async () => {
    const spool = open();
    spool.append('sessions', numberedSegment(0, 10), 10);
    const sums = dataFile().replace('.pb', '.sum');
    crash(spool);
    writeFileSync(sums, '');
    const again = open();
    expect(again.waitingSegments).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['LOCK', 'refused']);
  });

  test('whatever of the two files is cut or changed, what is left is a beginning of what was written', async () => {
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
      { numRuns: 150 },
    );
  });
});

test('past its limit the oldest go, counted and said once', async () => {
  const said: string[] = [];
  const segment = numberedSegment(0, 10);
  const spool = new Spool(directory, {
    limit: segment.length * 3.5,
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
    expect.stringMatching(/^rows are lost: the spool is full .*dropped so far: 10 rows.*`spool.limit`/),
  ]);
});

test('the segment that is being inserted is not dropped', async () => {
  const segment = numberedSegment(0, 10);
  const spool = open(segment.length);
  spool.append('sessions', segment, 10);
  await spool.flush();
  const taken = await spool.next();
  expect(spool.append('sessions', segment, 10)).toBe(false);
  expect(existsSync(taken.file)).toBe(true);
  expect(spool.counters.droppedRows).toBe(10);
});

test('a refused segment is set aside with the reason, listed, retried or dropped', async () => {
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
