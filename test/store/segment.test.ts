import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableName } from '../../src/model/columns/tables.js';
import type { MirrorPoint } from '../../src/model/mirror-point.js';
import { type Records, readSegment, SegmentError } from '../../src/store/segment/read-segment.js';
import {
  CertificateSegment,
  HopSegment,
  MirrorSegment,
  NameSegment,
  NetworkSegment,
  PacketSegment,
  PathSegment,
  SessionSegment,
  TransactionSegment,
  TunnelSegment,
} from '../../src/store/segment/segments.js';
import {
  certificateRecord,
  hopRecord,
  mirrorRecord,
  nameRecord,
  networkRecord,
  packetRecord,
  pathRecord,
  sessionRecord,
  transactionRecord,
  tunnelRecord,
} from '../support/arbitrary-records.js';
import { decodeSegment } from '../support/decode-segment.js';
import { addPacket } from '../support/packet-rows.js';

/** A record without what a segment changes: its mirror point's number, and the bytes around its frame. */
function comparable(record: Records[TableName]): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...record };
  if ('point' in record) fields.point = { ...(record.point as MirrorPoint), index: 0, identity: 0 };
  if ('frame' in record)
    Object.assign(fields, {
      frame: [...record.frame.subarray(record.frameStart, record.frameEnd)],
      frameStart: 0,
      frameEnd: record.frameEnd - record.frameStart,
    });
  return fields;
}

function written(table: TableName, records: readonly Records[TableName][], collector: string): Uint8Array {
  const into = {
    sessions: new SessionSegment(collector),
    transactions: new TransactionSegment(collector),
    certificates: new CertificateSegment(collector),
    mirrors: new MirrorSegment(collector),
    tunnels: new TunnelSegment(collector),
    packets: new PacketSegment(),
    paths: new PathSegment(collector),
    hops: new HopSegment(collector),
    names: new NameSegment(),
    network_loads: new NetworkSegment(),
  };
  for (const r of records) {
    if (table === 'sessions') into.sessions.session(r as Records['sessions']);
    else if (table === 'transactions') into.transactions.transaction(r as Records['transactions']);
    else if (table === 'certificates') into.certificates.certificate(r as Records['certificates']);
    else if (table === 'mirrors') into.mirrors.mirror(r as Records['mirrors']);
    else if (table === 'tunnels') into.tunnels.tunnel(r as Records['tunnels']);
    else if (table === 'paths') into.paths.path(r as Records['paths']);
    else if (table === 'hops') into.hops.hop(r as Records['hops']);
    else if (table === 'names') into.names.name(r as Records['names']);
    else if (table === 'network_loads') into.network_loads.network(r as Records['network_loads']);
    else into.packets.packet(r as Records['packets']);
  }
  expect(into[table].count).toBe(records.length);
  return into[table].take();
}

const WITHOUT_COLLECTOR: ReadonlySet<TableName> = new Set(['packets', 'names', 'network_loads']);

const ARBITRARY: Readonly<Record<TableName, fc.Arbitrary<Records[TableName]>>> = {
  sessions: sessionRecord,
  transactions: transactionRecord,
  certificates: certificateRecord,
  mirrors: mirrorRecord,
  tunnels: tunnelRecord,
  packets: packetRecord,
  paths: pathRecord,
  hops: hopRecord,
  names: nameRecord,
  network_loads: networkRecord,
};

describe.each(Object.keys(ARBITRARY) as TableName[])('a segment of %s', (table) => {
  test('is read back with every field of every record', () => {
    const collector = fc.string({ maxLength: 70, unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(ARBITRARY[table], { maxLength: 8 }), collector, (records, name) => {
        const rows = [...readSegment(table, written(table, records, name))];
        expect(rows.map(({ record }) => comparable(record))).toEqual(records.map(comparable));
        for (const row of rows) expect(row.collector).toBe(WITHOUT_COLLECTOR.has(table) ? '' : name);
      }),
    );
  });

  test('is refused if it is cut, wherever that is', () => {
    const [record] = fc.sample(ARBITRARY[table], { numRuns: 1, seed: 7 });
    const whole = written(table, [record], 'here');
    for (let n = 1; n < whole.length; n++)
      expect(() => [...readSegment(table, whole.subarray(0, n))], `cut at ${n}`).toThrow(SegmentError);
  });
});

test('names with commas are not confused with each other', () => {
  const [record] = fc.sample(mirrorRecord, { numRuns: 1, seed: 7 });
  const records = [
    ['a,b', 'c'],
    ['a', 'b,c'],
  ].map(([name, site]) => ({ ...record, point: Object.assign({ ...record.point }, { name, site }) }));
  const rows = [...readSegment('mirrors', written('mirrors', records, 'here'))];
  expect(rows.map(({ record }) => [record.point.name, record.point.site])).toEqual([
    ['a,b', 'c'],
    ['a', 'b,c'],
  ]);
});

test('the rows before a damaged one can be read', () => {
  const records = fc.sample(mirrorRecord, { numRuns: 3, seed: 7 });
  const whole = written('mirrors', records, 'here');
  const found: unknown[] = [];
  expect(() => {
    for (const { record } of readSegment('mirrors', whole.subarray(0, -1))) found.push(comparable(record));
  }).toThrow(/^not a whole segment: row 3, at byte \d+ of \d+: /);
  expect(found).toEqual(records.slice(0, 2).map(comparable));
});

test('an address of the wrong length is damage', () => {
  // Field 3, mirror_source, has two bytes.
  expect(() => [...readSegment('mirrors', new Uint8Array([4, 0x1a, 2, 1, 2]))]).toThrow(
    'not a whole segment: row 1, at byte 0 of 5: mirror_source has 2 bytes instead of 16',
  );
});

test('a time before 1970 and an unknown number of an enum are damage', () => {
  // Field 2, first_seen, is -1; field 17, end_reason, is 99.
  const early = new Uint8Array([9, 0x11, 255, 255, 255, 255, 255, 255, 255, 255]);
  expect(() => [...readSegment('sessions', early)]).toThrow('first_seen is before 1970');
  expect(() => [...readSegment('sessions', new Uint8Array([3, 0x88, 1, 99]))]).toThrow(
    'end_reason has no word 99',
  );
});

test('arbitrary bytes cause no other error than SegmentError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        for (const { record } of readSegment('sessions', bytes)) expect(record).toBeDefined();
      } catch (e) {
        expect(e).toBeInstanceOf(SegmentError);
      }
    }),
    { numRuns: 500 },
  );
});

test('the schema decodes a segment of packets with frames of any length', async () => {
  const frames = [0, 1, 63, 64, 16383, 70000].map((n) => new Uint8Array(n).map((_, i) => i * 7));
  const segment = new PacketSegment();
  const id = new Uint8Array(16).fill(9);
  for (const frame of frames)
    addPacket(segment, id, 1_700_000_000, 5, frame, 0, frame.length, frame.length + 4);
  const rows = await decodeSegment('packet.proto', 'Packet', segment.take());
  const mirrored = {
    mirror_type: 'erspan2',
    mirror_source: Array(16).fill(1),
    mirror_target: Array(16).fill(2),
    mirror_session: 9,
    mirror_port: 0,
    mirror_direction: 'unknown',
    mirror_hardware: 0,
    security_group: 0,
    cos: 0,
    layer: 'ethernet',
    gre_protocol: 0x6558,
    truncated: 1,
    number: 7,
  };
  expect(rows).toMatchObject(
    frames.map((frame) => ({
      session_id: [...id],
      time: '1700000000000000005',
      frame: [...frame],
      original_length: frame.length + 4,
      ...mirrored,
    })),
  );
});
