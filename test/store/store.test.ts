import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Outcome } from '../../src/model/told.js';
import { SegmentRefused, StoreRefused } from '../../src/store/errors.js';
import { DEDUPLICATION_WINDOW, migrations } from '../../src/store/migrations.js';
import { openStore } from '../../src/store/open.js';
import { ROLLUPS } from '../../src/store/rollups.js';
import {
  CertificateSegment,
  MirrorSegment,
  PacketSegment,
  SessionSegment,
  TransactionSegment,
  TunnelSegment,
} from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import {
  certificateRecord,
  mirrorRecord,
  ofFewDays,
  sessionRecord,
  transactionRecord,
  tunnelRecord,
} from '../support/arbitrary-records.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { addPacket } from '../support/packet-rows.js';
import { certificateJson, sessionJson, transactionJson } from '../support/row-json.js';
import { numberedSegment } from '../support/sessions.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-store-'));
let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const sessions = ofFewDays(fc.sample(sessionRecord, { numRuns: 300, seed: 1 }));
const transactions = fc.sample(transactionRecord, { numRuns: 100, seed: 4 });
for (const r of transactions) r.timeSec = 1_700_000_000 + (r.timeSec % 86_400);
const certificates = fc.sample(certificateRecord, { numRuns: 50, seed: 5 });
for (const r of certificates) r.day = 19_000 + (r.day % 2);

/** How NDJSON writes an address. */
const written = (column: string): string =>
  `replaceRegexpOne(toString(${column}), '^::ffff:([0-9.]+)$', '\\1') AS ${column}`;
