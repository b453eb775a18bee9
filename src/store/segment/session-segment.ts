/** Sessions as `mirrorlake.v1.Session` messages (schemas/mirrorlake/v1/session.proto), written and read. */

import type { MirrorDirection, MirrorType } from '../../model/mirror-point.js';
import type { EndReason, SessionRecord, SessionSink } from '../../model/session-record.js';
import { EtherType } from '../../wire/link/ethertypes.js';
import { PointCache } from './point-cache.js';
import { MessageReader, MessageWriter } from './protobuf.js';

/** A session message without its strings: every field at its longest. */
const MOST = 640;

/** Field numbers of session.proto. */
const F = {
  session_id: 1,
  first_seen: 2,
  last_seen: 3,
  client_ip: 4,
  server_ip: 5,
  client_port: 6,
  server_port: 7,
  protocol: 8,
  client_packets: 9,
  server_packets: 10,
  client_bytes: 11,
  server_bytes: 12,
  client_payload: 13,
  server_payload: 14,
  transport: 15,
  part: 16,
  end_reason: 17,
  mirror_type: 18,
  mirror_source: 19,
  mirror_target: 20,
  mirror_session: 21,
  mirror_port: 22,
  mirror_direction: 23,
  mirror_hardware: 24,
  security_group: 25,
  gre_key: 26,
  vlan_ids: 27,
  cos: 28,
  client_mac: 29,
  server_mac: 30,
  ether_type: 31,
  client_tcp_flags: 32,
  server_tcp_flags: 33,
  tcp_state: 34,
  handshake_us: 35,
  client_retransmits: 36,
  server_retransmits: 37,
  icmp_type: 38,
  icmp_code: 39,
  client_ttl: 40,
  server_ttl: 41,
  dscp: 42,
  fragments: 43,
  truncated: 44,
  duplicates: 45,
  app_protocol: 46,
  collector: 47,
} as const;

/** Collects finished sessions into a segment of the table `sessions`. */
export class SessionSegment extends MessageWriter implements SessionSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  session(r: SessionRecord): void {
    this.begin(MOST + r.transport.length + r.tcpState.length + r.appProtocol.length + this.collector.length);
    this.bytes(F.session_id, r.sessionId, 0, 16);
    this.time(F.first_seen, r.firstSec, r.firstNsec);
    this.time(F.last_seen, r.lastSec, r.lastNsec);
    if (r.ipVersion !== 0) {
      this.address(F.client_ip, r.clientIp);
      this.address(F.server_ip, r.serverIp);
    }
    this.uint(F.client_port, r.clientPort);
    this.uint(F.server_port, r.serverPort);
    this.uint(F.protocol, r.protocol);
    this.uint(F.client_packets, r.clientPackets);
    this.uint(F.server_packets, r.serverPackets);
    this.uint(F.client_bytes, r.clientBytes);
    this.uint(F.server_bytes, r.serverBytes);
    this.uint(F.client_payload, r.clientPayload);
    this.uint(F.server_payload, r.serverPayload);
    this.string(F.transport, r.transport);
    this.uint(F.part, r.part);
    this.uint(F.end_reason, r.endReason);
    this.uint(F.mirror_type, r.point.type);
    this.address(F.mirror_source, r.point.source);
    this.address(F.mirror_target, r.point.target);
    this.uint(F.mirror_session, r.point.session);
    this.uint(F.mirror_port, r.mirrorPort);
    this.uint(F.mirror_direction, r.mirrorDirection);
    this.uint(F.mirror_hardware, r.mirrorHardware);
    this.uint(F.security_group, r.securityGroup);
    this.optionalUint(F.gre_key, r.greKey);
    this.packed(F.vlan_ids, r.vlanIds, r.vlanCount);
    this.uint(F.cos, r.cos);
    if (r.hasMac) {
      this.bytes(F.client_mac, r.clientMac, 0, 6);
      this.bytes(F.server_mac, r.serverMac, 0, 6);
    }
    this.uint(F.ether_type, r.etherType);
    this.uint(F.client_tcp_flags, r.clientTcpFlags);
    this.uint(F.server_tcp_flags, r.serverTcpFlags);
    this.string(F.tcp_state, r.tcpState);
    this.uint(F.handshake_us, r.handshakeUs);
    this.uint(F.client_retransmits, r.clientRetransmits);
    this.uint(F.server_retransmits, r.serverRetransmits);
    this.uint(F.icmp_type, r.icmpType);
    this.uint(F.icmp_code, r.icmpCode);
    this.uint(F.client_ttl, r.clientTtl);
    this.uint(F.server_ttl, r.serverTtl);
    this.uint(F.dscp, r.dscp);
    this.uint(F.fragments, r.fragments);
    this.uint(F.truncated, r.truncated);
    this.uint(F.duplicates, r.duplicates);
    this.string(F.app_protocol, r.appProtocol);
    this.string(F.collector, this.collector);
    this.end();
  }
}

/** Reads a segment of `sessions`, one record at a time. */
export class SessionSegmentReader {
  /** The column `collector` of the last record. */
  collector = '';
  private readonly in: MessageReader;
  private readonly points = new PointCache();
  private readonly source = new Uint8Array(16);
  private readonly target = new Uint8Array(16);

  constructor(segment: Uint8Array) {
    this.in = new MessageReader(segment);
  }

