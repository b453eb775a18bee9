/**
 * This version inserts segments that earlier versions spooled. test/fixtures/spooled/N has segments that the
 * version with migration N wrote, and the rows that its store made of them. Columns added since then have
 * their defaults.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TABLE_NAMES, TABLES, type TableName } from '../../src/model/columns/tables.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';

const SPOOLED = join(import.meta.dirname, '../fixtures/spooled');
const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-spooled-'));
let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Row = Readonly<Record<string, unknown>>;

function rowsOf(ndjson: string): Row[] {
  return ndjson
    .trim()
    .split('\n')
    .sort()
    .map((line) => JSON.parse(line) as Row);
}

/** The value of a column for which a segment has no field. */
function defaultOf(table: TableName, name: string): unknown {
  const type = TABLES[table].columns.find((column) => column.name === name)?.type;
  if (type?.kind === 'nullable') return null;
  if (type?.kind === 'later') return type.absent;
  if (type?.kind === 'texts') return [];
  return type?.proto === 'string' ? '' : 0;
}

describe.each(['embedded', 'server'])('a store (%s)', (kind) => {
  describe.each(readdirSync(SPOOLED))('inserts segments of version %s:', (version) => {
    let store: Store;
    beforeAll(async () => {
      const name = `from_${version}`;
      store = openStore(kind === 'embedded' ? join(directory, name) : `${server.url}/${name}`, {
        create: true,
      });
      await store.migrate();
    });
    afterAll(() => store?.close());

    const tables = TABLE_NAMES.filter((table) => existsSync(join(SPOOLED, version, `${table}.pb`)));
    it.each(tables)('%s', async (table) => {
      const before = rowsOf(readFileSync(join(SPOOLED, version, `${table}.ndjson`), 'utf8'));
      await store.insert(
        table,
        readFileSync(join(SPOOLED, version, `${table}.pb`)),
        `spooled-${table}`,
        before.length,
      );
      const frame = table === 'packets' ? ' REPLACE (base64Encode(frame) AS frame)' : '';
      const stored = rowsOf(
        await text(await store.query(`SELECT *${frame} FROM ${table}`, { format: 'JSONEachRow' })),
      );
      const known = new Set(Object.keys(before[0]));
      const added = Object.keys(stored[0]).filter((name) => !known.has(name));
      const defaults = Object.fromEntries(added.map((name) => [name, defaultOf(table, name)]));
      const byText = (a: Row, b: Row) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
      const ordered = (rows: readonly Row[]) =>
        rows.map((row) => Object.fromEntries(Object.entries(row).sort())).sort(byText);
      expect(ordered(stored)).toEqual(ordered(before.map((row) => ({ ...row, ...defaults }))));
    });
  });
});