const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe.each(['embedded', 'server'])('a store (%s)', (kind) => {
  let store: Store;
  beforeAll(() => {
    const location = kind === 'embedded' ? join(directory, 'data') : `${server.url}/mirrorlake`;
    store = openStore(location, { create: true });
  });
  afterAll(async () => {
    await store?.close();
  });

  /** Runs a statement and returns its rows. */
  async function rows(sql: string, params?: Record<string, string>): Promise<Record<string, unknown>[]> {
    const answer = await text(
      await store.query(sql, { format: 'JSONEachRow', ...(params === undefined ? {} : { params }) }),
    );
    return answer
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  test('gets every migration once', async () => {
    const { applied } = await store.migrate();
    expect(applied.map((m) => m.version)).toEqual(migrations().map((m) => m.version));
    expect(await store.migrate()).toEqual({ applied: [], made: [], retention: undefined });
  });

  test('answers with the sessions that NDJSON prints', async () => {
    const segment = new SessionSegment('here');
    for (const r of sessions) segment.session(r);
    await store.insert('sessions', segment.take(), 'first', sessions.length);
    const stored = await rows(
      `SELECT * REPLACE (
         concat(replaceOne(toString(first_seen), ' ', 'T'), 'Z') AS first_seen,
         concat(replaceOne(toString(last_seen), ' ', 'T'), 'Z') AS last_seen,
         replaceRegexpOne(toString(client_ip), '^::ffff:([0-9.]+)$', '\\1') AS client_ip,
         replaceRegexpOne(toString(server_ip), '^::ffff:([0-9.]+)$', '\\1') AS server_ip,
         replaceRegexpOne(toString(mirror_source), '^::ffff:([0-9.]+)$', '\\1') AS mirror_source,
         replaceRegexpOne(toString(mirror_target), '^::ffff:([0-9.]+)$', '\\1') AS mirror_target)
       FROM sessions`,
    );
    const byId = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
    const printed = sessions.map((r) => {
      const { community_id: _, ...row } = JSON.parse(sessionJson(r, 'here')) as Record<string, unknown>;
      return row;
    });
    expect(stored.sort(byId)).toEqual(printed.sort(byId));
  });

  test('computes the community_id, client and server of NDJSON', async () => {
    const stored = await rows('SELECT session_id, part, community_id, client, server FROM sessions');
    const expected = new Map(
      sessions.map((r) => {
        const row = JSON.parse(sessionJson(r, 'here')) as Record<string, string>;
        const ip = r.ipVersion !== 0;
        const { session_id, part, community_id } = row;
        return [
          `${session_id}`,
          {
            session_id,
            part,
            community_id,
            client: ip ? row.client_ip : row.client_mac,
            server: ip ? row.server_ip : row.server_mac,
          },
        ];
      }),
    );
    expect(stored).toHaveLength(sessions.length);
    for (const row of stored) expect(row).toEqual(expected.get(String(row.session_id)));
  });

  test('ignores a segment that is inserted again, in the roll-ups too', async () => {
    const segment = new SessionSegment('here');
    for (const r of sessions) segment.session(r);
    const bytes = segment.take();
    const sums = Object.keys(ROLLUPS).map((rollup) => `(SELECT sum(sessions) FROM ${rollup})`);
    const rolledUp = async () => (await rows(`SELECT [${sums.join(', ')}] AS n`))[0].n;
    await store.insert('sessions', bytes, 'first', sessions.length);
    const file = join(directory, `${kind}.pb`);
    writeFileSync(file, bytes);
    await store.insert('sessions', { file }, 'first', sessions.length);
    expect(await rows('SELECT count() AS n FROM sessions')).toEqual([{ n: sessions.length }]);
    expect(await rolledUp()).toEqual(Object.keys(ROLLUPS).map(() => sessions.length));
    await store.insert('sessions', bytes, 'second', sessions.length);
    expect(await rows('SELECT count() AS n FROM sessions')).toEqual([{ n: sessions.length * 2 }]);
    expect(await rolledUp()).toEqual(Object.keys(ROLLUPS).map(() => sessions.length * 2));
  });

  test('recognises a segment by its name until too many others have followed it', async () => {
    const remember = (inserts: number): Promise<void> =>
      (store as unknown as { command(sql: string): Promise<void> }).command(
        `ALTER TABLE sessions MODIFY SETTING non_replicated_deduplication_window = ${inserts}`,
      );
    const total = async (): Promise<unknown> => (await rows('SELECT count() AS n FROM sessions'))[0].n;
    const insert = (name: string): Promise<void> =>
      store.insert('sessions', numberedSegment(0, 10), `known-${name}`, 10);
    const before = Number(await total());
    await remember(3);
    for (const name of ['a', 'b', 'c', 'a']) await insert(name);
    expect(await total()).toBe(before + 30);
    await insert('d');
    await insert('d');
    expect(await total()).toBe(before + 40);
    // The store now has it twice, under the same ids.
    await insert('a');
    expect(await total()).toBe(before + 50);
    await remember(DEDUPLICATION_WINDOW);
  });

  test('stores mirrors, tunnels and packets', async () => {
    const mirrors = fc.sample(mirrorRecord, { numRuns: 20, seed: 2 });
    const tunnels = fc.sample(tunnelRecord, { numRuns: 20, seed: 3 });
    const m = new MirrorSegment('here');
    for (const r of mirrors) m.mirror(r);
    await store.insert('mirrors', m.take(), 'm', mirrors.length);
    const t = new TunnelSegment('here');
    for (const r of tunnels) t.tunnel(r);
    await store.insert('tunnels', t.take(), 't', tunnels.length);
    const p = new PacketSegment();
    const frame = new Uint8Array(1500).map((_, i) => i);
    addPacket(p, sessions[0].sessionId, 1_700_000_000, 42, frame, 10, 110, 1500);
    await store.insert('packets', p.take(), 'p', 1);

    const sum = (values: number[]) => values.reduce((a, b) => a + BigInt(b), 0n).toString();
    expect(
      await rows(
        'SELECT toString(sum(toInt256(lost))) AS lost, count() AS n, countIf(sequence = ' +
          "'unusable') AS unusable FROM mirrors",
      ),
    ).toEqual([
      {
        lost: sum(mirrors.map((r) => r.lost)),
        n: 20,
        unusable: mirrors.filter((r) => r.sequence === 5).length,
      },
    ]);
    expect(
      await rows(
        'SELECT toString(sum(toInt256(rx_crc_errors))) AS crc, countIf(key IS NULL) AS keyless FROM tunnels',
      ),
    ).toEqual([
      { crc: sum(tunnels.map((r) => r.rxCrcErrors)), keyless: tunnels.filter((r) => r.key === null).length },
    ]);
    expect(
      await rows(
        'SELECT toUnixTimestamp64Nano(time) AS t, hex(frame) AS frame, original_length FROM ' +
          'packets SETTINGS output_format_json_quote_64bit_integers = 1',
      ),
    ).toEqual([
      {
        t: '1700000000000000042',
        frame: Buffer.from(frame.subarray(10, 110)).toString('hex').toUpperCase(),
        original_length: 1500,
      },
    ]);
  });

  test('answers with the transactions that NDJSON prints, each once', async () => {
    const segment = new TransactionSegment('here');
    for (const r of transactions) segment.transaction(r);
    const bytes = segment.take();
    for (let n = 0; n < 2; n++) await store.insert('transactions', bytes, 't1', transactions.length);
    const stored = await rows(
      `SELECT * REPLACE (concat(replaceOne(toString(time), ' ', 'T'), 'Z') AS time, ${written('client_ip')},
         ${written('server_ip')}, ${written('mirror_source')},
         arrayMap(a -> replaceRegexpOne(toString(a), '^::ffff:([0-9.]+)$', '\\1'), answers) AS answers),
         community_id FROM transactions`,
    );
    const printed = transactions.map(
      (r) => JSON.parse(transactionJson(r, 'here')) as Record<string, unknown>,
    );
    const key = (row: Record<string, unknown>) => [row.session_id, row.number, row.time];
    expect(stored.sort((a, b) => byText(key(a), key(b)))).toEqual(
      printed.sort((a, b) => byText(key(a), key(b))),
    );
  });

  test('answers with the certificates that NDJSON prints, one of those that are the same', async () => {
    const segment = new CertificateSegment('here');
    for (const r of [...certificates, ...certificates]) segment.certificate(r);
    const bytes = segment.take();
    for (let n = 0; n < 2; n++) await store.insert('certificates', bytes, 'c1', 2 * certificates.length);
    expect(await rows('SELECT count() AS n FROM certificates')).not.toEqual([{ n: 0 }]);
    const time = (column: string) => `concat(replaceOne(toString(${column}), ' ', 'T'), 'Z') AS ${column}`;
    const stored = await rows(
      `SELECT * REPLACE (${time('first_seen')}, ${time('not_before')}, ${time('not_after')},
         ${written('server_ip')}, ${written('mirror_source')}, sha256 AS fingerprint)
         FROM certificates FINAL`,
    );
    const printed = certificates.map((r) => {
      const row = JSON.parse(certificateJson(r, 'here')) as Record<string, string>;
      // ClickHouse's times end with 2299.
      for (const name of ['not_before', 'not_after'])
        if (row[name] > '2300') row[name] = '2299-12-31T23:59:59Z';
        else if (row[name] < '1900') row[name] = '1900-01-01T00:00:00Z';
      return row;
    });
    expect(stored.sort(byText)).toEqual(printed.sort(byText));
  });

  test('has Zeek’s names in views', async () => {
    const [dns, http] = fc.sample(transactionRecord, { numRuns: 2, seed: 6 });
    const at = { timeSec: 1_710_000_000, timeNsec: 0 };
    Object.assign(dns, at, {
      appProtocol: 'dns',
      name: 'www.example.co.uk',
      method: 'A',
      status: 'NXDOMAIN',
    });
    Object.assign(dns, { outcome: Outcome.ClientError, responseUs: 1500 });
    Object.assign(http, at, { appProtocol: 'http', name: 'example.com', method: 'GET', status: '404' });
    Object.assign(http, { resource: '/index.html', userName: 'who' });
    Object.assign(http, { attributeNames: ['user_agent'], attributeValues: ['curl/8'], attributesCount: 1 });
    const segment = new TransactionSegment('here');
    for (const r of [dns, http]) segment.transaction(r);
    await store.insert('transactions', segment.take(), 'views', 2);
    const when = "time = toDateTime64('2024-03-09 16:00:00', 9, 'UTC')";
    expect(
      await rows(`SELECT query, domain, qtype_name, rcode, rcode_name, rtt FROM dns WHERE ${when}`),
    ).toEqual([
      {
        query: 'www.example.co.uk',
        domain: 'example.co.uk',
        qtype_name: 'A',
        rcode: 'NXDOMAIN',
        rcode_name: 'NXDOMAIN',
        rtt: 0.0015,
      },
    ]);
    expect(
      await rows(`SELECT host, uri, status_code, status, user_agent, username FROM http WHERE ${when}`),
    ).toEqual([
      {
        host: 'example.com',
        uri: '/index.html',
        status_code: 404,
        status: '404',
        user_agent: 'curl/8',
        username: 'who',
      },
    ]);
    const [said] = fc.sample(sessionRecord, { numRuns: 1, seed: 7 });
    Object.assign(said, { part: 0, firstSeenSec: 1_710_000_000, firstSeenNsec: 0 });
    Object.assign(said, { tlsVersion: 'TLS 1.2', tlsCipher: 'X', alpnChosen: 'h2', tlsAlert: 'fatal:x' });
    const session = new SessionSegment('here');
    session.session(said);
    await store.insert('sessions', session.take(), 'tls', 1);
    expect(await rows(`SELECT version, cipher, next_protocol, last_alert FROM tls WHERE ${when}`)).toEqual([
      { version: 'TLS 1.2', cipher: 'X', next_protocol: 'h2', last_alert: 'fatal:x' },
    ]);
  });

  test('takes parameters with a query, and the format that the query names', async () => {
    expect(await rows('SELECT {n:UInt32} + 1 AS n, {s:String} AS s', { n: '41', s: "it's" })).toEqual([
      { n: 42, s: "it's" },
    ]);
    expect(
      await text(await store.query("SELECT 1 AS a, 'x' AS b FORMAT CSVWithNames", { format: 'TSV' })),
    ).toBe('"a","b"\n1,"x"\n');
  });

  test('sends a large answer completely', async () => {
    let n = 0;
    for await (const bytes of await store.query('SELECT number FROM numbers(1000000)', {
      format: 'RowBinary',
    }))
      n += (bytes as Uint8Array).length;
    expect(n).toBe(8_000_000);
  });

  test('refuses bad SQL in one line', async () => {
    const error = await store.query('SELECT nothing FROM nowhere').catch((e: Error) => e);
    expect(error).toBeInstanceOf(StoreRefused);
    expect((error as Error).message).toMatch(
      /^\S+: Unknown table expression identifier 'nowhere' \(UNKNOWN_TABLE\)$/,
    );
    expect((error as Error).message).not.toContain('\n');
  });

  test('refuses a broken segment, and stores nothing of it', async () => {
    const before = await rows('SELECT count() AS n FROM sessions');
    const segment = new SessionSegment('here');
    for (const r of sessions) segment.session(r);
    const whole = segment.take();
    const cut = whole.subarray(0, whole.length - 7);
    await expect(store.insert('sessions', cut, 'cut', 1)).rejects.toThrow(SegmentRefused);
    expect(await rows('SELECT count() AS n FROM sessions')).toEqual(before);
  });
});
