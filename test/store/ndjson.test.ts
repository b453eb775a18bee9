import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mirrorJson, rfc3339, sessionJson, tunnelJson } from '../../src/store/ndjson.js';
import { mirrorRecord, sessionRecord, tunnelRecord } from '../support/arbitrary-records.js';

test('times are RFC 3339 with nanoseconds', () => {
  expect(rfc3339(0, 0)).toBe('1970-01-01T00:00:00.000000000Z');
  expect(rfc3339(1767225599, 999_999_999)).toBe('2025-12-31T23:59:59.999999999Z');
  expect(rfc3339(0xffffffff, 1)).toBe('2106-02-07T06:28:15.000000001Z');
});

test('every row is one line of JSON with the values of its record', () => {
  fc.assert(
    fc.property(sessionRecord, fc.string({ maxLength: 20, unit: 'binary' }), (r, collector) => {
      const json = sessionJson(r, collector);
      expect(json).not.toContain('\n');
      expect(JSON.parse(json)).toMatchObject({
        part: r.part,
        gre_key: r.greKey,
        vlan_ids: [...r.vlanIds.subarray(0, r.vlanCount)],
        client_port: r.clientPort,
        client_bytes: r.clientBytes,
        server_payload: r.serverPayload,
        transport: r.transport,
        app_protocol: r.appProtocol,
        collector,
      });
    }),
  );
  fc.assert(
    fc.property(mirrorRecord, (r) => {
      expect(JSON.parse(mirrorJson(r, 'c'))).toMatchObject({
        packets: r.packets,
        lost: r.lost,
        gre_key: r.point.key,
      });
    }),
  );
  fc.assert(
    fc.property(tunnelRecord, (r) => {
      expect(JSON.parse(tunnelJson(r, 'c'))).toMatchObject({
        name: r.name,
        collisions: r.collisions,
        key: r.key,
      });
    }),
  );
});
