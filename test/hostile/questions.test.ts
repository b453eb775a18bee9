/**
 * The walls around questions (docs/explanation/threat-model.md). Each is tested alone against the statements
 * that it must stop, and then all are tested together.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Session } from 'chdb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { engineFiles } from '../../src/store/embedded/reach.js';
import { entry } from '../../src/store/entry.js';
import { openStore } from '../../src/store/open.js';
import { type AskEngine, judgeReading } from '../../src/store/questions/guard.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { TestCollector } from '../support/collector.js';
import { describeWith } from '../support/needs.js';
import { LET_THROUGH, REFUSED } from './statements.js';

const ROOT = join(import.meta.dirname, '../..');
const SECRET_WORDS = 'the crown jewels';
const PARAMS = { port: '443', word: "a\tb\\c'd\n{e}" };
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-questions-'));
const secret = join(directory, 'secret.txt');
const out = join(directory, 'out');
writeFileSync(secret, `${SECRET_WORDS}\n`);

/** A service on this host that no question may reach. */
let other: Server;
let visits = 0;
beforeAll(async () => {
  other = createServer((socket) => {
    visits++;
    socket.destroy();
  });
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
});
afterAll(() => {
  other.close();
  rmSync(directory, { recursive: true });
});

function filled(statement: string): string {
  const { port } = other.address() as { port: number };
  return statement.replaceAll('SECRET', secret).replaceAll('OUT.', out).replaceAll('PORT', String(port));
}

/** Expects that the answer has no secret, no file was written, and the other service was not reached. */
function expectKept(said: string): void {
  expect(said).not.toContain(SECRET_WORDS);
  expect(existsSync(out)).toBe(false);
  expect(visits).toBe(0);
}

/** The statements that another wall than the guard must stop, too. */
const stoppedBy = (wall: 'grants' | 'landlock') =>
  REFUSED.filter(([, stopped]) => stopped === wall).map(([statement]) => statement);

/** Makes an engine for one suite: a process can have one data directory open at a time. */
function engine(name: string, ...connectionArgs: string[]): Session {
  const data = join(directory, name);
  mkdirSync(data);
  const session = new Session(data, { connectionArgs });
  session.query('CREATE TABLE sessions (part UInt32) ENGINE = MergeTree ORDER BY part');
  return session;
}

describe('the engine’s own grants alone, the first wall, deny', () => {
  let session: Session;
  beforeAll(() => {
    session = engine('granted', `--config-file=${join(ROOT, 'schemas/chdb/config.xml')}`);
  });
  afterAll(() => session.close());

  const denied = (statement: string) =>
    session.queryAsync(filled(statement)).then(
      (answer) => `let through: ${answer.text()}`,
      (error: Error) => error.message,
    );

  test.each(stoppedBy('grants'))('%s', async (statement) => {
    const said = await denied(statement);
    expect(said).toContain('ACCESS_DENIED');
    expectKept(said);
  });

  test.each([
    'CREATE TABLE u (a UInt8) ENGINE = File(TSV)',
    "CREATE TABLE u (a UInt8) ENGINE = URL('http://127.0.0.1:PORT/', 'TSV')",
    "CREATE TABLE u (a UInt8) ENGINE = S3('http://127.0.0.1:PORT/bucket/key', 'TSV')",
    "CREATE TABLE u (a UInt8) ENGINE = Kafka('127.0.0.1:PORT', 't', 'g', 'TSV')",
    "CREATE TABLE u (a UInt8) ENGINE = MySQL('127.0.0.1:PORT', 'd', 't', 'u', 'p')",
    'CREATE USER u',
    'CREATE DATABASE d',
    'GRANT ALL ON *.* TO default',
    'DROP DATABASE default',
  ])('%s', async (statement) => {
    expect(await denied(statement)).toContain('ACCESS_DENIED');
    expectKept('');
  });
});

