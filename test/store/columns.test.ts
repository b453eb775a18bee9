import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TABLES } from '../../src/model/columns/tables.js';
import { openStore } from '../../src/store/open.js';
import {
  certificateRecord,
  hopRecord,
  mirrorRecord,
  nameRecord,
  networkRecord,
  pathRecord,
  sessionRecord,
  transactionRecord,
  tunnelRecord,
} from '../support/arbitrary-records.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import {
  certificateJson,
  hopJson,
  mirrorJson,
  nameJson,
  networkJson,
  pathJson,
  sessionJson,
  transactionJson,
  tunnelJson,
} from '../support/row-json.js';

interface Column {
  name: string;
  type: string;
  alias: boolean;
}

/** The tables of the page: each has a heading, and rows of name, type and meaning. */
function documented(): Map<string, Column[]> {
  const tables = new Map<string, Column[]>();
  let columns: Column[] = [];
  for (const line of readFileSync('docs/reference/columns.md', 'utf8').split('\n')) {
    const heading = /^## (\w+)$/.exec(line);
    if (heading !== null) {
      columns = [];
      tables.set(heading[1], columns);
    }
    const row = /^\| (\w+) \| (.+?) \| (.+) \|$/.exec(line);
    if (row !== null && row[1] !== 'Column')
      columns.push({ name: row[1], type: row[2], alias: row[3].startsWith('*alias*') });
  }
  return tables;
}

let server: ClickHouseServer;
const stored = new Map<string, Column[]>();
beforeAll(async () => {
  server = await ClickHouseServer.start();
  const store = openStore(server.url, { create: true });
  await store.migrate();
  const answer = await text(
    await store.query(
      `SELECT table, name, type, default_kind FROM system.columns WHERE database = 'default'
         AND table NOT IN (SELECT name FROM system.tables WHERE engine = 'MaterializedView') ORDER BY table,
           position`,
      { format: 'JSONEachRow' },
    ),
  );
  for (const line of answer.trim().split('\n')) {
    const { table, name, type, default_kind } = JSON.parse(line) as Record<string, string>;
    if (!stored.has(table)) stored.set(table, []);
    // The page has the words of an Enum8 in its meaning.
    stored
      .get(table)
      ?.push({ name, type: type.replace(/^Enum8\(.*$/, 'Enum8'), alias: default_kind === 'ALIAS' });
  }
  await store.close();
});
afterAll(() => server?.stop());

test('the page documents every table', () => {
  expect([...documented().keys()].sort()).toEqual([...stored.keys()].sort());
});

describe.each([...documented().keys()])('the page, for %s,', (table) => {
  test('has every column with its type, in the order of the table', () => {
    expect(documented().get(table)).toEqual(stored.get(table));
  });
});

test('the page explains every word of an enum', async () => {
  const page = readFileSync('docs/reference/columns.md', 'utf8');
  const enums = (
    await server.sql(
      "SELECT name, type FROM system.columns WHERE database = 'default' AND type LIKE 'Enum8%' FORMAT TSV",
    )
  ).matchAll(/^(\w+)\t(.*)$/gm);
  for (const [, name, type] of enums) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} |`));
    for (const [, word] of type.matchAll(/'(\w+)\\?'/g))
      expect(row, `${name}: ${word}`).toContain(`\`${word}\``);
  }
});

describe.each(Object.values(TABLES))('the declaration of $name', ({ name, message, columns, derived }) => {
  test('has the columns of the store, with names, types, codecs and order', async () => {
    const rows = await server.sql(
      "SELECT name, type, compression_codec FROM system.columns WHERE database = 'default' AND " +
        `table = '${name}' ORDER BY position FORMAT TSVRaw`,
    );
    const declared = [
      ...columns.map((c) => [c.name, c.type.clickhouse, c.codec === undefined ? '' : `CODEC(${c.codec})`]),
      ...derived.map((c) => [c.name, c.derived, '']),
    ];
    // ClickHouse adds the default level of Delta, which is the width of the type.
    expect(
      rows
        .trimEnd()
        .replaceAll(/Delta\(\d\)/g, 'Delta')
        .split(/\t?\n/),
    ).toEqual(declared.map((column) => column.join('\t').trimEnd()));
  });

  test('has the fields of the Protobuf schema', async () => {
    const root = await new protobuf.Root().load(`schemas/mirrorlake/v1/${message.toLowerCase()}.proto`, {
      keepCase: true,
    });
    const fields = root.lookupType(`mirrorlake.v1.${message}`).fieldsArray;
    const numbered = (a: { id: number }, b: { id: number }) => a.id - b.id;
    expect(fields.map(({ name: n, id }) => ({ name: n, id })).sort(numbered)).toEqual(
      columns.map((c) => ({ name: c.name, id: c.field })).sort(numbered),
    );
  });
});

test('NDJSON has the columns in the order of the tables', () => {
  const [session] = fc.sample(sessionRecord, 1);
  const [mirror] = fc.sample(mirrorRecord, 1);
  const [tunnel] = fc.sample(tunnelRecord, 1);
  const names = (table: string) =>
    stored
      .get(table)
      ?.filter((c) => !c.alias)
      .map((c) => c.name);
  const session_keys = Object.keys(JSON.parse(sessionJson(session, 'c')));
  expect(session_keys.filter((k) => k !== 'community_id')).toEqual(names('sessions'));
  expect(session_keys.indexOf('community_id')).toBe(2);
  const [transaction] = fc.sample(transactionRecord, 1);
  const [certificate] = fc.sample(certificateRecord, 1);
  const transaction_keys = Object.keys(JSON.parse(transactionJson(transaction, 'c')));
  expect(transaction_keys.filter((k) => k !== 'community_id')).toEqual(names('transactions'));
  expect(Object.keys(JSON.parse(certificateJson(certificate, 'c')))).toEqual(names('certificates'));
  expect(Object.keys(JSON.parse(mirrorJson(mirror, 'c')))).toEqual(names('mirrors'));
  expect(Object.keys(JSON.parse(tunnelJson(tunnel, 'c')))).toEqual(names('tunnels'));
  const [path] = fc.sample(pathRecord, 1);
  const [hop] = fc.sample(hopRecord, 1);
  expect(Object.keys(JSON.parse(pathJson(path, 'c')))).toEqual(names('paths'));
  expect(Object.keys(JSON.parse(hopJson(hop, 'c')))).toEqual(names('hops'));
  const [name] = fc.sample(nameRecord, 1);
  const [network] = fc.sample(networkRecord, 1);
  expect(Object.keys(JSON.parse(nameJson(name)))).toEqual(names('names'));
  expect(Object.keys(JSON.parse(networkJson(network)))).toEqual(names('network_loads'));
});
