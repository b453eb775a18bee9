/** Networks, roles, sites, systems, countries and policies: the routes' answers against plain SQL. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole, demoRows, demoSession } from '../support/demo.js';
import { makeStore } from '../support/store-copies.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const DAY = 'from=2025-06-02T00:00:00Z&to=2025-06-03T00:00:00Z';
const POLICY = 'guests > databases';

let served: TestConsole;
beforeAll(async () => {
  served = await demoConsole();
});

/** Bytes of each value of a column of both ends, each conversation once for each. */
async function bytesBy(what: string, none = ''): Promise<Map<string, number>> {
  const rows = await demoRows<{ value: string; bytes: number }>(
    `SELECT toString(value) AS value, sum(bytes) AS bytes FROM (
       SELECT client_${what} AS value, client_bytes + server_bytes AS bytes FROM sessions
       UNION ALL
       SELECT server_${what}, client_bytes + server_bytes FROM sessions
       WHERE client_${what} != server_${what})
     WHERE toString(value) != '${none}' GROUP BY value`,
  );
  return new Map(rows.map(({ value, bytes }) => [value, bytes]));
}

describe('what is known', () => {
  it('is told of the store, and nothing of one without', async () => {
    const all = { networks: true, roles: true, sites: true, owners: true };
    expect((await served.json<Answer<'about'>>('/about')).known).toEqual(all);
    const empty = await startConsole(await makeStore(join(mkdtempSync(join(tmpdir(), 'who-')), 'store')));
    onTestFinished(() => empty.close());
    const none = { networks: false, roles: false, sites: false, owners: false };
    expect((await empty.json<Answer<'about'>>('/about')).known).toEqual(none);
  });

  it.each([
    ['named_networks', 'network'],
    ['roles', 'role'],
    ['sites', 'site'],
    ['countries', 'country'],
  ])('ranks %s', async (what, column) => {
    const { rows } = await served.json<Answer<'top'>>(`/top?${RANGE}&what=${what}&limit=100`);
    expect(new Map(rows.map(({ name, bytes }) => [name, bytes]))).toEqual(await bytesBy(column));
    expect(rows.map(({ bytes }) => bytes)).toEqual(rows.map(({ bytes }) => bytes).sort((a, b) => b - a));
  });

  it('ranks systems, with who they are', async () => {
    const { rows } = await served.json<Answer<'top'>>(`/top?${RANGE}&what=systems&limit=100`);
    expect(new Map(rows.map(({ asn, bytes }) => [String(asn), bytes]))).toEqual(await bytesBy('asn', '0'));
    expect(rows.find(({ asn }) => asn === 64496)?.name).toBe('Example Cloud');
  });

  it.each([
    ['network', 'network'],
    ['role', 'role'],
    ['host_site', 'site'],
    ['as', 'as_org'],
    ['country', 'country'],
  ])('has values of %s of either side', async (word, column) => {
    const { values } = await served.json<Answer<'values'>>(`/values?${RANGE}&column=${word}&by=bytes`);
    const known = values.filter(({ value }) => value !== '');
    expect(new Map(known.map(({ value, bytes }) => [value, bytes]))).toEqual(await bytesBy(column));
    for (const { value, rows } of known.slice(0, 2)) {
      const f = encodeURIComponent(`${word}:${value}`);
      expect((await served.json<Answer<'sessionsCount'>>(`/sessions/count?${RANGE}&f=${f}`)).rows).toBe(rows);
    }
  });

  it('is a series of both roles', async () => {
    const { series, meta } = await served.json<Answer<'series'>>(`/series?${RANGE}&by=role&top=20`);
    const rows = await demoRows<{ name: string; total: number }>(
      `SELECT concat(if(client_role = '', 'other', client_role), ' > ',
         if(server_role = '', 'other', server_role)) AS name, sum(client_bytes + server_bytes) AS total
       FROM sessions GROUP BY name ORDER BY total DESC LIMIT 8`,
    );
    expect(series.slice(0, 8).map(({ name, total }) => ({ name, total }))).toEqual(rows);
    expect(meta.table).toBe('sessions');
  });
});

describe('hosts', () => {
  const who = { role: 'guests', site: 'berlin', asn: 0, as_org: '', country: '' };

  it.each([RANGE, DAY])('have their network or owner in the list (%s)', async (range) => {
    const { rows } = await served.json<Answer<'hosts'>>(`/hosts?${range}`);
    const of = (address: string) => rows.find((row) => row.address === address);
    expect(of('10.20.0.28')).toMatchObject({ network: 'office guests', ...who });
    expect(of('10.30.0.20')).toMatchObject({ network: 'databases', role: 'databases', site: 'frankfurt' });
    expect(of('203.0.113.80')).toMatchObject({
      network: '',
      asn: 64499,
      as_org: 'Example Software',
      country: 'AU',
    });
    expect(of('2001:db8:cd::1')).toMatchObject({ asn: 64496, country: 'IE' });
    expect(of('2001:db8:20::11')).toMatchObject({ network: 'office', role: 'staff' });
  });

  it('have them on their page, and a prefix all of its own', async () => {
    const { facts } = await served.json<Answer<'host'>>(`/hosts/203.0.113.80?${RANGE}`);
    const { networks, systems, countries } = facts;
    expect({ networks, systems, countries }).toEqual({
      networks: [],
      systems: ['AS64499 Example Software'],
      countries: ['AU'],
    });
    const prefix = await served.json<Answer<'host'>>(`/hosts/10.20.0.0/24?${RANGE}`);
    expect(prefix.facts.networks).toEqual(['accounting', 'office', 'office guests', 'phones']);
    expect(prefix.facts.sites).toEqual(['berlin']);
  });
});

