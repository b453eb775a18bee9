/** The overview's routes, against plain SQL on the same rows. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/console/contract.js';
import { startConsole, type TestConsole } from '../support/console.js';
import { demoConsole, demoRows } from '../support/demo.js';
import { demoStore } from '../support/demo-store.js';
import { inStore } from '../support/store-copies.js';

const RANGE = 'from=2025-06-02T08:00:00Z&to=2025-06-02T08:10:00Z';
const FAILED = "('REJ', 'S0', 'RSTOS0', 'RSTRH')";

let served: TestConsole;
beforeAll(async () => {
  served = await demoConsole();
});

const figures = (query: string): Promise<Answer<'figures'>> => served.json(`/figures?${query}`);
const top = (query: string): Promise<Answer<'top'>> => served.json(`/top?${RANGE}&${query}`);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('figures', () => {
  it('are what plain SQL says', async () => {
    const [said, [plain]] = await Promise.all([
      figures(RANGE),
      demoRows<Record<string, number>>(
        'SELECT sum(client_bytes + server_bytes) AS bytes, uniqExact(session_id) AS sessions, ' +
          `countIf(transport = 'tcp') AS tcp, countIf(tcp_state IN ${FAILED}) AS failed, ` +
          "quantileExactIf(0.5)(handshake_us, handshake_us > 0 AND match(server, '^10\\\\.')) AS inside, " +
          'quantileExactIf(0.5)(handshake_us, handshake_us > 0 AND ' +
          "NOT match(server, '^10\\\\.')) AS internet, " +
          '(SELECT uniqExact(host) FROM (' +
          'SELECT client_ip AS host FROM sessions WHERE client_packets > 0 UNION ALL ' +
          'SELECT server_ip FROM sessions WHERE server_packets > 0)) AS hosts FROM sessions',
      ),
    ]);
    expect(said.traffic.bytes).toBe(plain.bytes);
    expect(sum(said.traffic.values)).toBe(plain.bytes);
    expect(said.conversations).toMatchObject({ sessions: plain.sessions, hosts: plain.hosts });
    expect(sum(said.conversations.values)).toBe(plain.sessions);
    expect(said.failed).toMatchObject({ failed: plain.failed, tcp: plain.tcp });
    expect(said.failed.most?.client).toBe('10.20.0.28');
    expect(said.handshake.inside.us).toBe(plain.inside);
    expect(said.handshake.internet.us).toBe(plain.internet);
  });

  it('count each conversation once, as it is computed one by one, in an hour or a day', async () => {
    const all = await demoRows<{
      conversation: string;
      point: string;
      first: number;
      last: number;
      halves: number;
      bytes: number;
      failed: number;
    }>(
      'SELECT toString((arraySort([(client, client_port), (server, server_port)]), protocol)) ' +
        'AS conversation, ' +
        'toString((mirror_type, mirror_source, mirror_session, gre_key)) AS point, ' +
        'toUnixTimestamp64Nano(first_seen) / 1e9 AS first, toUnixTimestamp64Nano(last_seen) / 1e9 AS last, ' +
        '(client_packets > 0) + (server_packets > 0) AS halves, client_bytes + server_bytes AS bytes, ' +
        `toUInt8(tcp_state IN ${FAILED}) AS failed FROM sessions`,
    );
    const same = new Map<string, typeof all>();
    for (const row of all) same.set(row.conversation, [...(same.get(row.conversation) ?? []), row]);
    const counted = all.filter((row) =>
      same
        .get(row.conversation)!
        .every(
          (other) =>
            other.point === row.point ||
            Math.floor(other.last) + 1 < Math.floor(row.first) ||
            other.halves < row.halves ||
            (other.halves === row.halves && other.first > row.first),
        ),
    );
    expect(counted.length).toBeLessThan(all.length);
    for (const range of [RANGE, 'from=2025-06-02T00:00:00Z&to=2025-06-03T00:00:00Z']) {
      const once = await figures(`${range}&mirror=once`);
      expect(once.conversations.sessions).toBe(counted.length);
      expect(once.traffic.bytes).toBe(sum(counted.map(({ bytes }) => bytes)));
      expect(once.failed.failed).toBe(sum(counted.map(({ failed }) => failed)));
    }
  });

  it('of the period before are those of that period', async () => {
    const [first, second] = await Promise.all([
      figures('from=2025-06-02T08:00:00Z&to=2025-06-02T08:05:00Z'),
      figures('from=2025-06-02T08:05:00Z&to=2025-06-02T08:10:00Z&before=1'),
    ]);
    expect(second.traffic).toMatchObject({ bytes: first.traffic.bytes, values: first.traffic.values });
    expect(second.from).toBe('2025-06-02T08:00:00.000000000Z');
    type Sums = { series: { total: number }[] };
    const series = await served.json<Sums>(
      '/series?from=2025-06-02T08:05:00Z&to=2025-06-02T08:10:00Z&before=1&by=none',
    );
    expect(series.series[0].total).toBe(first.traffic.bytes);
  });

  it('of a whole hour are the same, whichever table has them', async () => {
    const [part, hour] = await Promise.all([
      figures(RANGE),
      figures('from=2025-06-02T08:00:00Z&to=2025-06-02T09:00:00Z'),
    ]);
    expect(hour.traffic.bytes).toBe(part.traffic.bytes);
    expect(hour.conversations).toMatchObject({
      sessions: part.conversations.sessions,
      hosts: part.conversations.hosts,
    });
    expect(hour.failed).toMatchObject({ failed: part.failed.failed, most: part.failed.most });
    // A roll-up has times in buckets, which are right to 9 %.
    const share = hour.handshake.inside.us! / part.handshake.inside.us!;
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.1);
  });

  it('keep to the conditions and the mirror point', async () => {
    const said = await figures(`${RANGE}&mirror=erspan3,10.0.0.12,2,&f=server:10.30.0.30`);
    const [plain] = await demoRows<{ n: number }>(
      "SELECT count() AS n FROM sessions WHERE mirror_session = 2 AND server = '10.30.0.30'",
    );
    expect(said.conversations.sessions).toBe(plain.n);
    const none = await figures(`${RANGE}&f=server:192.0.2.1`);
    expect(none.failed.most).toBeNull();
    expect(none.handshake.inside.us).toBeNull();
  });

  it('show statements that run as they are', async () => {
    const { traffic, conversations, failed, handshake } = await figures(RANGE);
    for (const { meta } of [traffic, conversations, failed, handshake])
      expect((await demoRows(meta.statement)).length).toBeGreaterThan(0);
  });
});

describe('the first of their kind', () => {
  it.each([
    ['pairs', 'SELECT client, server, sum(client_bytes + server_bytes) AS bytes', 'client, server'],
    [
      'apps',
      "SELECT if(app_protocol = '', transport, app_protocol) AS app, " +
        'sum(client_bytes + server_bytes) AS bytes',
      'app',
    ],
  ])('%s', async (what, select, keys) => {
    const [said, plain] = await Promise.all([
      top(`what=${what}&limit=5`),
      demoRows<Record<string, unknown>>(
        `${select} FROM sessions GROUP BY ${keys} ORDER BY bytes DESC, ${keys} LIMIT 5`,
      ),
    ]);
    expect(said.rows).toHaveLength(5);
    for (const [i, row] of said.rows.entries()) expect(row).toMatchObject(plain[i]);
  });

  it('hosts, which send and receive', async () => {
    const { rows: said } = await top('what=hosts&limit=3');
    const plain = await demoRows<{ host: string; bytes: number }>(
      'SELECT host, sum(bytes) AS bytes FROM (' +
        'SELECT client AS host, client_bytes + server_bytes AS bytes, ether_type FROM sessions ' +
        'UNION ALL SELECT server, client_bytes + server_bytes, ether_type FROM sessions) ' +
        'WHERE ether_type IN (2048, 34525) ' +
        'GROUP BY host ORDER BY bytes DESC LIMIT 3',
    );
    expect(said.map(({ host, bytes }) => ({ host, bytes }))).toEqual(plain);
  });

  it('networks', async () => {
    const { rows: said } = await top('what=networks&limit=20');
    expect(said.map(({ network }) => network)).toContain('10.20.0.0/24');
    expect(said.some(({ network }) => network?.endsWith('::/64'))).toBe(true);
  });

  it('services that are slow', async () => {
    const { rows: said } = await top('what=services&by=handshake_p50&limit=4');
    const plain = await demoRows<{ server: string; p50: number }>(
      'SELECT server, quantileExact(0.5)(handshake_us) AS p50 FROM sessions WHERE handshake_us > 0 ' +
        'GROUP BY server, server_port HAVING count() >= 5 ORDER BY p50 DESC LIMIT 4',
    );
    expect(said[0]).toMatchObject({ server: '203.0.113.80', port: 443, app: 'tls' });
    expect(said.map(({ server, handshake_p50_us }) => ({ server, p50: handshake_p50_us }))).toEqual(plain);
  });

  it('services that fail, with the clients that failed', async () => {
    const { rows: said, meta } = await top('what=services&by=failed&limit=3');
    const [plain] = await demoRows<{ failed: number; refused: number; silent: number; clients: number }>(
      `SELECT countIf(tcp_state IN ${FAILED}) AS failed, ` +
        "countIf(tcp_state IN ('REJ', 'RSTRH')) AS refused, " +
        "countIf(tcp_state IN ('S0', 'RSTOS0')) AS silent, " +
        `uniqExactIf(client, tcp_state IN ${FAILED}) AS clients ` +
        "FROM sessions WHERE server = '10.30.0.30' AND server_port = 8443",
    );
    expect(said[0]).toMatchObject({ server: '10.30.0.30', port: 8443, ...plain });
    const [all] = await demoRows<{ n: number }>(
      `SELECT uniqExact(server_ip, server_port) AS n FROM sessions WHERE tcp_state IN ${FAILED}`,
    );
    expect(meta.cut).toBe(all.n - 3);
  });

  it.each(['handshake_p50', 'response_p95', 'resent'])('pairs by %s is a wrong question', async (by) => {
    const response = await served.get(`/top?what=pairs&by=${by}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { detail: string }).detail).toBe(`by: ${by} is for services only`);
  });

  it('every one has a statement that runs', async () => {
    for (const what of ['pairs', 'hosts', 'networks', 'services', 'apps'] as const)
      for (const by of ['bytes', 'sessions', 'failed'] as const) {
        const { meta } = await top(`what=${what}&by=${by}&limit=2`);
        expect((await demoRows(meta.statement)).length).toBeGreaterThan(0);
      }
    for (const by of ['response_p95', 'resent'] as const)
      expect((await top(`what=services&by=${by}`)).rows.length).toBeGreaterThan(0);
  });
});

describe('loss', () => {
  it('is told by mirror and minute', async () => {
    const loss = await served.json<Answer<'loss'>>(`/loss?${RANGE}`);
    const plain = await demoRows<{ source: string; packets: number; lost: number }>(
      'SELECT toString(mirror_source) AS source, sum(m.packets) AS packets, sum(m.lost) AS lost ' +
        "FROM mirrors AS m WHERE minute < '2025-06-02 08:10:00' GROUP BY source ORDER BY source",
    );
    expect(loss.mirrors.map(({ packets, lost }) => ({ packets, lost }))).toEqual(
      plain.map(({ packets, lost }) => ({ packets, lost })),
    );
    expect(loss).toMatchObject({ interval: 60, restarts: [] });
    const core2 = loss.mirrors.find(({ id }) => id === 'erspan3,10.0.0.12,2,')!;
    expect(core2).toMatchObject({ lost: 232, known: true });
    expect(core2.values).toHaveLength(10);
    expect(sum(core2.values)).toBe(232);
    const one = await served.json<Answer<'loss'>>(`/loss?${RANGE}&mirror=gretap,10.0.0.50,0,300`);
    expect(one.mirrors.map(({ id }) => id)).toEqual(['gretap,10.0.0.50,0,300']);
  });
});

describe('worth a look', () => {
  it('is the story of the demo', async () => {
    const { findings } = await served.json<Answer<'findings'>>(`/findings?${RANGE}`);
    const of = (kind: string) => findings.find((finding) => finding.kind === kind);
    // What somebody has forbidden comes before what is only unusual.
    expect(findings.slice(0, 2)).toEqual([of('policy'), of('scan')]);
    expect(of('policy')).toMatchObject({
      title: 'guests > databases: 44 conversations that a policy does not allow',
      way: { to: '/sessions', search: { f: ['policy:guests > databases'] } },
    });
    expect(of('scan')).toMatchObject({
      title: '10.20.0.28 is scanning',
      way: { to: '/sessions', search: { f: ['client:10.20.0.28', 'tcp_state:REJ,S0,RSTOS0,RSTRH'] } },
    });
    const [doors] = await demoRows<{ n: number }>(
      'SELECT uniqExact(server_ip, server_port) AS n FROM sessions ' +
        "WHERE client = '10.20.0.28' AND transport = 'tcp'",
    );
    expect(of('scan')?.detail).toMatch(new RegExp(`^${doors.n} doors tried`));
    expect(of('refuses')).toMatchObject({
      title: '10.30.0.30:8443 refuses everybody',
      detail: '39 of 40 attempts by 12 clients',
      severity: 'bad',
      more: 0,
    });
    expect(of('loses')).toMatchObject({
      title: 'erspan3 10.0.0.12 session 2 loses 2.1 % of its packets',
      way: { to: '/mirrors/erspan3,10.0.0.12,2,' },
    });
    expect(of('loses')?.detail).toMatch(/^232 of 11,182, in 8 of 10 minutes/);
    expect(of('slow')).toMatchObject({
      title: '203.0.113.80:443 answers slowly',
      way: { to: '/services/203.0.113.80:443' },
      more: 0,
    });
    expect(of('slow')?.detail).toMatch(/mostly the network/);
    expect(of('silent')?.title).toBe('198.51.100.10:5223 answers nobody');
    expect(of('names')?.title).toBe('wpad.corp.example does not exist');
    expect(of('logons')?.detail).toBe('5 attempts as shop at 10.30.0.20, answered 1045 (mysql)');
    expect(of('certificate')?.title).toBe('The certificate of 10.30.0.61:443 expires in 12 days');
    // Nothing else stands out, and nothing twice.
    expect(findings).toHaveLength(9);
    for (const { meta } of findings) expect((await demoRows(meta.statement)).length).toBeGreaterThan(0);
  });

  it('says what was looked for where there is nothing', async () => {
    const { findings, looked } = await served.json<Answer<'findings'>>(
      '/findings?from=2025-06-01T08:00:00Z&to=2025-06-01T08:10:00Z',
    );
    expect(findings).toEqual([]);
    expect(looked).toContain('clients that scan');
  });

  it('keeps to the conditions', async () => {
    const { findings } = await served.json<Answer<'findings'>>(`/findings?${RANGE}&f=server:203.0.113.80`);
    expect(findings.map(({ kind }) => kind)).toEqual(['loses']);
  });
});

describe('on another day, when more is wrong', () => {
  const DAY = 'from=2025-06-03T08:00:00Z&to=2025-06-03T08:10:00Z';
  let other: TestConsole;
  beforeAll(async () => {
    const directory = await demoStore(join(mkdtempSync(join(tmpdir(), 'console-')), 'other'));
    const later = 'first_seen + INTERVAL 1 DAY AS first_seen, last_seen + INTERVAL 1 DAY AS last_seen';
    const copied = (replaced: string, where: string): string =>
      `INSERT INTO sessions SELECT * REPLACE (${later}, ${replaced}) ` +
      `FROM (SELECT * FROM sessions WHERE ${where})`;
    const changes = [
      // A port of which only what clients send is mirrored.
      copied(
        "toUInt16(9) AS mirror_session, toUInt64(0) AS server_packets, 'S0' AS tcp_state, " +
          'toUInt64(100) AS client_payload, generateUUIDv4() AS session_id',
        "tcp_state = 'SF' AND mirror_session = 1",
      ),
      // A service that resets what is established.
      copied(
        "'RSTR' AS tcp_state, generateUUIDv4() AS session_id",
        "server = '10.30.0.30' AND server_port = 80 AND tcp_state = 'SF' AND mirror_session = 1",
      ),
      // A collector that ends, and drops before it does.
      copied(
        "'shutdown' AS end_reason, 'ended' AS collector, generateUUIDv4() AS session_id",
        "app_protocol = 'dns' AND mirror_session = 1 AND first_seen < '2025-06-02 08:01:00'",
      ),
      'INSERT INTO mirrors SELECT * REPLACE (minute + INTERVAL 1 DAY AS minute, toUInt64(0) AS lost, ' +
        "toUInt64(if(minute = '2025-06-02 08:02:00', 7, 0)) AS kernel_drops) FROM mirrors",
    ];
    await inStore(directory, async (store) => {
      for (const change of changes) await text(await store.change(change));
    });
    other = await startConsole(directory);
  });
  afterAll(() => other.close());

  it('says so, and does not take for missing what is not mirrored', async () => {
    const { findings } = await other.json<Answer<'findings'>>(`/findings?${DAY}`);
    expect(findings.map(({ kind }) => kind)).toEqual(['drops', 'one_sided', 'resets']);
    const [drops, sided, resets] = findings;
    expect(drops.title).toBe('This host dropped 7 packets');
    expect(sided.title).toBe('erspan2 10.0.0.11 session 9 mirrors one direction only');
    expect(sided.detail).toMatch(/ packets of clients only: mirror both directions of the port$/);
    expect(resets.title).toBe('10.30.0.30:80 cuts connections off');
  });

  it('counts what the kernel dropped once for all mirrors', async () => {
    const loss = await other.json<Answer<'loss'>>(`/loss?${DAY}`);
    expect(sum(loss.dropped)).toBe(7);
    expect(loss.dropped[2]).toBe(7);
    expect(loss.restarts.length).toBeGreaterThan(0);
    expect(loss.restarts[0].collector).toBe('ended');
  });
});

describe('applications', () => {
  it.each(['dns', 'http', 'databases', 'others'])('%s', async (of) => {
    const said = await served.json<Answer<'applications'>>(`/applications?${RANGE}&of=${of}&limit=100`);
    const apps = { dns: ['dns'], http: ['http'], databases: ['mysql'] }[of];
    const within =
      apps === undefined
        ? "app_protocol NOT IN ('dns', 'http', 'mysql')"
        : `app_protocol IN ('${apps.join("', '")}')`;
    const [plain] = await demoRows<{ asked: number; failed: number }>(
      'SELECT count() AS asked, ' +
        "countIf(outcome IN ('unanswered', 'client_error', 'server_error')) AS failed " +
        `FROM transactions WHERE ${within}`,
    );
    expect(said.tabs.find((tab) => tab.of === of)).toEqual({ of, ...plain });
    const list = said.lists[0].rows;
    expect(sum(list.map(({ failed }) => failed))).toBe(plain.failed);
    for (const { meta } of said.lists) expect((await demoRows(meta.statement)).length).toBeGreaterThan(0);
  });

  it('tls, by version', async () => {
    const said = await served.json<Answer<'applications'>>(`/applications?${RANGE}&of=tls`);
    const plain = await demoRows<{ name: string; asked: number }>(
      "SELECT tls_version AS name, count() AS asked FROM sessions WHERE app_protocol IN ('tls', 'quic') " +
        'GROUP BY name ORDER BY asked DESC',
    );
    expect(said.lists[0].rows.map(({ name, asked }) => ({ name, asked }))).toEqual(plain);
  });
});