describe('the guard alone, the second wall, refuses', () => {
  let session: Session;
  const ask: AskEngine = async (statement) =>
    (await session.queryAsync(statement, { format: 'TabSeparatedRaw' })).text();
  beforeAll(() => {
    session = engine('guarded');
    session.query('SET max_memory_usage = 1000000000');
    session.query('SET readonly = 1');
  });
  afterAll(() => session.close());

  test.each(REFUSED.map(([statement]) => statement))('%s', async (statement) => {
    await expect(judgeReading(filled(statement), ask)).rejects.toThrow();
    expectKept('');
  });

  test('these statements however they are disguised', async () => {
    const scraps = [
      ...["'", '"', '`', '\u2018', '\u2019', '\u201c', '\u201d', '$$', '$x$', '--', '/*', '*/', '#!', ';'],
      ...[')', '(', '\\', '\n', ' UNION ALL ', ' AS x ', '{a:', '}', ' APPLY ', ' IN ', ' FORMAT ', '\0'],
    ];
    const dress = fc.record({
      statement: fc.constantFrom(...REFUSED.map(([statement]) => filled(statement))),
      innocent: fc.constantFrom(...LET_THROUGH),
      before: fc.array(fc.constantFrom(...scraps), { maxLength: 4 }),
      after: fc.array(fc.constantFrom(...scraps), { maxLength: 4 }),
      at: fc.nat(),
    });
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(dress, async ({ statement, innocent, before, after, at }) => {
        const cut = at % (innocent.length + 1);
        const pieces = [innocent.slice(0, cut), ...before, statement, ...after, innocent.slice(cut)];
        const judged = await judgeReading(pieces.join(''), ask).catch(() => undefined);
        if (judged === undefined) return;
        // The guard may let it through only inside a string, a comment or a name. Running it shows that.
        ran++;
        const said = await ask(judged.statement).catch((error: Error) => error.message);
        expectKept(said.replaceAll(`${SECRET_WORDS}'`, ''));
        expect(session.query('EXISTS sessions')).toBe('1\n');
      }),
      { numRuns: 200 },
    );
    // If nothing had been let through, this would have shown nothing.
    expect(ran).toBeGreaterThan(0);
  });
});

