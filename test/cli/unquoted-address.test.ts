import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressHint } from '../../src/cli/query/unquoted-address.js';
import { openStore } from '../../src/store/open.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { MAIN } from '../support/collector.js';
import { runLines } from '../support/command-lines.js';
import { numberedSegment } from '../support/sessions.js';

const SYNTAX = 'data: Syntax error: failed at position 9 (SYNTAX_ERROR)';
const hint = (sql: string): string => addressHint(SYNTAX, sql).replace(/^; .*: (?=[ci][ls]\w+[ (])/, '');

describe('an address without quotes', () => {
  it.each([
    ['client_ip = 10.0.0.1', "client_ip = '10.0.0.1'"],
    ['client_ip=10.0.0.1 AND server_port=443', "client_ip = '10.0.0.1'"],
    ['client_ip IN (10.0.0.1, 10.0.0.2)', "client_ip = '10.0.0.1'"],
    ['client_ip = 10.0.0.0/8', "isIPAddressInRange(client, '10.0.0.0/8')"],
    ['server_ip = 2001:db8::1', "client_ip = '2001:db8::1'"],
    ['server_ip = ::1', "client_ip = '::1'"],
    ['server_ip = ::ffff:10.0.0.1', "client_ip = '::ffff:10.0.0.1'"],
    ['server_ip = 2001:db8:0:0:0:0:0:1', "client_ip = '2001:db8:0:0:0:0:0:1'"],
    ['server_ip = FE80::1/64', "isIPAddressInRange(client, 'FE80::1/64')"],
    ['client_mac = 00:1E:22:33:44:55', "client_mac = '00:1e:22:33:44:55'"],
    ['client_mac = 00-1e-22-33-44-55', "client_mac = '00:1e:22:33:44:55'"],
    ['client_mac = 001e.2233.4455', "client_mac = '00:1e:22:33:44:55'"],
    ["client = 'it''s' AND client_ip = 10.0.0.1", "client_ip = '10.0.0.1'"],
  ])('is found: %s', (sql, written) => {
    expect(hint(sql)).toBe(written);
  });

  it.each([
    "client_ip = '10.0.0.1' AND",
    "client_ip = '10.0.0.1' AND server_ip = '2001:db8::1' AN",
    "client_ip = toIPv6('::1') (",
    'client_port::String = ',
    'bad::Date, 1::UInt8 FROM',
    'round(10.25, 1) 1.5e3 now() - 1.0',
    "first_seen > '2025-06-02 08:00:00' (",
    '12:30:15',
    'SELECT 1 -- 10.0.0.1',
    'SELECT /* 10.0.0.1 */',
    'version 1.2.3.400',
  ])('is not found where there is none: %s', (sql) => {
    expect(hint(sql)).toBe('');
  });

  it('gives no hint if the store understood the statement', () => {
    const message = 'data: Table nonsense does not exist (UNKNOWN_TABLE)';
    expect(addressHint(message, 'SELECT 1 FROM nonsense WHERE x = 10.0.0.1')).toBe('');
  });
});

describe('a hint', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-hint-'));
  const data = join(directory, 'data');
  let server: ClickHouseServer;
  beforeAll(async () => {
    const store = openStore(data, { create: true });
    await store.migrate();
    await store.insert('sessions', numberedSegment(0, 3), 'a', 3);
    await store.close();
    server = await ClickHouseServer.start();
    const remote = openStore(`${server.url}/mirrorlake`, { create: true });
    await remote.migrate();
    await remote.close();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const CONDITIONS = ['client_ip = 10.1.0.7', 'client_ip = 2001:db8::1', 'client_mac = 00:1e:22:33:44:55'];

  it.each([
    // One condition only, because each command starts an engine.
    ['embedded', CONDITIONS.slice(0, 1)],
    ['server', CONDITIONS],
  ])('is given by query and export: %s', async (kind, conditions) => {
    const store = kind === 'embedded' ? data : `${server.url}/mirrorlake`;
    const lines = conditions.flatMap((condition) => [
      ['query', `SELECT count() FROM sessions WHERE ${condition}`, '--store', store],
      ['export', '--where', condition, '--output', join(directory, 'o'), '--store', store],
    ]);
    for (const [i, { status, stderr }] of (await runLines(lines)).entries()) {
      expect(status).toBe(1);
      const [column, address] = conditions[i >> 1].split(' = ');
      expect(stderr).toMatch(/^mirrorlake: .*; an address is text, and stands in quotes: .*\n$/);
      expect(stderr).toContain(`${column} = '${address}'\n`);
    }
  });

  it('is given in a process of its own, too', () => {
    const words = ['query', `SELECT 1 WHERE ${CONDITIONS[0]}`, '--store', `${server.url}/mirrorlake`];
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/; an address is text, and stands in quotes: client_ip = '10\.1\.0\.7'\n$/);
  });

  it('fits the errors of an embedded engine, and names a condition that the store accepts', async () => {
    const store = openStore(data, { create: false });
    try {
      for (const condition of CONDITIONS) {
        const sql = `SELECT count() FROM sessions WHERE ${condition}`;
        const error = await store.query(sql).catch((e: Error) => e);
        expect(addressHint((error as Error).message, sql)).toContain('stands in quotes');
      }
      for (const condition of ["client_ip = '10.1.0.2'", "isIPAddressInRange(client, '10.1.0.0/24')"]) {
        const sql = `SELECT count() > 0 FROM sessions WHERE ${condition}`;
        expect(await text(await store.query(sql))).toBe('1\n');
      }
    } finally {
      await store.close();
    }
  });
});
