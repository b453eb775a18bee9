/**
 * The guard alone, the second wall around questions: it decides which statements may run on a connection that
 * reads. The engine parses them for it. The engine here has neither grants nor limits, so the guard is what
 * refuses a statement.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AskEngine, judgeReading, judgeWriting } from '../../src/store/questions/guard.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-guard-'));
let session: Session;
const ask: AskEngine = async (statement) =>
  (await session.queryAsync(statement, { format: 'TabSeparatedRaw' })).text();
beforeAll(() => {
  session = new Session(directory);
  session.query('CREATE TABLE sessions (client String, bytes UInt64) ENGINE = MergeTree ORDER BY client');
});
afterAll(() => {
  session.close();
  rmSync(directory, { recursive: true });
});

const refused = (sql: string) =>
  judgeReading(sql, ask).then(
    () => 'let through',
    (error: Error) => (error.name === 'StatementRefused' ? error.message : `${error.name}: ${error.message}`),
  );

describe('the guard lets through', () => {
  test.each([
    ['SELECT 1', 'SELECT 1', undefined],
    [' select 1; ', 'SELECT 1', undefined],
    [
      "SELECT 'a; DROP TABLE sessions' -- ; DROP TABLE sessions",
      "SELECT 'a; DROP TABLE sessions'",
      undefined,
    ],
    ['SELECT 1 FORMAT JSON', 'SELECT 1', 'JSON'],
    ['SELECT 1 AS FORMAT FORMAT CSV;', 'SELECT 1 AS FORMAT', 'CSV'],
    ["SELECT ' FORMAT CSV'", "SELECT ' FORMAT CSV'", undefined],
    ["SELECT ' FORMAT CSV' FORMAT TSV", "SELECT ' FORMAT CSV'", 'TSV'],
    ['FROM sessions SELECT client', 'SELECT client FROM sessions', undefined],
  ])('%s', async (sql, statement, format) => {
    expect(await judgeReading(sql, ask)).toEqual({ statement, format, settings: {}, rows: true });
  });

  test.each(['SHOW TABLES', 'DESCRIBE sessions', 'EXISTS sessions', 'EXPLAIN SELECT 1 FORMAT CSV'])(
    '%s as a statement with a short answer',
    async (sql) => {
      expect(await judgeReading(sql, ask)).toMatchObject({ rows: false });
    },
  );
});

test('the guard lets settings for the form of the answer through, and returns them separately', async () => {
  const sql = 'SELECT 1 SETTINGS output_format_json_quote_64bit_integers = 0, max_threads = 1 FORMAT JSON';
  expect(await judgeReading(sql, ask)).toEqual({
    statement: 'SELECT 1',
    format: 'JSON',
    settings: { output_format_json_quote_64bit_integers: '0', max_threads: '1' },
    rows: true,
  });
  const other = await judgeReading("SELECT 'SETTINGS max_threads = 2' SETTINGS max_memory_usage = 1", ask);
  expect(other).toMatchObject({ settings: {}, statement: expect.stringContaining('max_memory_usage') });
});

describe('the guard refuses', () => {
  test.each([
    ['', 'there is no statement'],
    ['-- nothing', 'there is no statement'],
    [';', 'there is no statement'],
    ['SELECT 1; SELECT 2', 'there is more than one statement'],
    ['DROP TABLE sessions', 'DROP TABLE does more than read'],
    ['SET readonly = 0', 'SET readonly does more than read'],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 'INTO OUTFILE writes a file'],
    ["SELECT file('/etc/passwd')", 'file reads files, or asks other hosts'],
    ["SELECT * FROM url('http://x')", 'url() reads something else than this store'],
    ['SELECT * FROM system.users', 'system.users is not for questions'],
    ['DESCRIBE (SELECT 1)', 'DESCRIBE is of a named table only'],
    ['EXPLAIN AST DROP TABLE sessions', 'EXPLAIN is of a SELECT only'],
    ['SELECT 1\0; DROP TABLE sessions', 'a statement has no NUL in it'],
  ])('%s', async (sql, why) => {
    expect(await refused(sql)).toContain(why);
  });

  test('nothing that the engine cannot parse: the engine refuses it', async () => {
    expect(await refused('SELEC 1')).toContain('Syntax error');
    expect(await refused("SELECT 'x")).toContain('not closed');
  });
});

describe('the guard lets changes of the store through', () => {
  test.each([
    'DROP TABLE sessions',
    'ALTER TABLE sessions DELETE WHERE bytes = 0',
    'CREATE VIEW v AS SELECT client FROM sessions',
    "INSERT INTO sessions VALUES ('a;b', 1)",
    'OPTIMIZE TABLE sessions FINAL',
  ])('%s', async (sql) => {
    await expect(judgeWriting(sql, ask)).resolves.toMatch(/^[A-Z]/);
  });

  test.each([
    ["CREATE VIEW v AS SELECT file('/etc/passwd')", 'file reads files'],
    ["CREATE VIEW v AS SELECT * FROM url('http://x')", 'url() reads something else'],
    ["ALTER TABLE sessions ADD COLUMN x String ALIAS file('/etc/passwd')", 'file reads files'],
    ["ALTER TABLE sessions MODIFY COLUMN client String DEFAULT file('x')", 'file reads files'],
    ['CREATE FUNCTION f AS x -> file(x)', 'file reads files'],
    ['CREATE VIEW v SQL SECURITY DEFINER AS SELECT 1', 'leave out SQL SECURITY'],
    ["SELECT 1 INTO OUTFILE 'x'", 'INTO OUTFILE writes a file'],
    ['DROP TABLE a; DROP TABLE b', 'there is more than one statement'],
  ])('but not %s', async (sql, why) => {
    await expect(judgeWriting(sql, ask)).rejects.toThrow(why);
  });
});
