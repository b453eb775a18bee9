import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { DEFAULT_LAYOUT, migrationStatements, migrations } from '../../src/store/migrations.js';
import { openStore } from '../../src/store/open.js';
import { fillStatements, ROLLUPS } from '../../src/store/rollups.js';
import type { Store } from '../../src/store/store.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { PATIENCE, TestCollector } from '../support/collector.js';
import { runLine } from '../support/command-lines.js';
import { LabData } from '../support/lab-data.js';
import { describeWith } from '../support/needs.js';
import { bytesUpTo, numberedSegment } from '../support/sessions.js';

const POINT = 'mirror_type, mirror_source, mirror_session, gre_key';
const FAILED = "tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH')";

/** What is asked of `sessions`, and the same of a roll-up. */
const QUESTIONS: [string, string, string][] = [
  [
    'figures',
    `SELECT count(), sum(client_packets), sum(server_packets), sum(client_bytes), sum(server_bytes),
       sum(client_retransmits), sum(server_retransmits), countIf(handshake_us > 0), sum(handshake_us),
       countIf(${FAILED}) FROM sessions`,
    `SELECT sum(sessions), sum(client_packets), sum(server_packets), sum(client_bytes), sum(server_bytes),
       sum(client_retransmits), sum(server_retransmits), sum(handshakes), sum(handshake_us),
       sumIf(sessions, ${FAILED}) FROM traffic_by_minute`,
  ],
  ...['mirror_source, mirror_session', 'app_protocol', 'tcp_state', 'transport'].map(
    (by): [string, string, string] => [
      `a chart by ${by}`,
      `SELECT toStartOfMinute(first_seen) AS minute, ${by}, sum(client_bytes + server_bytes), count()
         FROM sessions GROUP BY ALL ORDER BY ALL`,
      `SELECT minute, ${by}, sum(client_bytes) + sum(server_bytes), sum(sessions)
         FROM traffic_by_minute GROUP BY ALL ORDER BY ALL`,
    ],
  ),
  [
    'top hosts of each mirror point',
    `SELECT ${POINT}, host, sum(NOT serves), sum(serves), sum(NOT serves AND ${FAILED}),
       sum(serves AND ${FAILED}), sum(if(serves, server_packets, client_packets)),
       sum(if(serves, client_packets, server_packets)), sum(if(serves, server_bytes, client_bytes)),
       sum(if(serves, client_bytes, server_bytes))
     FROM (SELECT *, serves, if(serves, server_ip, client_ip) AS host
       FROM sessions ARRAY JOIN [0, 1] AS serves)
     GROUP BY ${POINT}, host ORDER BY ALL`,
    `SELECT ${POINT}, host, sum(client_sessions), sum(server_sessions), sum(client_failed),
       sum(server_failed), sum(packets_sent), sum(packets_received), sum(bytes_sent), sum(bytes_received)
     FROM hosts_by_hour GROUP BY ${POINT}, host ORDER BY ALL`,
  ],
  [
    'services, and how their conversations end',
    `SELECT server_ip, server_port, protocol, max(app_protocol), count(),
       countIf(tcp_state IN ('S0', 'RSTOS0')), countIf(tcp_state IN ('REJ', 'RSTRH')),
       countIf(tcp_state IN ('RSTO', 'RSTR')), sum(client_packets), sum(server_packets), sum(client_bytes),
       sum(server_bytes), sum(client_retransmits), sum(server_retransmits), countIf(handshake_us > 0),
       sum(handshake_us), sum(responses), sum(response_us), max(response_us_max), countIf(client_rtt_us > 0),
       sum(client_rtt_us), countIf(server_rtt_us > 0), sum(server_rtt_us)
     FROM sessions GROUP BY server_ip, server_port, protocol ORDER BY ALL`,
    `SELECT server_ip, server_port, protocol, max(app_protocol), sum(sessions), sum(unanswered), sum(refused),
       sum(reset), sum(client_packets), sum(server_packets), sum(client_bytes), sum(server_bytes),
       sum(client_retransmits), sum(server_retransmits), sum(handshakes), sum(handshake_us), sum(responses),
       sum(response_us), max(response_us_max), sum(client_rtts), sum(client_rtt_us), sum(server_rtts),
       sum(server_rtt_us)
     FROM services_by_hour GROUP BY server_ip, server_port, protocol ORDER BY ALL`,
  ],
  [
    'clients that fail at many servers, as candidates for a scan',
    `SELECT client_ip, countIf(${FAILED}) AS failed FROM sessions GROUP BY client_ip HAVING failed > 0
       ORDER BY failed DESC, client_ip`,
    `SELECT client_ip, sum(clients_by_hour.failed) AS failed FROM clients_by_hour GROUP BY client_ip
       HAVING failed > 0 ORDER BY failed DESC, client_ip`,
  ],
  [
    'what sessions_by_minute was asked',
    `SELECT toStartOfMinute(first_seen) AS minute, client_ip, server_ip, server_port, protocol, count(),
       sum(client_bytes) FROM sessions GROUP BY ALL ORDER BY ALL`,
    `SELECT minute, client_ip, server_ip, server_port, protocol, sum(sessions), sum(client_bytes)
       FROM sessions_by_minute GROUP BY ALL ORDER BY ALL`,
  ],
];

