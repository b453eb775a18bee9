import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rfc3339 } from '../../src/store/ndjson/ndjson.js';
import { formatIp, formatMac } from '../../src/wire/ip/addresses.js';
import { mirrorRecord, sessionRecord, tunnelRecord } from '../support/arbitrary-records.js';
import { mirrorJson, sessionJson, tunnelJson } from '../support/row-json.js';

test('times are RFC 3339 with nanoseconds', () => {
  expect(rfc3339(0, 0)).toBe('1970-01-01T00:00:00.000000000Z');
  expect(rfc3339(1767225599, 999_999_999)).toBe('2025-12-31T23:59:59.999999999Z');
  expect(rfc3339(0xffffffff, 1)).toBe('2106-02-07T06:28:15.000000001Z');
});

function uuid(id: Uint8Array): string {
  const hex = Buffer.from(id).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

test('a row is one line of JSON with the values of its record', () => {
  fc.assert(
    fc.property(sessionRecord, fc.string({ maxLength: 20, unit: 'binary' }), (r, collector) => {
      const json = sessionJson(r, collector);
      expect(json).not.toContain('\n');
      expect(JSON.parse(json)).toMatchObject({
        session_id: uuid(r.sessionId),
        part: r.part,
        first_seen: rfc3339(r.firstSeenSec, r.firstSeenNsec),
        last_seen: rfc3339(r.lastSeenSec, r.lastSeenNsec),
        mirror_source: formatIp(r.point.source, 0),
        mirror_port: r.mirrorPort,
        gre_key: r.point.key,
        vlan_ids: [...r.vlanIds.subarray(0, r.vlanIdsCount)],
        client_mac: r.hasMac ? formatMac(r.clientMac, 0) : '',
        server_mac: r.hasMac ? formatMac(r.serverMac, 0) : '',
        client_ip: formatIp(r.clientIp, 0),
        server_ip: formatIp(r.serverIp, 0),
        client_port: r.clientPort,
        client_packets: r.clientPackets,
        server_packets: r.serverPackets,
        client_bytes: r.clientBytes,
        server_bytes: r.serverBytes,
        client_payload: r.clientPayload,
        server_payload: r.serverPayload,
        transport: r.transport,
        tcp_state: r.tcpState,
        handshake_us: r.handshakeUs,
        duplicates: r.duplicates,
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
