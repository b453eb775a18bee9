/** Stored rows do not disappear, and rows count as stored only if they are. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { MOST_ROWS, MOST_WORDS } from '../../src/store/clickhouse/answer.js';
import { ServerStore } from '../../src/store/clickhouse/server.js';
import { StoreUnavailable } from '../../src/store/errors.js';
import { migrations, tablesMade } from '../../src/store/migrations.js';
import { openStore } from '../../src/store/open.js';
import { Delivery } from '../../src/store/spool/delivery.js';
import { Spool } from '../../src/store/spool/spool.js';
import type { Store } from '../../src/store/store.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { runLine } from '../support/command-lines.js';
import { describeWith } from '../support/needs.js';
import { numberedSegment } from '../support/sessions.js';
import { copyStore, inStore, makeStore } from '../support/store-copies.js';

const CAPTURE = join(import.meta.dirname, '../fixtures/erspan2.pcap');
const DEFAULT_OF_0_1 = 30 * 86_400;
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-data-'));
/** Stores that the tests copy. The second has the capture's sessions. */
const empty = join(directory, 'empty');
const filled = join(directory, 'filled');
/** The output of the command that filled it. */
let readSaid: string;
beforeAll(async () => {
  await makeStore(empty);
  copyStore(empty, filled);
  const words = [MAIN, 'read', CAPTURE, '--store', filled];
  readSaid = spawnSync(process.execPath, words, { encoding: 'utf8' }).stderr;
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a command. @returns its output and exit status */
async function mirrorlake(...words: string[]): Promise<{ out: string; err: string; status: number }> {
  const { stdout, stderr, status } = await runLine(words);
  return { out: stdout, err: stderr, status };
}

const count = async (store: Store): Promise<number> =>
  Number(await text(await store.query('SELECT count() FROM sessions')));

/** The number of sessions in a store, before and after those that are too old are removed. */
const countsIn = (directory: string): Promise<[before: number, after: number]> =>
  inStore(directory, async (store) => {
    const before = await count(store);
    await text(await store.change('OPTIMIZE TABLE sessions FINAL'));
    return [before, await count(store)];
  });

describe('retention', () => {
  it('is not set by default', async () => {
    expect(readSaid).toContain('stored in');
    expect(readSaid).not.toContain('removes rows');
    const [before, after] = await countsIn(copyStore(filled, join(directory, 'kept-for-good')));
    expect(before).toBeGreaterThan(0);
    expect(after).toBe(before);
  });

  it('set by an earlier version is reported by read, with the command that ends it', async () => {
    const store = copyStore(empty, join(directory, 'former'));
    await inStore(store, (made) => made.retain(DEFAULT_OF_0_1, true));

    const { err } = await mirrorlake('read', CAPTURE, '--store', store);
    const rows = Number(/in (\d+) rows?, /.exec(err)?.[1]);
    const keep = `mirrorlake schema apply --store ${store} --retention none`;
    expect(err).toContain(
      `${store} removes rows 30d after they were seen (earlier versions set that by default)`,
    );
    expect(err).toContain(
      `${rows} of ${rows} ${rows === 1 ? 'row stored is' : 'rows stored are'} older than the ` +
        `30d after which ${store} removes rows`,
    );
    expect(err.split(keep)).toHaveLength(3);

    expect((await mirrorlake('schema', 'apply', '--store', store, '--retention', 'none')).err).not.toContain(
      'removes',
    );
    expect((await mirrorlake('read', CAPTURE, '--store', store)).err).not.toContain('removes rows');
    const [, after] = await countsIn(store);
    expect(after).toBeGreaterThanOrEqual(rows);
  });

  describeWith(['root'], 'with a collector', () => {
    /** Runs a collector until its store is open, and then some work with the store's directory. */
    async function collected(
      options: { store?: string; config?: string },
      work: (log: string, store: string) => unknown,
    ): Promise<void> {
      const collector = await TestCollector.start([], options);
      try {
        await collector.statusWhen((s) => s.store.state === 'up');
        await collector.stop();
        await work(collector.log, options.store ?? join(collector.directory, 'data'));
      } finally {
        collector.remove();
      }
    }

    it('is not set by default', () =>
      collected({}, async (log, store) => {
        expect(log).toContain('storing to');
        expect(log).not.toContain('removes rows');
        expect(await inStore(store, (made) => made.retention())).toBeUndefined();
      }));

    it('is set if the configuration says so', () =>
      collected({ config: 'retention: 90d' }, async (_, store) => {
        const { err } = await mirrorlake('schema', 'apply', '--store', store);
        expect(err).toContain('removes rows 90d after they were seen');
      }));

    it('set by an earlier version is reported', async () => {
      const store = copyStore(empty, join(directory, 'former-collected'));
      await inStore(store, (made) => made.retain(DEFAULT_OF_0_1, true));
      await collected({ store, config: '' }, (log) => {
        expect(log).toContain(`${store} removes rows 30d after they were seen`);
      });
      await collected({ store, config: 'retention: 90d' }, (log) => {
        expect(log).toContain(`${store} removes rows after 30d, the configuration says 90d`);
      });
    });
  });

  it('is reported for rows that waited so long that it removes them', async () => {
    const data = copyStore(empty, join(directory, 'late'));
    const store = openStore(data, { create: false });
    await store.retain(3600, false);
    const said: string[] = [];
    const spool = new Spool(join(data, 'spool'), { limit: 1 << 24 });
    spool.append('sessions', numberedSegment(0, 100), 100);
    await spool.flush();
    const waiting = await spool.next();
    // Pretend that the segment is two hours old.
    Object.assign(waiting, { name: waiting.name.replace(/^\d+/, String(Date.now() - 7_200_000)) });
    const delivery = new Delivery(store, spool, { log: (_, message) => said.push(message) });
    await delivery.start();
    await delivery.drain(30_000);
    await spool.close();
    await store.close();
    expect(said.join('\n')).toContain('100 of 100 rows stored are older than the 1h');
  });
});

describe('tables', () => {
  it('cannot be dropped by a question', async () => {
    const store = copyStore(filled, join(directory, 'dropped'));
    const { status, err } = await mirrorlake('query', 'DROP TABLE sessions', '--store', store);
    expect([status, err]).toEqual([2, expect.stringContaining('DROP TABLE does more than read')]);
    const where = '1)); DROP TABLE sessions; --';
    const exported = await mirrorlake(
      'export',
      '--where',
      where,
      '--output',
      join(directory, 'x'),
      '--store',
      store,
    );
    expect([exported.status, exported.err]).toEqual([2, 'mirrorlake: there is more than one statement\n']);
    expect(await inStore(store, count)).toBeGreaterThan(0);
  });

  describeWith(['root'], 'with a collector', () => {
    it('are not changed while a collector fills them', async () => {
      const store = copyStore(empty, join(directory, 'collecting'));
      const collector = await TestCollector.start(['--control', join(store, 'control.sock')], { store });
      try {
        expect(await mirrorlake('query', '--write', 'DROP TABLE sessions', '--store', store)).toEqual({
          status: 2,
          out: '',
          err: expect.stringMatching(/^mirrorlake: query: a collector is filling \S+, .*: stop it first\n$/),
        });
        expect((await mirrorlake('query', 'EXISTS sessions', '--store', store)).out).toBe('1\n');
      } finally {
        await collector.stop();
        collector.remove();
      }
    });
  });

  it('are made again if they are missing, and a message says so', async () => {
    const store = copyStore(filled, join(directory, 'missing'));
    await inStore(store, async (opened) => {
      for (const drop of ['DROP TABLE sessions', 'DROP VIEW traffic_by_minute_view', 'DROP TABLE tunnels'])
        await text(await opened.change(drop));
    });
    const { err } = await mirrorlake('schema', 'apply', '--store', store);
    for (const name of ['sessions', 'traffic_by_minute_view', 'tunnels'])
      expect(err).toContain(`made ${name} again, with nothing in it: it was missing\n`);
    expect(err).not.toContain('made mirrors');
    await inStore(store, async (opened) => {
      expect(await opened.migrate()).toMatchObject({ applied: [], made: [] });
      expect(await count(opened)).toBe(0);
      const tables = (await text(await opened.query('SHOW TABLES'))).split('\n');
      expect(tables).toEqual(expect.arrayContaining(tablesMade(migrations(), { prefix: '' })));
    });
  });
});

describe('rows do not count as stored', () => {
  /** Starts a server that answers every statement in the same way. */
  async function answering(listener: RequestListener): Promise<{ url: string; server: Server }> {
    const server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    return { url: `http://127.0.0.1:${port}/mirrorlake`, server };
  }
  const failed = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => new Error('believed'),
      (error: Error) => error,
    );

  test.each<[string, RequestListener, RegExp]>([
    [
      'if a proxy answers with its page',
      (_, r) => r.end('<html>Sign in</html>'),
      /"<html>Sign in<\/html>"\) is not ClickHouse/,
    ],
    ['if the answer is empty', (_, r) => r.end(), /is not ClickHouse/],
    [
      'if a gateway answers',
      (_, r) => {
        r.statusCode = 502;
        r.end('Bad Gateway');
      },
      /status 502, "Bad Gateway"\) is not ClickHouse/,
    ],
    [
      'if ClickHouse wrote fewer rows',
      (_, r) => {
        r.setHeader('X-ClickHouse-Summary', JSON.stringify({ written_rows: '99' }));
        r.end();
      },
      /of a segment of 100 rows it says that it wrote 99/,
    ],
    [
      'if the summary is not valid',
      (_, r) => {
        r.setHeader('X-ClickHouse-Summary', 'all of them');
        r.end();
      },
      /it says that it wrote 0/,
    ],
  ])('%s', async (_, listener, why) => {
    const { url, server } = await answering((request, response) => {
      request.resume();
      request.on('end', () => listener(request, response));
    });
    const store = new ServerStore(url);
    try {
      const error = await failed(store.insert('sessions', numberedSegment(0, 100), 'x', 100));
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(error.message).toMatch(why);
    } finally {
      await store.close();
      server.closeAllConnections();
      server.close();
    }
  });

  test.each([
    ['an answer', 200],
    ['an error', 500],
  ])('if %s does not end, which is cut off', async (_, status) => {
    let sent = 0;
    const { url, server } = await answering((request, response) => {
      request.resume();
      response.writeHead(status, { 'X-ClickHouse-Summary': '{"written_rows":"100"}' });
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65536, 'x'))) sent += 65536;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const store = new ServerStore(url);
    try {
      const error = await failed(store.insert('sessions', numberedSegment(0, 100), 'x', 100));
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(error.message).toMatch(
        status === 200
          ? `its answer is longer than ${MOST_WORDS} bytes`
          : /status 500, "x+"\) is not ClickHouse/,
      );
      // That is no more than what fits into the kernel's buffers.
      expect(sent).toBeLessThan(64 << 20);
    } finally {
      await store.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it('nor is an endless answer to a migration read to its end', async () => {
    const { url, server } = await answering((request, response) => {
      request.resume();
      response.writeHead(200, { 'X-ClickHouse-Summary': '{}' });
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65536, '["x"]\n')));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const store = new ServerStore(url);
    try {
      const error = await failed(store.migrate());
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(error.message).toContain(`its answer is longer than ${MOST_ROWS} bytes`);
    } finally {
      await store.close();
      server.closeAllConnections();
      server.close();
    }
  });

  it('until ClickHouse has them, and their segment stays in the spool', async () => {
    const { url, server } = await answering((request, response) => {
      request.resume();
      request.on('end', () => response.end('<html>It works!</html>'));
    });
    const store = new ServerStore(url);
    const spool = new Spool(join(directory, 'kept'), { limit: 1 << 24 });
    const said: string[] = [];
    const delivery = new Delivery(store, spool, { log: (_, message) => said.push(message) });
    spool.append('sessions', numberedSegment(0, 100), 100);
    await delivery.start();
    await delivery.drain(1000);
    expect(delivery.storedRows).toBe(0);
    expect(spool.waitingSegments).toBe(1);
    expect(said.join('\n')).toContain('is not ClickHouse');
    await spool.close();
    await store.close();
    server.closeAllConnections();
    server.close();
  });
});

