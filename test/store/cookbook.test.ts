import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabData } from '../support/lab-data.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/how-to/cookbook.md'), 'utf8');
/** The title and statement of each query of the page. */
const queries = PAGE.split(/^### /m)
  .slice(1)
  .map((part) => [part.slice(0, part.indexOf('\n')), /```sql\n([^`]*)```/.exec(part)?.[1] ?? ''] as const);

describe('the cookbook, on the demo', () => {
  let data: LabData;
  beforeAll(async () => {
    data = await LabData.start();
  });
  afterAll(() => data.stop());

  it('has 76 queries, numbered', () => {
    expect(queries.map(([title]) => Number.parseInt(title, 10))).toEqual(
      Array.from({ length: 76 }, (_, i) => i + 1),
    );
  });

  it.each(queries)('%s', async (_, sql) => {
    const rows = await data.ask(sql);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('has a volume that counts each conversation once, which is less than a plain sum', async () => {
    const sql = /```sql\n([^`]*)```/.exec(PAGE.slice(0, PAGE.indexOf('\n### ')))![1];
    const inBytes = sql.replaceAll('formatReadableSize', 'toUInt64');
    const [row] = await data.ask(inBytes);
    const [{ plain }] = await data.ask('SELECT sum(client_bytes + server_bytes) AS plain FROM sessions');
    expect(row.what_a_plain_sum_says).toBe(plain);
    expect(Number(row.volume)).toBeGreaterThan(0);
    expect(Number(row.volume)).toBeLessThan(Number(plain));
    expect(await data.ask(sql)).toHaveLength(1);
  });

  it('counts conversations, not their parts', () => {
    for (const [title, sql] of queries)
      if (/count\(\) AS (conversations|connections|attempts|tried)/.test(sql))
        expect(sql, title).not.toMatch(/FROM sessions\b/);
  });

  const answer = (n: number): Promise<Record<string, unknown>[]> => data.ask(queries[n - 1][1]);

  it('finds the scanner, the slow service and the mirror that loses', async () => {
    expect(await answer(19)).toEqual([expect.objectContaining({ client: '10.20.0.28' })]);
    expect((await answer(14))[0]).toMatchObject({ server: '203.0.113.80', server_port: 443 });
    expect((await answer(26))[0]).toMatchObject({ mirror_source: '::ffff:10.0.0.12', lost: 232 });
    expect((await answer(31))[0]).toMatchObject({ server: '198.51.100.59', server_port: 443 });
    expect((await answer(33))[0]).toMatchObject({ mirror_source: '::ffff:10.0.0.12' });
    expect((await answer(16)).map((row) => row.server)).toContain('10.30.0.10');
  });

  it('finds what is lost, slow and dropped between two places', async () => {
    expect((await answer(64))[0]).toMatchObject({ from_mirror: 'access-1', lost_packets: 3840 });
    expect((await answer(65))[0]).toMatchObject({ median_ms: 1, clock: 'relative' });
    expect(await answer(66)).toEqual([
      expect.objectContaining({ server: '10.30.0.10', server_port: 3389, dropped: 9 }),
    ]);
  });

  it('finds who addresses are, and what a policy does not allow', async () => {
    expect(await answer(67)).toContainEqual(
      expect.objectContaining({ client_role: 'servers', server_role: 'databases' }),
    );
    expect(await answer(68)).toContainEqual(
      expect.objectContaining({ client_site: 'lisbon', server_site: 'frankfurt' }),
    );
    expect(await answer(69)).toEqual([
      expect.objectContaining({ client_role: 'guests', server_role: 'databases' }),
    ]);
    expect((await answer(71))[0]).toMatchObject({ server_asn: 64496, owner: 'Example Cloud' });
    expect(await answer(74)).toEqual([expect.objectContaining({ client: '10.20.0.28', opened: 0 })]);
    expect(await answer(75)).toContainEqual(
      expect.objectContaining({ client: '10.20.0.11', client_name: 'leo-laptop' }),
    );
  });

  it('finds what applications say', async () => {
    expect(await answer(45)).toEqual([expect.objectContaining({ query: 'git.corp.example' })]);
    expect(await answer(36)).toContainEqual(
      expect.objectContaining({ server: '10.30.0.10', server_port: 445, name: 'files.corp.example' }),
    );
    expect((await answer(47)).slice(0, 2)).toEqual([
      expect.objectContaining({ server_name: 'crm.example.com', slower: 'network' }),
      expect.objectContaining({ server_name: 'login.example.org', slower: 'server' }),
    ]);
    expect(await answer(48)).toContainEqual(
      expect.objectContaining({ host: 'olga-laptop', mac: '02:20:00:00:00:0e', address: '10.20.0.14' }),
    );
    const failed = new Set((await answer(49)).map((row) => row.app_protocol));
    expect([...failed].sort()).toEqual(['kerberos', 'ldap', 'mysql', 'smb']);
    expect(await answer(50)).toEqual([expect.objectContaining({ client: '10.20.0.28', services: 2 })]);
    expect(await answer(54)).toEqual([expect.objectContaining({ subject: 'printer.corp.example' })]);
    expect((await answer(53))[0]).toMatchObject({ subject: 'camera.corp.example' });
    expect((await answer(56))[0]).toMatchObject({ tls_cipher: 'TLS_RSA_WITH_3DES_EDE_CBC_SHA' });
    expect((await answer(39))[0]).toMatchObject({ host: 'intranet.corp.example', path: '/report/quarter' });
    expect((await answer(60))[0]).toMatchObject({ error: '1146' });
    expect((await answer(62))[0]).toMatchObject({ lost: 14, percent: 5.9, mirror_percent: 0 });
    expect(new Set((await answer(63)).map((row) => row.mirror_source))).toEqual(
      new Set(['::ffff:10.0.0.12']),
    );
  });
});
