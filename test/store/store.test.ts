import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SegmentRefused, StoreRefused } from '../../src/store/errors.js';
import { DEDUPLICATION_WINDOW, migrations } from '../../src/store/migrations.js';
import { openStore } from '../../src/store/open.js';
import {
  MirrorSegment,
  PacketSegment,
  SessionSegment,
  TunnelSegment,
} from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import { mirrorRecord, ofFewDays, sessionRecord, tunnelRecord } from '../support/arbitrary-records.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';
import { addPacket } from '../support/packet-rows.js';
import { sessionJson } from '../support/row-json.js';
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
         replaceRegexpOne(toString(client_ip), '^::ffff:([0-9.]+)$', '\\\\1') AS client_ip,
         replaceRegexpOne(toString(server_ip), '^::ffff:([0-9.]+)$', '\\\\1') AS server_ip,
         replaceRegexpOne(toString(mirror_source), '^::ffff:([0-9.]+)$', '\\\\1') AS mirror_source,
         replaceRegexpOne(toString(mirror_target), '^::ffff:([0-9.]+)$', '\\\\1') AS mirror_target)
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

  test('ignores a segment that is inserted again, in the roll-up too', async () => {
    const segment = new SessionSegment('here');
    for (const r of sessions) segment.session(r);
    const bytes = segment.take();
    await store.insert('sessions', bytes, 'first', sessions.length);
    const file = join(directory, `${kind}.pb`);
    writeFileSync(file, bytes);
    await store.insert('sessions', { file }, 'first', sessions.length);
    expect(await rows('SELECT count() AS n FROM sessions')).toEqual([{ n: sessions.length }]);
    expect(await rows('SELECT sum(sessions) AS n FROM sessions_by_minute')).toEqual([{ n: sessions.length }]);
    await store.insert('sessions', bytes, 'second', sessions.length);
    expect(await rows('SELECT count() AS n FROM sessions')).toEqual([{ n: sessions.length * 2 }]);
    expect(await rows('SELECT sum(sessions) AS n FROM sessions_by_minute')).toEqual([
      { n: sessions.length * 2 },
    ]);
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