describe('a store that never answers', () => {
  let silent: ReturnType<typeof createTcpServer>;
  let url: string;
  let connections = 0;
  beforeAll(async () => {
    silent = createTcpServer((socket) => {
      connections++;
      socket.resume();
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    url = `http://127.0.0.1:${port}/mirrorlake`;
  });
  afterAll(() => silent.close());

  it('is given up after the timeout, logged, and tried again with the same rows', async () => {
    const store = new ServerStore(url, { timeout: 200 });
    const spool = new Spool(join(directory, 'silent'), { limit: 1 << 24 });
    const said: string[] = [];
    const delivery = new Delivery(store, spool, { log: (_, message) => said.push(message) });
    const before = connections;
    spool.append('sessions', numberedSegment(0, 100), 100);
    await expect(store.insert('sessions', numberedSegment(0, 100), 'x', 100)).rejects.toBeInstanceOf(
      StoreUnavailable,
    );
    await delivery.start();
    await expect.poll(() => connections - before).toBeGreaterThan(2);
    expect(spool.waitingSegments).toBe(1);
    expect(delivery.storedRows).toBe(0);
    expect(said).toEqual([expect.stringMatching(/ segments wait in /)]);
    await delivery.drain(0);
    await spool.close();
    await store.close();
  });

  describeWith(['root'], 'with a collector', () => {
    it('stops a collector neither from receiving nor from ending on a signal', async () => {
      const notices = join(directory, 'notices');
      const collector = await TestCollector.start(['--listen', '127.0.0.1:0'], {
        store: url,
        config: `spool: { directory: ${notices} }`,
      });
      try {
        await expect.poll(() => connections).toBeGreaterThan(0);
        const s = await collector.status();
        expect(s.store.state).toBe('starting');
        expect(s.receivers[0].state).toBe('up');
        expect(await collector.stop()).toBe(0);
      } finally {
        collector.remove();
      }
    });
  });
});