  /**
   * Fills `r` with the next session; false after the last. @throws SegmentError if the segment is damaged.
   */
  next(r: SessionRecord): boolean {
    const m = this.in;
    if (!m.next()) return false;
    clear(r);
    this.collector = '';
    this.source.fill(0);
    this.target.fill(0);
    let type = 0;
    let session = 0;
    for (let field = m.field(); field !== 0; field = m.field()) {
      switch (field) {
        case F.session_id:
          m.copy(r.sessionId);
          break;
        case F.first_seen:
          r.firstSec = m.seconds();
          r.firstNsec = m.nanoseconds;
          break;
        case F.last_seen:
          r.lastSec = m.seconds();
          r.lastNsec = m.nanoseconds;
          break;
        case F.client_ip:
          m.copy(r.clientIp);
          break;
        case F.server_ip:
          m.copy(r.serverIp);
          break;
        case F.client_port:
          r.clientPort = m.uint();
          break;
        case F.server_port:
          r.serverPort = m.uint();
          break;
        case F.protocol:
          r.protocol = m.uint();
          break;
        case F.client_packets:
          r.clientPackets = m.uint();
          break;
        case F.server_packets:
          r.serverPackets = m.uint();
          break;
        case F.client_bytes:
          r.clientBytes = m.uint();
          break;
        case F.server_bytes:
          r.serverBytes = m.uint();
          break;
        case F.client_payload:
          r.clientPayload = m.uint();
          break;
        case F.server_payload:
          r.serverPayload = m.uint();
          break;
        case F.transport:
          r.transport = m.string();
          break;
        case F.part:
          r.part = m.uint();
          break;
        case F.end_reason:
          r.endReason = m.uint() as EndReason;
          break;
        case F.mirror_type:
          type = m.uint();
          break;
        case F.mirror_source:
          m.copy(this.source);
          break;
        case F.mirror_target:
          m.copy(this.target);
          break;
        case F.mirror_session:
          session = m.uint();
          break;
        case F.mirror_port:
          r.mirrorPort = m.uint();
          break;
        case F.mirror_direction:
          r.mirrorDirection = m.uint() as MirrorDirection;
          break;
        case F.mirror_hardware:
          r.mirrorHardware = m.uint();
          break;
        case F.security_group:
          r.securityGroup = m.uint();
          break;
        case F.gre_key:
          r.greKey = m.uint();
          break;
        case F.vlan_ids:
          r.vlanCount = m.packed(r.vlanIds);
          break;
        case F.cos:
          r.cos = m.uint();
          break;
        case F.client_mac:
          m.copy(r.clientMac);
          r.hasMac = true;
          break;
        case F.server_mac:
          m.copy(r.serverMac);
          r.hasMac = true;
          break;
        case F.ether_type:
          r.etherType = m.uint();
          break;
        case F.client_tcp_flags:
          r.clientTcpFlags = m.uint();
          break;
        case F.server_tcp_flags:
          r.serverTcpFlags = m.uint();
          break;
        case F.tcp_state:
          r.tcpState = m.string();
          break;
        case F.handshake_us:
          r.handshakeUs = m.uint();
          break;
        case F.client_retransmits:
          r.clientRetransmits = m.uint();
          break;
        case F.server_retransmits:
          r.serverRetransmits = m.uint();
          break;
        case F.icmp_type:
          r.icmpType = m.uint();
          break;
        case F.icmp_code:
          r.icmpCode = m.uint();
          break;
        case F.client_ttl:
          r.clientTtl = m.uint();
          break;
        case F.server_ttl:
          r.serverTtl = m.uint();
          break;
        case F.dscp:
          r.dscp = m.uint();
          break;
        case F.fragments:
          r.fragments = m.uint();
          break;
        case F.truncated:
          r.truncated = m.uint();
          break;
        case F.duplicates:
          r.duplicates = m.uint();
          break;
        case F.app_protocol:
          r.appProtocol = m.string();
          break;
        case F.collector:
          this.collector = m.string();
          break;
        default:
          m.skip();
      }
    }
    r.ipVersion = ipVersion(r);
    r.point = this.points.get(type as MirrorType, this.source, this.target, session, r.greKey);
    return true;
  }
}

/** Sets every field to its value if the message leaves it out. */
function clear(r: SessionRecord): void {
  r.sessionId.fill(0);
  r.clientIp.fill(0);
  r.serverIp.fill(0);
  r.clientMac.fill(0);
  r.serverMac.fill(0);
  r.hasMac = false;
  r.vlanCount = 0;
  r.greKey = null;
  r.transport = '';
  r.tcpState = '';
  r.appProtocol = '';
  r.endReason = 0;
  r.mirrorDirection = 0;
  r.part = r.firstSec = r.firstNsec = r.lastSec = r.lastNsec = 0;
  r.mirrorPort = r.mirrorHardware = r.securityGroup = r.cos = 0;
  r.etherType = r.clientPort = r.serverPort = r.protocol = 0;
  r.clientPackets = r.serverPackets = r.clientBytes = r.serverBytes = r.clientPayload = r.serverPayload = 0;
  r.clientTcpFlags = r.serverTcpFlags = r.handshakeUs = r.clientRetransmits = r.serverRetransmits = 0;
  r.icmpType = r.icmpCode = r.clientTtl = r.serverTtl = r.dscp = 0;
  r.fragments = r.truncated = r.duplicates = 0;
}

/**
 * Without IP both addresses are ::, whatever the EtherType. An IPv6 packet may have ::ffff:a.b.c.d addresses
 * too.
 */
function ipVersion(r: SessionRecord): number {
  if (isZero(r.clientIp) && isZero(r.serverIp)) return 0;
  return r.etherType === EtherType.Ipv4 ? 4 : 6;
}

function isZero(a: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== 0) return false;
  return true;
}
