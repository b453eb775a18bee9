import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MIRROR_DIRECTION_NAMES, MIRROR_TYPE_NAMES } from '../../src/model/mirror-point.js';
import { MirrorRecord, SEQUENCE_USE_NAMES } from '../../src/model/mirror-record.js';
import { END_REASON_NAMES, SessionRecord } from '../../src/model/session-record.js';
import { TunnelRecord } from '../../src/model/tunnel-record.js';
import { MirrorSegment, MirrorSegmentReader } from '../../src/store/segment/mirror-segment.js';
import { PacketSegment } from '../../src/store/segment/packet-segment.js';
import { SegmentError } from '../../src/store/segment/protobuf.js';
import { SessionSegment, SessionSegmentReader } from '../../src/store/segment/session-segment.js';
import { TunnelSegment, TunnelSegmentReader } from '../../src/store/segment/tunnel-segment.js';
import { mirrorRecord, sessionRecord, tunnelRecord } from '../support/arbitrary-records.js';
import { decodeSegment as decode } from '../support/decode-segment.js';
import { addPacket } from '../support/packet-rows.js';

/** What protobufjs is to say of a record's fields. */
function asMessage(r: SessionRecord, collector: string): Record<string, unknown> {
  const zero = (a: Uint8Array) => (a.every((b) => b === 0) ? [] : [...a]);
  return {
    session_id: [...r.sessionId],
    first_seen: String(BigInt(r.firstSec) * 1_000_000_000n + BigInt(r.firstNsec)),
    last_seen: String(BigInt(r.lastSec) * 1_000_000_000n + BigInt(r.lastNsec)),
    client_ip: zero(r.clientIp),
    server_ip: zero(r.serverIp),
    client_port: r.clientPort,
    server_port: r.serverPort,
    protocol: r.protocol,
    client_packets: String(r.clientPackets),
    server_packets: String(r.serverPackets),
    client_bytes: String(r.clientBytes),
    server_bytes: String(r.serverBytes),
    client_payload: String(r.clientPayload),
    server_payload: String(r.serverPayload),
    transport: r.transport,
    part: r.part,
    end_reason: END_REASON_NAMES[r.endReason],
    mirror_type: MIRROR_TYPE_NAMES[r.point.type],
    mirror_source: zero(r.point.source),
    mirror_target: zero(r.point.target),
    mirror_session: r.point.session,
    mirror_port: r.mirrorPort,
    mirror_direction: MIRROR_DIRECTION_NAMES[r.mirrorDirection],
    mirror_hardware: r.mirrorHardware,
    security_group: r.securityGroup,
    ...(r.greKey === null ? {} : { gre_key: r.greKey }),
    vlan_ids: [...r.vlanIds.subarray(0, r.vlanCount)],
    cos: r.cos,
    client_mac: r.hasMac ? [...r.clientMac] : [],
    server_mac: r.hasMac ? [...r.serverMac] : [],
    ether_type: r.etherType,
    client_tcp_flags: r.clientTcpFlags,
    server_tcp_flags: r.serverTcpFlags,
    tcp_state: r.tcpState,
    handshake_us: r.handshakeUs,
    client_retransmits: r.clientRetransmits,
    server_retransmits: r.serverRetransmits,
    icmp_type: r.icmpType,
    icmp_code: r.icmpCode,
    client_ttl: r.clientTtl,
    server_ttl: r.serverTtl,
    dscp: r.dscp,
    fragments: r.fragments,
    truncated: r.truncated,
    duplicates: r.duplicates,
    app_protocol: r.appProtocol,
    collector,
  };
}

test('a session segment is what protobufjs reads with session.proto', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(sessionRecord, { maxLength: 5 }),
      fc.string({ maxLength: 70 }),
      async (rs, collector) => {
        const segment = new SessionSegment(collector);
        for (const r of rs) segment.session(r);
        expect(segment.count).toBe(rs.length);
        expect(await decode('session.proto', 'Session', segment.take())).toEqual(
          rs.map((r) => asMessage(r, collector)),
        );
      },
    ),
  );
});

test('a session segment reads back as the records it was made of', () => {
  fc.assert(
    fc.property(fc.array(sessionRecord, { maxLength: 20 }), (rs) => {
      const segment = new SessionSegment('here');
      for (const r of rs) segment.session(r);
      const reader = new SessionSegmentReader(segment.take());
      const back = new SessionRecord();
      // A record with every field set must not shine through into the next.
      for (const r of rs) {
        expect(reader.next(back)).toBe(true);
        expect(asMessage(back, reader.collector)).toEqual(asMessage(r, 'here'));
        expect(back.ipVersion).toBe(r.ipVersion);
      }
      expect(reader.next(back)).toBe(false);
    }),
  );
});