describe('the map', () => {
  it('gathers hosts by what is known of them, else by their system, else by their prefix', async () => {
    const groups = async (group: string): Promise<Map<string, string>> => {
      const { nodes } = await served.json<Answer<'map'>>(`/map?${RANGE}&group=${group}`);
      return new Map(nodes.map((node) => [node.id, node.group]));
    };
    const [networks, roles, systems] = await Promise.all(['network', 'role', 'system'].map(groups));
    expect(networks!.get('10.20.0.33')).toBe('accounting');
    expect(networks!.get('198.51.100.10')).toBe('AS64496 Example Cloud');
    expect(roles!.get('10.50.0.11')).toBe('staff');
    expect(systems!.get('203.0.113.80')).toBe('AS64499 Example Software');
    expect(systems!.get('10.30.0.10')).toBe('10.30.0.0/24');
  });

  it('gathers the hosts of a long range, too', async () => {
    const { nodes, meta } = await served.json<Answer<'map'>>(`/map?${DAY}&limit=20&group=role`);
    expect(meta.table).toBe('hosts_by_hour');
    expect(nodes.find(({ id }) => id === '10.30.0.30')?.group).toBe('servers');
  });

  it('has networks for nodes, with the conditions of each', async () => {
    const { nodes, links, total } = await served.json<Answer<'map'>>(`/map?${RANGE}&level=net&group=network`);
    const [{ bytes }] = await demoRows<{ bytes: number }>(
      `SELECT sum(client_bytes + server_bytes) AS bytes FROM sessions
       WHERE (client_network, server_network) IN (('office guests', 'databases'))`,
    );
    const pair = ['databases', 'office guests'];
    expect(links.find(({ a, b }) => [a, b].sort().join() === pair.join())?.bytes).toBe(bytes);
    expect(total).toBe(links.reduce((sum, link) => sum + link.bytes, 0));
    const conditions = new Map(nodes.map(({ id, f }) => [id, f]));
    expect(conditions.get('office guests')).toBe('network:office guests');
    expect(conditions.get('AS64496 Example Cloud')).toBe('as:64496');
    expect(conditions.get('(none)')).toBe('');
    const some = await served.json<Answer<'map'>>(
      `/map?${RANGE}&level=net&group=network&limit=1&expand=office%20guests`,
    );
    expect(some.links.length).toBeGreaterThan(1);
  });
});

describe('a conversation', () => {
  it('says who both ends are, and which policy it breaks', async () => {
    const id = await demoSession(`policy = '${POLICY}'`);
    const { session } = await served.json<Answer<'session'>>(`/sessions/${id}`);
    expect(session).toMatchObject({
      client_network: 'office guests',
      server_network: 'databases',
      client_role: 'guests',
      server_role: 'databases',
      policy: POLICY,
    });
  });
});

describe('policies', () => {
  it('are listed with what they do not allow, and stand out', async () => {
    const [{ n, failed }] = await demoRows<{ n: number; failed: number }>(
      `SELECT uniqExact(session_id) AS n,
         uniqExactIf(session_id, tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH')) AS failed
       FROM policy_violations`,
    );
    const { rows, of_all } = await served.json<Answer<'policies'>>(`/policies?${RANGE}`);
    expect(of_all).toBe(1);
    expect(rows[0]).toMatchObject({
      policy: POLICY,
      client_network: 'office guests',
      server_network: 'databases',
      sessions: n,
      failed,
      clients: 1,
      servers: 1,
    });
    const { findings } = await served.json<Answer<'findings'>>(`/findings?${RANGE}`);
    const found = findings.find(({ kind }) => kind === 'policy')!;
    expect(found.title).toBe(`${POLICY}: ${n} conversations that a policy does not allow`);
    expect(found.detail).toBe(`10.20.0.28, with 1 server; ${failed} came to nothing`);
    const f = encodeURIComponent(found.way.search.f![0]!);
    expect((await served.json<Answer<'sessionsCount'>>(`/sessions/count?${RANGE}&f=${f}`)).rows).toBe(n);
    // One may be asked about transactions, too.
    expect((await served.get(`/transactions/count?${RANGE}&f=${f}`)).status).toBe(200);
  });
});
