/** Statements that people write: streamed, bounded, ended. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { SqlLine } from '../../src/console/contract/sql.js';
import type { Answer } from '../../src/console/contract.js';
import { cookbook } from '../../src/console/cookbook.js';
import { prepared } from '../../src/console/routes/sql.js';
import { csv } from '../../web/src/pages/sql/csv.js';
import type { TestConsole } from '../support/console.js';
import { demoConsole } from '../support/demo.js';

/** It reads for longer than any test waits. */
const ENDLESS = 'SELECT count() FROM numbers(9000000000) WHERE cityHash64(toString(number)) = 0';

let served: TestConsole;
beforeAll(async () => {
  served = await demoConsole();
});

let ids = 0;
async function ask(sql: string, more: object = {}): Promise<SqlLine[]> {
  const body = JSON.stringify({ sql, id: `t${++ids}`, ...more });
  const response = await served.get('/sql', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SqlLine);
}

describe('a statement', () => {
  it('is answered with names, types, rows, and what it took', async () => {
    const lines = await ask('SELECT transport, count() AS n FROM sessions GROUP BY ALL ORDER BY n DESC;');
    expect(lines[0]).toEqual({
      head: [
        { name: 'transport', type: 'LowCardinality(String)' },
        { name: 'n', type: 'UInt64' },
      ],
    });
    const rows = lines.flatMap((line) => ('rows' in line ? line.rows : []));
    expect(rows.reduce((sum, [, n]) => sum + Number(n), 0)).toBe(1710);
    expect(lines.at(-1)).toMatchObject({ done: { rows: rows.length, rows_read: 1710, cut: false } });
  });

  it('keeps integers that numbers of a page cannot hold', async () => {
    const lines = await ask('SELECT 18446744073709551615 AS most');
    expect(lines).toContainEqual({ rows: [['18446744073709551615']] });
  });

  it('may have a format of its own', async () => {
    const lines = await ask("SELECT 1 AS a, 'x' AS b FORMAT CSVWithNames");
    expect(lines.filter((line) => 'text' in line)).toEqual([{ text: '"a","b"\n' }, { text: '1,"x"\n' }]);
  });

  it('is cut at 100,000 rows, and says so', async () => {
    const lines = await ask('SELECT number FROM numbers(200000)');
    expect(lines.at(-1)).toMatchObject({ done: { rows: 100_000, cut: true } });
  });

  it('changes nothing', async () => {
    await expect(ask('DROP TABLE sessions')).rejects.toThrow(/422|400/);
    await expect(ask('SELECT 1; SELECT 2')).rejects.toThrow(/detail/);
    await expect(ask("SELECT * FROM file('/etc/passwd')")).rejects.toThrow(/detail/);
  });

  it('ends when it is cancelled, or when its page leaves', async () => {
    const body = (id: string): RequestInit => ({
      method: 'POST',
      body: JSON.stringify({ sql: ENDLESS, id }),
      headers: { 'content-type': 'application/json' },
    });
    const first = await served.get('/sql', body('mine'));
    expect((await served.get('/sql', body('mine'))).status).toBe(409);
    const ended = await served.get('/queries/mine', { method: 'DELETE' });
    expect(await ended.json()).toEqual({ ended: true });
    await first.text();
    const leaving = new AbortController();
    const second = await served.get('/sql', { ...body('other'), signal: leaving.signal });
    leaving.abort();
    await second.text().catch(() => undefined);
    // Its id and its place are free again once the server has heard.
    const again = async (): Promise<boolean> => {
      const answer = await served.get('/queries/other', { method: 'DELETE' });
      return ((await answer.json()) as { ended: boolean }).ended;
    };
    await expect.poll(again).toBe(false);
    expect((await ask('SELECT 1')).at(-1)).toMatchObject({ done: { rows: 1 } });
  });

  it('is explained', async () => {
    const response = await served.get('/sql/explain', {
      method: 'POST',
      body: JSON.stringify({ sql: "SELECT count() FROM sessions WHERE server_ip = toIPv6('10.30.0.30');" }),
      headers: { 'content-type': 'application/json' },
    });
    expect(((await response.json()) as Answer<'explain'>).plan).toContain('ReadFromMergeTree');
  });

  it.each([
    ['SELECT 1;;  ', 'SELECT 1\nSETTINGS output_format_json_quote_64bit_integers = 1'],
    ["SELECT ' FORMAT '", "SELECT ' FORMAT '\nSETTINGS output_format_json_quote_64bit_integers = 1"],
    ['SELECT 1 FORMAT CSV', 'SELECT 1 FORMAT CSV'],
    ['SHOW TABLES', 'SHOW TABLES'],
  ])('%s becomes what the engine takes', (sql, expected) => {
    expect(prepared(sql)).toBe(expected);
  });
});

describe('what helps with statements', () => {
  it('is the reference of every column', async () => {
    const { tables, functions } = await served.json<Answer<'schema'>>('/schema');
    const sessions = tables.find(({ name }) => name === 'sessions')!;
    expect(sessions.rows).toBe(1710);
    expect(sessions.columns.filter(({ doc }) => doc === '')).toEqual([]);
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'sessions',
        'transactions',
        'mirrors',
        'packets',
        'tunnels',
        'dns',
        'http',
        'tls',
      ]),
    );
    expect(functions).toContain('quantile');
  });

  it('is the cookbook', () => {
    const questions = cookbook();
    expect(questions.length).toBeGreaterThan(55);
    for (const { question, sql } of questions) expect(sql, question).toMatch(/\bSELECT\b/);
  });
});

describe('CSV', () => {
  it('begins no cell as a formula, and quotes what has to be', () => {
    const head = [
      { name: 'name', type: 'String' },
      { name: 'n', type: 'Int64' },
    ];
    const rows = [
      ['=cmd()', '-5'],
      ['+1', '2'],
      ['@x', '3'],
      ['-y', '4'],
      ['a "b", c', null],
      ['plain', '6'],
    ];
    expect(csv(head, rows)).toBe(
      'name,n\r\n\'=cmd(),-5\r\n\'+1,2\r\n\'@x,3\r\n\'-y,4\r\n"a ""b"", c",\r\nplain,6\r\n',
    );
  });
});
