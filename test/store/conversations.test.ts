/** The view `conversations` makes one row of the rows of `sessions` that belong to one conversation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EndReason } from '../../src/model/end-reason.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { SessionRecord } from '../../src/model/session-record.js';
import { openStore } from '../../src/store/open.js';
import { SessionSegment } from '../../src/store/segment/segments.js';
import type { Store } from '../../src/store/store.js';
import { ofFewDays, sessionRecord } from '../support/arbitrary-records.js';
import { ClickHouseServer } from '../support/clickhouse-server.js';

const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-conversations-'));
let server: ClickHouseServer;
beforeAll(async () => {
  server = await ClickHouseServer.start();
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const mapped = (...ip: number[]): Uint8Array =>
  new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip]);
const POINT = new MirrorPoint(0, MirrorType.Erspan2, mapped(10, 0, 0, 1), mapped(10, 0, 0, 2), 100, null);
/** 2023-11-14, ten minutes before midnight. */
const MIDNIGHT = 1_700_006_400;
const START = MIDNIGHT - 600;

/** A part of conversation `n` between the client 10.1.0.1:40000 and the server 10.2.0.1:443. */
function part(n: number, number: number, values: Partial<SessionRecord>): SessionRecord {
  const r = new SessionRecord();
  r.sessionId[15] = n;
  r.part = number;
  r.point = POINT;
  r.ipVersion = 4;
  r.etherType = 0x0800;
  r.protocol = 6;
  r.transport = 'tcp';
  r.clientIp.set(mapped(10, 1, 0, 1));
  r.serverIp.set(mapped(10, 2, 0, 1));
  r.clientPort = 40_000;
  r.serverPort = 443;
  r.firstSeenSec = START + 900 * number;
  r.lastSeenSec = r.firstSeenSec + 890;
  r.endReason = EndReason.Active;
  return Object.assign(r, values);
}

function turned(r: SessionRecord): SessionRecord {
  r.clientIp.set(mapped(10, 2, 0, 1));
  r.serverIp.set(mapped(10, 1, 0, 1));
  [r.clientPort, r.serverPort] = [r.serverPort, r.clientPort];
  return r;
}

const MAC_PART = { ipVersion: 0, protocol: 0, etherType: 0x88cc, transport: 'lldp', hasMac: true } as const;

const PARTS: readonly SessionRecord[] = [
  // 1: lasts over midnight, and ends.
  part(1, 0, {
    clientPackets: 10,
    serverPackets: 20,
    clientBytes: 1000,
    serverBytes: 2000,
    clientPayload: 500,
    serverPayload: 1500,
    clientTcpFlags: 2,
    serverTcpFlags: 18,
    clientRetransmits: 1,
    mirrorDirection: 1,
    handshakeUs: 77,
    clientRttUs: 50,
    responses: 1,
    responseUs: 900,
    responseUsMax: 900,
    serverSynRetransmits: 1,
    clientMissing: 2 ** 33,
    clientZeroWindows: 3,
    tcpState: 'S1',
    fragments: 1,
    serverName: 'first.example',
    ja4: 'a',
    tlsEch: 1,
    tlsUs: 500,
    partial: 'gap',
  }),
  part(1, 1, {
    clientPackets: 1,
    serverPackets: 2,
    clientBytes: 2 ** 40,
    serverBytes: 5,
    clientTcpFlags: 16,
    serverTcpFlags: 16,
    mirrorDirection: 2,
    handshakeUs: 77,
    clientRttUs: 40,
    serverRttUs: 30,
    responses: 2,
    responseUs: 2 ** 33,
    responseUsMax: 2 ** 32 - 1,
    serverReordered: 6,
    tcpState: 'S1',
    duplicates: 4,
    serverName: 'second.example',
    tlsEstablished: 1,
    partial: 'cut',
  }),
  part(1, 2, {
    clientPackets: 3,
    serverPackets: 4,
    clientBytes: 30,
    serverBytes: 40,
    clientTcpFlags: 17,
    serverTcpFlags: 17,
    serverRetransmits: 5,
    mirrorDirection: 1,
    handshakeUs: 77,
    clientMissing: 1,
    history: 'ShADadFf',
    tcpState: 'SF',
    truncated: 2,
    endReason: EndReason.Fin,
    lastSeenSec: START + 1900,
  }),
  // 2: a late SYN shows which side is the client.
  turned(
    part(2, 0, {
      clientPackets: 20,
      serverPackets: 10,
      serverTcpFlags: 16,
      tcpState: 'OTH',
      clientRttUs: 9,
      serverRttUs: 70,
      clientReordered: 5,
    }),
  ),
  part(2, 1, {
    clientPackets: 1,
    serverPackets: 2,
    clientTcpFlags: 2,
    tcpState: 'S1',
    clientRttUs: 80,
    serverReordered: 1,
    clientSyn: '1460:64240,7:mss',
  }),
  // 3: its first parts have been removed as too old.
  part(3, 4, { clientPackets: 1 }),
  part(3, 5, { clientPackets: 1, endReason: EndReason.Idle }),
  // 4: continues, or its last part is missing.
  part(4, 0, { clientPackets: 1 }),
  // 5: has one part.
  part(5, 0, { clientPackets: 1, endReason: EndReason.Rst, tcpState: 'RSTO', lastSeenSec: START + 60 }),
  // 6: is not IP.
  part(6, 0, { ...MAC_PART, clientPackets: 2 }),
  part(6, 1, { ...MAC_PART, clientPackets: 3, serverPackets: 1, endReason: EndReason.Idle }),
];
for (const r of PARTS.filter(({ hasMac }) => hasMac)) {
  r.clientMac.set([2, 0, 0, 0, 0, 9]);
  r.clientIp.fill(0);
  r.serverIp.fill(0);
}

