import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CertificateRecord } from '../../src/model/certificate-record.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { OUTCOME_NAMES } from '../../src/model/told.js';
import { SessionLines, TransactionLines } from '../../src/store/ndjson/lines.js';
import { rfc3339 } from '../../src/store/ndjson/ndjson.js';
import { formatIp, formatMac } from '../../src/wire/ip/addresses.js';
import {
  certificateRecord,
  mirrorRecord,
  sessionRecord,
  transactionRecord,
  tunnelRecord,
} from '../support/arbitrary-records.js';
import { communityId } from '../support/community-id.js';
import {
  certificateJson,
  mirrorJson,
  sessionJson,
  transactionJson,
  tunnelJson,
} from '../support/row-json.js';

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

test('a transaction is one line of JSON with addresses and attributes', () => {
  fc.assert(
    fc.property(transactionRecord, fc.string({ maxLength: 20, unit: 'binary' }), (r, collector) => {
      const json = transactionJson(r, collector);
      expect(json).not.toContain('\n');
      const ipVersion = r.clientIp[0] === 0 ? 4 : 6;
      expect(JSON.parse(json)).toEqual({
        session_id: uuid(r.sessionId),
        number: r.number,
        copy: r.copy,
        community_id: communityId(ipVersion, r.clientIp, r.serverIp, r.protocol, r.clientPort, r.serverPort),
        time: rfc3339(r.timeSec, r.timeNsec),
        mirror_type: expect.any(String),
        mirror_source: formatIp(r.point.source, 0),
        mirror_session: r.point.session,
        mirror_name: r.point.name,
        site: r.point.site,
        gre_key: r.point.key,
        vni: r.vni,
        client_ip: formatIp(r.clientIp, 0),
        server_ip: formatIp(r.serverIp, 0),
        client_port: r.clientPort,
        server_port: r.serverPort,
        protocol: r.protocol,
        app_protocol: r.appProtocol,
        method: r.method,
        name: r.name,
        resource: r.resource,
        user_name: r.userName,
        status: r.status,
        outcome: OUTCOME_NAMES[r.outcome],
        response_us: r.responseUs,
        transfer_us: r.transferUs,
        request_bytes: r.requestBytes,
        response_bytes: r.responseBytes,
        answers: Array.from({ length: r.answersCount }, (_, i) => formatIp(r.answers, 16 * i)),
        ttl: r.ttl,
        attributes: Object.fromEntries(r.attributeNames.map((name, i) => [name, r.attributeValues[i]])),
        partial: r.partial,
        client_network: r.clientNetwork,
        server_network: r.serverNetwork,
        client_role: r.clientRole,
        server_role: r.serverRole,
        client_site: r.clientSite,
        server_site: r.serverSite,
        client_asn: r.clientAsn,
        server_asn: r.serverAsn,
        client_as_org: r.clientAsOrg,
        server_as_org: r.serverAsOrg,
        client_country: r.clientCountry,
        server_country: r.serverCountry,
        collector,
      });
    }),
  );
});

test('a certificate is one line of JSON, its fingerprint in hex', () => {
  fc.assert(
    fc.property(certificateRecord, (r) => {
      expect(JSON.parse(certificateJson(r, 'c'))).toMatchObject({
        day: new Date(r.day * 86_400_000).toISOString().slice(0, 10),
        fingerprint: Buffer.from(r.fingerprint).toString('hex'),
        names: r.names,
        not_before: new Date(r.notBefore * 1000).toISOString().replace('.000', ''),
        not_after: new Date(r.notAfter * 1000).toISOString().replace('.000', ''),
        server_name: r.serverName,
        serial: r.serial,
      });
    }),
  );
});

test('times that RFC 3339 cannot write are the nearest that it can', () => {
  const r = new CertificateRecord();
  r.point = new MirrorPoint(0, MirrorType.Erspan2, new Uint8Array(16), new Uint8Array(16), 1, null);
  [r.notBefore, r.notAfter] = [-1e14, 1e14];
  expect(JSON.parse(certificateJson(r, 'c'))).toMatchObject({
    not_before: '0000-01-01T00:00:00Z',
    not_after: '9999-12-31T23:59:59Z',
  });
});

/** Numbers of every length. */
const anyLength = fc
  .tuple(fc.nat({ max: 15 }), fc.maxSafeNat())
  .map(([digits, n]) => Math.min(n, n % 10 ** (digits + 1)));

test('numbers of every length are written with all their digits', () => {
  const [r] = fc.sample(sessionRecord, { numRuns: 1, seed: 7 });
  const edges = Array.from({ length: 16 }, (_, i) => [10 ** i - 1, 10 ** i, 10 ** i + 1]).flat();
  for (const n of edges) {
    r.clientBytes = n;
    expect(sessionJson(r, 'c')).toContain(`"client_bytes":${n},`);
  }
  fc.assert(
    fc.property(anyLength, (n) => {
      r.clientBytes = n;
      expect(sessionJson(r, 'c')).toContain(`"client_bytes":${n},`);
    }),
  );
});

test('IPv6 addresses have their zeros where RFC 5952 has them', () => {
  const [r] = fc.sample(sessionRecord, { numRuns: 1, seed: 7 });
  const group = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    fc.nat({ max: 0xffff }),
    fc.nat({ max: 0x1f }),
  );
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      r.clientIp.set(groups.flatMap((g) => [g >> 8, g & 0xff]));
      expect(sessionJson(r, 'c')).toContain(`"client_ip":"${formatIp(r.clientIp, 0)}",`);
    }),
    { numRuns: 500 },
  );
});

test('strings are escaped wherever they need it', () => {
  const [r] = fc.sample(transactionRecord, { numRuns: 1, seed: 7 });
  for (let code = 0; code < 0x180; code++)
    for (const text of [String.fromCharCode(code), `before${String.fromCharCode(code)}and after`]) {
      r.name = r.method = text;
      expect(JSON.parse(transactionJson(r, 'c'))).toMatchObject({ name: text, method: text });
      expect(transactionJson(r, 'c')).toContain(`"name":${JSON.stringify(text)},`);
    }
});

test('a row does not depend on those written before it', () => {
  const decoder = new TextDecoder();
  fc.assert(
    fc.property(fc.array(sessionRecord, { minLength: 2, maxLength: 6 }), (records) => {
      const together = new SessionLines('c');
      for (const r of [...records, ...records]) together.session(r);
      const alone = records.map((r) => {
        const lines = new SessionLines('c');
        lines.session(r);
        return decoder.decode(lines.take());
      });
      expect(decoder.decode(together.take())).toBe([...alone, ...alone].join(''));
    }),
    { numRuns: 30 },
  );
});

test('a mirror point that is called otherwise has its new names in the rows from then on', () => {
  const lines = new TransactionLines('c');
  const [r] = fc.sample(transactionRecord, { numRuns: 1, seed: 7 });
  const written: unknown[] = [];
  for (const [name, site] of [
    ['', ''],
    ['core "1"', ''],
    ['core "1"', 'Zürich'],
    ['', ''],
  ]) {
    Object.assign(r.point, { name, site });
    lines.transaction(r);
    const { mirror_name, site: at } = JSON.parse(new TextDecoder().decode(lines.take()));
    written.push([mirror_name, at]);
  }
  expect(written).toEqual([
    ['', ''],
    ['core "1"', ''],
    ['core "1"', 'Zürich'],
    ['', ''],
  ]);
});