/** The values of rows, whatever their columns are called. */
const values = (rows: Record<string, unknown>[]): unknown[][] => rows.map((row) => Object.values(row));

describe('the roll-ups, on the demo, say what sessions say:', () => {
  let data: LabData;
  beforeAll(async () => {
    data = await LabData.start();
  });
  afterAll(() => data?.stop());

  test.each(QUESTIONS)('%s', async (_, ofSessions, ofRollup) => {
    const expected = values(await data.ask(ofSessions));
    expect(expected.length).toBeGreaterThan(0);
    expect(values(await data.ask(ofRollup))).toEqual(expected);
  });

  test.each(Object.keys(ROLLUPS))('%s counts each conversation once', async (rollup) => {
    const sums = (of: string, sessions: string) =>
      data.ask(`SELECT ${sessions}, sum(client_bytes), sum(server_packets) FROM ${of}`);
    const once = values(await sums('sessions WHERE copy = 0', 'count()'));
    expect(values(await sums(`${rollup} WHERE copy IN (0, 255)`, 'sum(sessions)'))).toEqual(once);
    expect(once).not.toEqual(values(await sums('sessions', 'count()')));
    // Whoever it is a copy of: the key has the mirror point already.
    expect(values(await data.ask(`SELECT DISTINCT copy FROM ${rollup} ORDER BY copy`))).toEqual([[0], [1]]);
  });

  test.each([
    ['handshake', 'handshake_us', 'handshake_us > 0'],
    ['response', 'response_us / responses', 'responses > 0'],
  ])('the median and the 95th percentile of the %s of services, within 9 %%', async (name, of, where) => {
    const levels = '(0.5, 0.95)';
    const exact = await data.ask(
      `SELECT server_ip, server_port, quantilesExact${levels}(greatest(1, ${of})) AS q FROM sessions
         WHERE ${where} GROUP BY server_ip, server_port ORDER BY server_ip, server_port`,
    );
    const told = await data.ask(
      `SELECT server_ip, server_port,
         arrayMap(b -> exp2(b / 4), quantilesTimingArray${levels}(${name}_buckets)) AS q
       FROM services_by_hour WHERE notEmpty(${name}_buckets)
       GROUP BY server_ip, server_port ORDER BY server_ip, server_port`,
    );
    expect(exact.length).toBeGreaterThan(5);
    expect(told.map((row) => [row.server_ip, row.server_port])).toEqual(
      exact.map((row) => [row.server_ip, row.server_port]),
    );
    for (const [i, row] of exact.entries())
      for (const [j, us] of (row.q as number[]).entries()) {
        const ratio = (told[i].q as number[])[j] / us;
        expect(ratio, `${row.server_ip}:${row.server_port}`).toBeGreaterThan(0.915);
        expect(ratio, `${row.server_ip}:${row.server_port}`).toBeLessThan(1.092);
      }
  });
});

test('an hour of a service keeps at most 65,536 times, and counts all of them', async () => {
  const server = await ClickHouseServer.start();
  try {
    const store = openStore(`${server.url}/busy`, { create: true });
    await store.migrate();
    await store.close();
    for (let n = 0; n < 2; n++)
      await server.sql(
        `INSERT INTO sessions (session_id, first_seen, last_seen, handshake_us, responses, response_us)
          SELECT generateUUIDv4(), 1700000000, 1700000000, 1024, 1, 18446744073709551615
          FROM numbers(40000)`,
        'busy',
      );
    await server.sql('OPTIMIZE TABLE services_by_hour FINAL', 'busy');
    const question =
      'SELECT sum(handshakes), sum(length(handshake_buckets)), max(arrayMax(handshake_buckets)), ' +
      'max(arrayMax(response_buckets)) FROM services_by_hour';
    expect(await server.sql(question, 'busy')).toBe('80000\t65536\t40\t255\n');
  } finally {
    await server.stop();
  }
});