describe.each(['embedded', 'server'])('in a store (%s),', (kind) => {
  let store: Store;
  beforeAll(async () => {
    const location = kind === 'embedded' ? join(directory, 'data') : `${server.url}/mirrorlake`;
    store = openStore(location, { create: true });
    await store.migrate();
    const segment = new SessionSegment('here');
    for (const r of PARTS) segment.session(r);
    await store.insert('sessions', segment.take(), 'parts', PARTS.length);
  });
  afterAll(() => store?.close());

  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await text(await store.query(sql, { format: 'JSONEachRow' })))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const of = async (n: number): Promise<Record<string, unknown>> => {
    const found = await rows(
      `SELECT * FROM conversations WHERE session_id = '00000000-0000-0000-0000-00000000000${n}'`,
    );
    expect(found).toHaveLength(1);
    return found[0];
  };

  test('conversations add up the counters of their parts, and take the rest from the last part', async () => {
    expect(await of(1)).toMatchObject({
      parts: 3,
      complete: 1,
      first_seen: '2023-11-14 23:50:00.000000000',
      last_seen: '2023-11-15 00:21:40.000000000',
      end_reason: 'fin',
      mirror_type: 'erspan2',
      mirror_session: 100,
      mirror_direction: 'both',
      gre_key: null,
      server_name: 'second.example',
      ja4: 'a',
      alpn: '',
      tls_ech: 1,
      tls_resumed: 0,
      tls_established: 1,
      tls_us: 500,
      partial: 'gap',
      client_packets: 14,
      server_packets: 26,
      client_bytes: 2 ** 40 + 1030,
      server_bytes: 2045,
      client_payload: 500,
      server_payload: 1500,
      client_tcp_flags: 19,
      server_tcp_flags: 19,
      client_retransmits: 1,
      server_retransmits: 5,
      tcp_state: 'SF',
      handshake_us: 77,
      client_rtt_us: 40,
      server_rtt_us: 30,
      responses: 3,
      response_us: 2 ** 33 + 900,
      response_us_max: 2 ** 32 - 1,
      client_syn_retransmits: 0,
      server_syn_retransmits: 1,
      client_reordered: 0,
      server_reordered: 6,
      client_missing: 2 ** 33 + 1,
      server_missing: 0,
      client_zero_windows: 3,
      history: 'ShADadFf',
      fragments: 1,
      truncated: 2,
      duplicates: 4,
      client: '10.1.0.1',
      server: '10.2.0.1',
      server_port: 443,
      collector: 'here',
    });
  });

  test('conversations have the client and server of their last part', async () => {
    expect(await of(2)).toMatchObject({
      client: '10.1.0.1',
      client_port: 40_000,
      server_port: 443,
      client_packets: 11,
      server_packets: 22,
      client_tcp_flags: 18,
      server_tcp_flags: 0,
      client_rtt_us: 70,
      server_rtt_us: 9,
      client_reordered: 0,
      server_reordered: 6,
      client_syn: '1460:64240,7:mss',
    });
    expect(await of(6)).toMatchObject({ client: '02:00:00:00:00:09', client_packets: 5, server_packets: 1 });
  });

  test('conversations whose beginning is missing are marked as incomplete', async () => {
    expect(await of(3)).toMatchObject({ parts: 2, complete: 0, end_reason: 'idle', client_packets: 2 });
    expect(await of(4)).toMatchObject({ parts: 1, complete: 1, end_reason: 'active' });
    expect(await of(5)).toMatchObject({ parts: 1, complete: 1, end_reason: 'rst' });
  });

  test('conversations can be counted, and chosen by the time of their beginning or end', async () => {
    const count = async (where: string): Promise<unknown> =>
      (await rows(`SELECT toUInt32(count()) AS n FROM conversations WHERE ${where}`))[0].n;
    expect(await count('1')).toBe(6);
    // The first part that is left of conversation 3 is part 4.
    expect(await count("first_seen >= '2023-11-15 00:00:00'")).toBe(1);
    expect(await count("first_seen < '2023-11-15 00:00:00'")).toBe(5);
    expect(await count("last_seen >= '2023-11-15 00:00:00'")).toBe(5);
    expect(await count("first_seen >= '2023-11-14 23:55:00' AND first_seen < '2023-11-15 00:30:00'")).toBe(0);
  });

  test('conversations of one row have the values of sessions', async () => {
    const records = ofFewDays(fc.sample(sessionRecord, { numRuns: 200, seed: 7 })).filter(
      (r) => r.part !== 0 || r.endReason !== EndReason.Active,
    );
    const segment = new SessionSegment('single');
    for (const r of records) segment.session(Object.assign(r, { part: 0, endReason: EndReason.Idle }));
    await store.insert('sessions', segment.take(), 'single', records.length);
    const columns = await rows(
      'SELECT name FROM system.columns WHERE database = currentDatabase() AND table = ' +
        "'sessions' AND name != 'part'",
    );
    const names = columns.map((c) => c.name as string);
    expect(names).toContain('community_id');
    const of = (table: string) =>
      rows(`SELECT ${names.join(', ')} FROM ${table} WHERE collector = 'single' ORDER BY ALL`);
    expect(await of('conversations')).toEqual(await of('sessions'));
    // The same rows, marked as parts: folding one part must not change it.
    const parts = new SessionSegment('folded');
    for (const r of records) parts.session(Object.assign(r, { part: 1, endReason: EndReason.Idle }));
    await store.insert('sessions', parts.take(), 'folded', records.length);
    const besides = names.filter((n) => n !== 'collector').join(', ');
    const folded = (table: string, collector: string) =>
      rows(`SELECT ${besides} FROM ${table} WHERE collector = '${collector}' ORDER BY session_id`);
    expect(await folded('conversations', 'folded')).toEqual(await folded('sessions', 'folded'));
  });

  test('conversations since a time read only those days, and few columns to find longer ones', async () => {
    const plan = await text(
      await store.query(
        'EXPLAIN indexes = 1 SELECT count(), sum(client_bytes) FROM conversations WHERE ' +
          "first_seen >= '2023-11-15 00:00:00'",
      ),
    );
    const [one, several] = plan.split('ReadFromMergeTree').slice(1);
    const [chosen, all] = /Condition: \(first_seen in [\s\S]*?Parts: (\d+)\/(\d+)/
      .exec(one)!
      .slice(1)
      .map(Number);
    expect(chosen).toBeLessThan(all);
    expect(several).toMatch(/Prewhere filter column: .*\(part > 0 OR end_reason = \\+'active\\+'\)/);
  });
});
