/** Rows of `sessions` as lines of NDJSON, in the form of store/ndjson.ts. */

import { MIRROR_DIRECTION_NAMES, type MirrorPoint } from '../../model/mirror-point.js';
import { END_REASON_NAMES, type SessionRecord, type SessionSink } from '../../model/session-record.js';
import { isIcmpReply } from '../../wire/ip/icmp.js';
import { isIcmp6Reply } from '../../wire/ip/icmp6.js';
import { IpProtocol } from '../../wire/ip/ip-protocol.js';
import { communityId } from './community-id.js';
import { ascii, JsonLines, jsonKeys } from './json-lines.js';
import { pointJson } from './ndjson.js';

/** A line without its words: every field at its longest. */
const MOST = 2048;
/** The longest escaped character: \u0000. */
const ESCAPED = 6;

const K = jsonKeys(
  'session_id',
  'part',
  'community_id',
  'first_seen',
  'last_seen',
  'end_reason',
  'mirror_port',
  'mirror_direction',
  'mirror_hardware',
  'security_group',
  'gre_key',
  'vlan_ids',
  'cos',
  'client_mac',
  'server_mac',
  'ether_type',
  'client_ip',
  'server_ip',
  'client_port',
  'server_port',
  'protocol',
  'transport',
  'client_packets',
  'server_packets',
  'client_bytes',
  'server_bytes',
  'client_payload',
  'server_payload',
  'client_tcp_flags',
  'server_tcp_flags',
  'tcp_state',
  'handshake_us',
  'client_retransmits',
  'server_retransmits',
  'icmp_type',
  'icmp_code',
  'client_ttl',
  'server_ttl',
  'dscp',
  'fragments',
  'truncated',
  'duplicates',
  'app_protocol',
  'collector',
);

/** Finished sessions as lines. */
export class SessionLines extends JsonLines implements SessionSink {
  private readonly points = new Map<MirrorPoint, Uint8Array>();
  /** The most bytes of a line, without the words of its record. */
  private readonly most: number;

  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
    this.most = MOST + ESCAPED * collector.length;
  }

  session(r: SessionRecord): void {
    const words = r.transport.length + r.tcpState.length + r.appProtocol.length;
    this.begin(this.most + ESCAPED * words);
    this.uuid(K.session_id, r.sessionId);
    this.uint(K.part, r.part);
    this.plain(K.community_id, community(r));
    this.time(K.first_seen, r.firstSec, r.firstNsec);
    this.time(K.last_seen, r.lastSec, r.lastNsec);
    this.word(K.end_reason, END_REASON_NAMES[r.endReason]);
    this.raw(this.point(r.point));
    this.uint(K.mirror_port, r.mirrorPort);
    this.word(K.mirror_direction, MIRROR_DIRECTION_NAMES[r.mirrorDirection]);
    this.uint(K.mirror_hardware, r.mirrorHardware);
    this.uint(K.security_group, r.securityGroup);
    this.optionalUint(K.gre_key, r.greKey);
    this.uints(K.vlan_ids, r.vlanIds, r.vlanCount);
    this.uint(K.cos, r.cos);
    if (r.hasMac) {
      this.mac(K.client_mac, r.clientMac);
      this.mac(K.server_mac, r.serverMac);
    } else {
      this.word(K.client_mac, '');
      this.word(K.server_mac, '');
    }
    this.uint(K.ether_type, r.etherType);
    this.ip(K.client_ip, r.clientIp);
    this.ip(K.server_ip, r.serverIp);
    this.uint(K.client_port, r.clientPort);
    this.uint(K.server_port, r.serverPort);
    this.uint(K.protocol, r.protocol);
    this.word(K.transport, r.transport);
    this.uint(K.client_packets, r.clientPackets);
    this.uint(K.server_packets, r.serverPackets);
    this.uint(K.client_bytes, r.clientBytes);
    this.uint(K.server_bytes, r.serverBytes);
    this.uint(K.client_payload, r.clientPayload);
    this.uint(K.server_payload, r.serverPayload);
    this.uint(K.client_tcp_flags, r.clientTcpFlags);
    this.uint(K.server_tcp_flags, r.serverTcpFlags);
    this.word(K.tcp_state, r.tcpState);
    this.uint(K.handshake_us, r.handshakeUs);
    this.uint(K.client_retransmits, r.clientRetransmits);
    this.uint(K.server_retransmits, r.serverRetransmits);
    this.uint(K.icmp_type, r.icmpType);
    this.uint(K.icmp_code, r.icmpCode);
    this.uint(K.client_ttl, r.clientTtl);
    this.uint(K.server_ttl, r.serverTtl);
    this.uint(K.dscp, r.dscp);
    this.uint(K.fragments, r.fragments);
    this.uint(K.truncated, r.truncated);
    this.uint(K.duplicates, r.duplicates);
    this.word(K.app_protocol, r.appProtocol);
    this.word(K.collector, this.collector);
    this.end();
  }

  /** The columns that identify the mirror point; there are few points. */
  private point(p: MirrorPoint): Uint8Array {
    let json = this.points.get(p);
    if (json === undefined) {
      json = ascii(`,${pointJson(p)}`);
      this.points.set(p, json);
    }
    return json;
  }
}

function community(r: SessionRecord): string {
  const { ipVersion, clientIp, serverIp, protocol, icmpType, icmpCode } = r;
  if (protocol !== IpProtocol.Icmp && protocol !== IpProtocol.Icmp6)
    return communityId(ipVersion, clientIp, serverIp, protocol, r.clientPort, r.serverPort);
  // The type is that of the first message. If that answers another, the server sent it; a message to a group
  // was sent to the server.
  const fromServer =
    protocol === IpProtocol.Icmp ? isIcmpReply(icmpType) : isIcmp6Reply(icmpType, serverIp[0]);
  return fromServer
    ? communityId(ipVersion, serverIp, clientIp, protocol, icmpType, icmpCode)
    : communityId(ipVersion, clientIp, serverIp, protocol, icmpType, icmpCode);
}