describeWith(['landlock'], 'Landlock and privileges alone, the third wall,', () => {
  let child: ChildProcess;
  let begun: string;
  async function said(sql: string): Promise<string> {
    child.send(filled(sql));
    const [answer] = (await once(child, 'message')) as [{ text: string }];
    return answer.text;
  }
  beforeAll(async () => {
    const data = join(directory, 'confined');
    mkdirSync(data);
    const starter = {
      worker: join(import.meta.dirname, 'support/engine.mjs'),
      options: { root: ROOT, data },
      read: [...engineFiles(), join(import.meta.dirname, 'support')],
      write: [data, '/dev/null'],
    };
    child = fork(entry('chdb-starter'), [JSON.stringify(starter)], {
      cwd: data,
      execArgv: [],
      serialization: 'advanced',
    });
    const [first] = (await once(child, 'message')) as [{ text: string }];
    begun = first.text;
  });
  afterAll(() => child.kill('SIGKILL'));

  it('confine the engine’s process', () => {
    expect(begun).toBe('confined');
  });

  test.each(stoppedBy('landlock'))('stop %s', async (statement) => {
    expectKept(await said(statement));
  });

  test.each([
    `/proc/${process.pid}/environ`,
    `/proc/${process.pid}/cmdline`,
    '/etc/passwd',
    '/etc/hostname',
    '/etc/shadow',
  ])('hide %s', async (path) => {
    expect(await said(`SELECT length(file('${path}'))`)).toMatch(/Permission denied|Cannot open/);
  });

  test('leave no variables of the collector in the engine’s environment', async () => {
    const environment = await said("SELECT file('/proc/self/environ')");
    expect(environment.replaceAll('\\0', '\n')).not.toMatch(/^(HOME|USER|VITEST|npm_)/m);
  });

  test('stop TCP connections', async () => {
    await said("SELECT * FROM url('http://127.0.0.1:PORT/', 'LineAsString') SETTINGS http_max_tries = 1");
    expectKept('');
  });

  test('leave no thread with a capability, or a way to gain one', () => {
    const tasks = readdirSync(`/proc/${child.pid}/task`);
    expect(tasks.length).toBeGreaterThan(4);
    for (const task of tasks) {
      const status = readFileSync(`/proc/${child.pid}/task/${task}/status`, 'utf8');
      for (const set of ['CapPrm', 'CapEff', 'CapAmb'])
        expect(status).toMatch(new RegExp(`^${set}:\\t0{16}$`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    }
  });
});

describe('all three walls around the embedded engine', () => {
  let store: Store;
  beforeAll(async () => {
    store = openStore(join(directory, 'store'), { create: true });
    await store.migrate();
  });
  afterAll(() => store.close());

  const answered = async (sql: string, params = {}) => text(await store.query(sql, { params }));

  test.each(REFUSED.map(([statement]) => statement))('give nothing away for %s', async (statement) => {
    expectKept(await answered(filled(statement)).catch((error: Error) => error.message));
  });

  test('leave the table after all these statements', async () => {
    expect(await answered('EXISTS sessions')).toBe('1\n');
  });

  test.each(LET_THROUGH)('let through %s', async (statement) => {
    await expect(answered(statement, PARAMS)).resolves.toBeDefined();
  });

  test('do not change parameters', async () => {
    const sql = 'SELECT {port:UInt16} + 0, {word:String} FORMAT JSONCompactEachRow';
    expect(JSON.parse(await answered(sql, PARAMS))).toEqual([443, PARAMS.word]);
  });

  test('keep what one client sets from the next', async () => {
    expect(await answered('SELECT {x:String}', { x: 'mine' })).toBe('mine\n');
    await expect(answered('SELECT {x:String}')).rejects.toThrow(/x.* is not set/);
    await answered('SELECT 1 SETTINGS join_use_nulls = 1');
    expect(await answered("SELECT getSetting('join_use_nulls')")).toBe('false\n');
    await expect(answered('CREATE TEMPORARY TABLE left_behind (a UInt8)')).rejects.toThrow(/more than read/);
    await expect(answered('SELECT * FROM left_behind')).rejects.toThrow(/left_behind/);
    await expect(answered('USE system')).rejects.toThrow(/more than read/);
    expect(await answered('SELECT currentDatabase()')).toBe('default\n');
  });

  test.each([
    "CREATE VIEW v AS SELECT file('SECRET') AS a",
    "CREATE VIEW v AS SELECT * FROM file('SECRET', 'LineAsString')",
    "CREATE OR REPLACE VIEW v AS SELECT * FROM url('http://127.0.0.1:PORT/', 'LineAsString')",
    "ALTER TABLE sessions ADD COLUMN stolen String ALIAS file('SECRET')",
    "ALTER TABLE sessions ADD COLUMN stolen String DEFAULT file('SECRET')",
    "ALTER TABLE sessions MODIFY COLUMN collector String ALIAS file('SECRET')",
    'CREATE FUNCTION f AS x -> file(x)',
    "CREATE TABLE t (a String) ENGINE = File(LineAsString, 'SECRET')",
    "CREATE MATERIALIZED VIEW v ENGINE = Null AS SELECT file('SECRET') AS a FROM sessions",
    "ATTACH TABLE t FROM 'SECRET' (a UInt8) ENGINE = MergeTree ORDER BY a",
    "ATTACH TABLE t UUID '00000000-0000-0000-0000-000000000001' (a UInt8) ENGINE = URL('http://127.0.0.1:PORT/')",
  ])('refuse a change that would open a way past them: %s', async (statement) => {
    await expect(store.change(filled(statement))).rejects.toThrow();
    expectKept('');
  });

  test('let a view of the store be made and asked', async () => {
    const view = 'CREATE VIEW busy AS SELECT client, count() AS n FROM sessions GROUP BY client';
    await text(await store.change(view));
    expect(await answered('SELECT count() FROM busy')).toBe('0\n');
  });
});

describe('a server, asked as its reader,', () => {
  let server: ClickHouseServer;
  let url: string;
  let store: Store;
  beforeAll(async () => {
    // The reader of the lab, from a file of users.d next to users.xml, as in the lab.
    const users = join(directory, 'clickhouse-server/users.xml');
    mkdirSync(join(users, '../users.d'), { recursive: true });
    copyFileSync(join(ROOT, 'lab/clickhouse/reader.xml'), join(users, '../users.d/reader.xml'));
    writeFileSync(
      users,
      `<clickhouse>
        <profiles><default/></profiles>
        <quotas><default/></quotas>
        <users><default><password/><networks><ip>::/0</ip></networks></default></users>
      </clickhouse>`,
    );
    server = await ClickHouseServer.start({ config: `<users_config>${users}</users_config>` });
    url = `${server.url}/mirrorlake`;
    const owner = openStore(url, { create: true });
    await owner.migrate();
    await owner.close();
    store = openStore(url, { create: false, reader: { username: 'reader', password: '' } });
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });

  test.each(REFUSED.map(([statement]) => statement))('gives nothing away for %s', async (statement) => {
    expectKept(await store.query(filled(statement)).then(text, (error: Error) => error.message));
    expect(await server.sql('EXISTS mirrorlake.sessions')).toBe('1\n');
  });

  test.each(LET_THROUGH)('answers %s', async (statement) => {
    await expect(store.query(statement, { params: PARAMS }).then(text)).resolves.toBeDefined();
  });

  describeWith(['root'], 'with a collector', () => {
    test('is asked by a collector as that reader, or not at all', async () => {
      const spool = (name: string) => `spool: { directory: ${join(directory, name)} }`;
      const without = await TestCollector.start([], { store: url, config: spool('without') });
      const as = await TestCollector.start([], {
        store: url,
        config: `${spool('as')}\nquestions: { user: reader }`,
      });
      try {
        await expect(without.query('SELECT 1')).rejects.toMatchObject({
          message: expect.stringContaining('`questions.user`'),
          exitCode: 2,
        });
        expect(await as.query('SELECT currentUser() AS u')).toEqual([{ u: 'reader' }]);
        await expect(as.query('SELECT * FROM system.users')).rejects.toThrow('is not for questions');
      } finally {
        for (const collector of [without, as]) {
          await collector.stop();
          collector.remove();
        }
      }
    });
  });
});
