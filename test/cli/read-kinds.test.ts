/** What `read` prints and stores beside sessions: transactions, and several kinds at once. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = 'dist/cli/main.js';
/** Frames under many tags, with DNS in them. */
const CAPTURE = 'test/fixtures/inner-tags.pcap';
const KINDS = ['sessions', 'transactions', 'certificates', 'packets', 'mirrors'];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-kinds-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function run(...words: string[]): { status: number | null; lines: string[]; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), said: stderr };
}

type Row = Record<string, unknown>;
const printed = (kinds: string): Row[] =>
  run('read', CAPTURE, '--quiet', '--ndjson', kinds).lines.map((line) => JSON.parse(line) as Row);

/** Ids of sessions differ from reading to reading. */
function withoutId({ session_id, table, ...row }: Row): Row {
  return row;
}

describe('--ndjson', () => {
  it('prints transactions, each with the id of its session', () => {
    const rows = printed('transactions');
    expect(rows.length).toBeGreaterThan(5);
    expect(rows[0]).toMatchObject({ app_protocol: 'dns', number: 0, answers: expect.any(Array) });
    const both = printed('transactions,sessions');
    const ids = both.filter(({ table }) => table === 'sessions').map(({ session_id }) => session_id);
    for (const row of both.filter(({ table }) => table === 'transactions'))
      expect(ids).toContain(row.session_id);
  });

  it('prints several kinds at once, each line with its table first, and else as alone', () => {
    const { lines } = run('read', CAPTURE, '--quiet', '--ndjson', KINDS.join(','));
    for (const line of lines) expect(line).toMatch(/^\{"table":"[a-z]+",/);
    const rows = lines.map((line) => JSON.parse(line) as Row);
    for (const kind of KINDS) {
      const alone = printed(kind);
      for (const row of alone) expect(row).not.toHaveProperty('table');
      expect(rows.filter(({ table }) => table === kind).map(withoutId)).toEqual(alone.map(withoutId));
    }
  });

  it('takes a kind that is named twice once', () => {
    expect(printed('mirrors,mirrors')).toEqual(printed('mirrors'));
  });

  it('refuses a word among kinds that is none', () => {
    const { status, said } = run('read', CAPTURE, '--ndjson', 'sessions,session');
    expect(status).toBe(2);
    expect(said).toMatch(/--ndjson sessions,session: give one of sessions, transactions, certificates,/);
  });
});

it('what is stored is what is printed, and once with --once', () => {
  const store = join(directory, 'data');
  const ask = (sql: string): string => run('query', sql, '--store', store).lines.join('\n');
  for (let n = 0; n < 2; n++)
    expect(run('read', CAPTURE, '--once', '--quiet', '--store', store).status).toBe(0);
  const rows = printed('transactions');
  const names = rows.map(({ name }) => name).sort();
  expect(ask('SELECT name FROM transactions ORDER BY name')).toBe(names.join('\n'));
  expect(
    ask('SELECT count() FROM transactions WHERE session_id NOT IN (SELECT session_id FROM sessions)'),
  ).toBe('0');
  expect(ask('SELECT count() FROM dns')).toBe(String(rows.length));
});