test('a mirror segment is what protobufjs reads, and reads back', async () => {
  await fc.assert(
    fc.asyncProperty(mirrorRecord, async (r) => {
      const segment = new MirrorSegment('here');
      segment.mirror(r);
      const taken = segment.take();
      const [row] = await decode('mirror.proto', 'Mirror', taken);
      expect(row).toMatchObject({
        minute: r.minute,
        mirror_type: MIRROR_TYPE_NAMES[r.point.type],
        mirror_source: [...r.point.source],
        mirror_target: [...r.point.target],
        mirror_session: r.point.session,
        packets: String(r.packets),
        bytes: String(r.bytes),
        sequence: SEQUENCE_USE_NAMES[r.sequence],
        lost: String(r.lost),
        reordered: String(r.reordered),
        repeated: String(r.repeated),
        truncated: String(r.truncated),
        malformed: String(r.malformed),
        kernel_drops: String(r.kernelDrops),
        collector: 'here',
      });
      expect(row.gre_key ?? null).toBe(r.point.key);
      const back = new MirrorRecord();
      expect(new MirrorSegmentReader(taken).next(back)).toBe(true);
      expect(back).toEqual(r);
    }),
  );
});

test('a tunnel segment is what protobufjs reads, and reads back', async () => {
  await fc.assert(
    fc.asyncProperty(tunnelRecord, async (r) => {
      const segment = new TunnelSegment('here');
      segment.tunnel(r);
      const taken = segment.take();
      const [row] = await decode('tunnel.proto', 'Tunnel', taken);
      expect(row).toMatchObject({
        minute: r.minute,
        name: r.name,
        mode: r.mode,
        rx_packets: String(r.rxPackets),
        rx_bytes: String(r.rxBytes),
        rx_errors: String(r.rxErrors),
        rx_dropped: String(r.rxDropped),
        multicast: String(r.multicast),
        rx_length_errors: String(r.rxLengthErrors),
        rx_crc_errors: String(r.rxCrcErrors),
        rx_frame_errors: String(r.rxFrameErrors),
        rx_fifo_errors: String(r.rxFifoErrors),
        tx_packets: String(r.txPackets),
        tx_bytes: String(r.txBytes),
        tx_errors: String(r.txErrors),
        tx_dropped: String(r.txDropped),
        tx_aborted_errors: String(r.txAbortedErrors),
        tx_carrier_errors: String(r.txCarrierErrors),
        collisions: String(r.collisions),
      });
      const back = new TunnelRecord();
      expect(new TunnelSegmentReader(taken).next(back)).toBe(true);
      expect(back).toEqual(r);
    }),
  );
});

test('a packet segment holds frames of any length', async () => {
  const frames = [0, 1, 63, 64, 16383, 70000].map((n) => new Uint8Array(n).map((_, i) => i * 7));
  const segment = new PacketSegment();
  const id = new Uint8Array(16).fill(9);
  for (const frame of frames)
    addPacket(segment, id, 1_700_000_000, 5, frame, 0, frame.length, frame.length + 4);
  const rows = await decode('packet.proto', 'Packet', segment.take());
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
  expect(rows).toEqual(
    frames.map((frame) => ({
      session_id: [...id],
      time: '1700000000000000005',
      frame: [...frame],
      original_length: frame.length + 4,
      ...mirrored,
    })),
  );
});

test('a segment cut anywhere is an error, never a wrong row more', () => {
  const segment = new SessionSegment('here');
  const [r] = fc.sample(sessionRecord, { numRuns: 1, seed: 7 });
  segment.session(r);
  const whole = segment.take();
  for (let n = 1; n < whole.length; n++)
    expect(
      () => new SessionSegmentReader(whole.subarray(0, n)).next(new SessionRecord()),
      `cut at ${n}`,
    ).toThrow(SegmentError);
});

test('bytes that are no segment never do worse than throw SegmentError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const reader = new SessionSegmentReader(bytes);
      try {
        while (reader.next(new SessionRecord()));
      } catch (e) {
        expect(e).toBeInstanceOf(SegmentError);
      }
    }),
    { numRuns: 2000 },
  );
});
