/** What `read` prints and stores beside sessions: transactions, and several kinds at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLine } from '../support/command-lines.js';
import { makeStore } from '../support/store-copies.js';

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

async function run(...words: string[]): Promise<{ status: number; lines: string[]; said: string }> {
  const { status, stdout, stderr } = await runLine(words);
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), said: stderr };
}

type Row = Record<string, unknown>;
async function printed(kinds: string): Promise<Row[]> {
  const { lines } = await run('read', CAPTURE, '--quiet', '--ndjson', kinds);
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Ids of sessions differ from reading to reading. */
function withoutId({ session_id, table, ...row }: Row): Row {
  return row;
}

describe('--ndjson', () => {
  it('prints transactions, each with the id of its session', async () => {
    const rows = await printed('transactions');
    expect(rows.length).toBeGreaterThan(5);
    expect(rows[0]).toMatchObject({ app_protocol: 'dns', number: 0, answers: expect.any(Array) });
    const both = await printed('transactions,sessions');
    const ids = both.filter(({ table }) => table === 'sessions').map(({ session_id }) => session_id);
    for (const row of both.filter(({ table }) => table === 'transactions'))
      expect(ids).toContain(row.session_id);
  });

  it('prints several kinds at once, each line with its table first, and else as alone', async () => {
    const { lines } = await run('read', CAPTURE, '--quiet', '--ndjson', KINDS.join(','));
    for (const line of lines) expect(line).toMatch(/^\{"table":"[a-z]+",/);
    const rows = lines.map((line) => JSON.parse(line) as Row);
    for (const kind of KINDS) {
      const alone = await printed(kind);
      for (const row of alone) expect(row).not.toHaveProperty('table');
      expect(rows.filter(({ table }) => table === kind).map(withoutId)).toEqual(alone.map(withoutId));
    }
  });

  it('takes a kind that is named twice once', async () => {
    expect(await printed('mirrors,mirrors')).toEqual(await printed('mirrors'));
  });

  it('refuses a word among kinds that is none', async () => {
    const { status, said } = await run('read', CAPTURE, '--ndjson', 'sessions,session');
    expect(status).toBe(2);
    expect(said).toMatch(/--ndjson sessions,session: give one of sessions, transactions, certificates,/);
  });
});

it('what is stored is what is printed, and once with --once', async () => {
  const store = await makeStore(join(directory, 'data'));
  const ask = async (sql: string) => (await run('query', sql, '--store', store)).lines.join('\n');
  for (let n = 0; n < 2; n++)
    expect((await run('read', CAPTURE, '--once', '--quiet', '--store', store)).status).toBe(0);
  const rows = await printed('transactions');
  const names = rows.map(({ name }) => name).sort();
  expect(await ask('SELECT name FROM transactions ORDER BY name')).toBe(names.join('\n'));
  expect(
    await ask('SELECT count() FROM transactions WHERE session_id NOT IN (SELECT session_id FROM sessions)'),
  ).toBe('0');
  expect(await ask('SELECT count() FROM dns')).toBe(String(rows.length));
});