describe('days from before the roll-ups', () => {
  let server: ClickHouseServer;
  beforeAll(async () => {
    server = await ClickHouseServer.start();
  });
  afterAll(() => server?.stop());

  const sums = Object.keys(ROLLUPS).map(
    (rollup) => `(SELECT (sum(sessions), sum(client_bytes)) FROM ${rollup})`,
  );
  const rolledUp = (database: string): Promise<string> => server.sql(`SELECT ${sums.join(', ')}`, database);
  const all = (rows: number): string => `${sums.map(() => `(${rows},${bytesUpTo(rows)})`).join('\t')}\n`;

  /** Makes a database of version 14, with rows of the old roll-up that `sessions` no longer has. */
  async function version14(database: string, alone: number): Promise<Store> {
    await server.sql(`CREATE DATABASE ${database}`);
    const had = migrations().filter((m) => m.version <= 14);
    const make = [
      `CREATE TABLE schema_migrations (version UInt32, name String, applied_at DateTime64(3, 'UTC') DEFAULT
        now64(3)) ENGINE = MergeTree ORDER BY version`,
      ...migrationStatements(had, DEFAULT_LAYOUT),
      `INSERT INTO schema_migrations (version, name) VALUES ${had.map((m) => `(${m.version}, '${m.name}')`)}`,
      // As numberedSegment() has them, in November 2023.
      `INSERT INTO sessions (session_id, first_seen, last_seen, client_packets, client_bytes) SELECT
        generateUUIDv4(), toDateTime64(1700000000 + number % 3600, 9) AS time, time, 1,
        40 + (number * 7919) % 10007 FROM numbers(1000)`,
      `INSERT INTO sessions_by_minute (minute, sessions) SELECT 1600000000, 1 FROM numbers(${alone})`,
    ];
    for (const statement of make) await server.sql(statement, database);
    return openStore(`${server.url}/${database}`, { create: false });
  }

  async function fillAll(store: Store): Promise<void> {
    for (const gap of await store.gaps()) await store.fill(gap);
  }

  test('are filled once, beside what comes later', async () => {
    const store = await version14('filled', 0);
    await store.migrate();
    expect(await server.sql('EXISTS sessions_by_minute_kept', 'filled')).toBe('0\n');
    expect(await rolledUp('filled')).toBe(`${sums.map(() => '(0,0)').join('\t')}\n`);
    // Late sessions of the same day go through the views.
    await store.insert('sessions', numberedSegment(1000, 2000), 'late', 1000);
    const gaps = await store.gaps();
    expect(gaps.map((gap) => gap.rollup).sort()).toEqual(Object.keys(ROLLUPS).sort());
    for (const gap of gaps)
      expect(gap).toMatchObject({
        day: expect.stringMatching(/^2023-11-1[45]$/),
        sessions: 2000,
        held: 1000,
      });
    await fillAll(store);
    expect(await rolledUp('filled')).toBe(all(2000));
    expect(await store.gaps()).toEqual([]);
    // What comes again is recognised, and what is new is added.
    await store.insert('sessions', numberedSegment(1000, 2000), 'late', 1000);
    await store.insert('sessions', numberedSegment(2000, 2500), 'later', 500);
    expect(await rolledUp('filled')).toBe(all(2500));
    await store.close();
  });

  test('are filled by schema apply, which says so', async () => {
    const store = await version14('applied', 0);
    await store.close();
    const apply = () => runLine(['schema', 'apply', '--store', `${server.url}/applied`]);
    const { status, stderr } = await apply();
    expect(status).toBe(0);
    for (const rollup of Object.keys(ROLLUPS))
      expect(stderr).toContain(`filled ${rollup} of 2023-11-14: 1,000 sessions\n`);
    expect(await rolledUp('applied')).toBe(all(1000));
    expect((await apply()).stderr).toMatch(/ is up to date\n$/);
  });

  test('are filled after an interruption at any statement', async () => {
    const store = await version14('interrupted', 0);
    await store.migrate();
    const [gap] = await store.gaps();
    const statements = fillStatements(gap, DEFAULT_LAYOUT);
    for (const done of [1, 23, statements.length]) {
      for (const statement of statements.slice(0, done)) await server.sql(statement, 'interrupted');
      await fillAll(store);
      expect(await rolledUp('interrupted')).toBe(all(1000));
      await server.sql(`TRUNCATE TABLE ${gap.rollup}`, 'interrupted');
    }
    await store.close();
  });

  test('are left out where the retention would remove them again', async () => {
    const store = await version14('old', 0);
    await store.migrate();
    await store.retain(30 * 86_400, false);
    expect(await store.gaps()).toEqual([]);
    await store.close();
  });

  test('keep what only the old roll-up has', async () => {
    const store = await version14('kept', 7);
    await store.migrate();
    const minutes = (await text(await store.query('SELECT sum(sessions) FROM sessions_by_minute'))).trim();
    expect(minutes).toBe('1000');
    const kept = 'SELECT sum(sessions) FROM sessions_by_minute_kept WHERE minute < toDateTime(1650000000)';
    expect((await text(await store.query(kept))).trim()).toBe('7');
    expect((await store.migrate()).applied).toEqual([]);
    await store.close();
  });
});

describeWith(['root'], 'a collector', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-rollups-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('fills the roll-ups of its embedded store beside what it does', async () => {
    const location = join(directory, 'data');
    const store = openStore(location, { create: true });
    await store.migrate();
    await store.insert('sessions', numberedSegment(0, 1000), 'early', 1000);
    for (const rollup of Object.keys(ROLLUPS)) await text(await store.change(`TRUNCATE TABLE ${rollup}`));
    await store.close();
    const collector = await TestCollector.start([], { store: location });
    try {
      for (const rollup of Object.keys(ROLLUPS))
        await expect
          .poll(() => collector.log, { timeout: 1000 * PATIENCE })
          .toContain(`filled ${rollup} of 2023-11-14: 1,000 sessions`);
    } finally {
      await collector.stop();
      collector.remove();
    }
    const again = openStore(location, { create: false });
    expect(await again.gaps()).toEqual([]);
    await again.close();
  });
});
