/** Rows as NDJSON: docs/reference/ndjson.md. Made by `npm run columns`: change src/model/columns instead. */

import type { CertificateRecord, CertificateSink } from '../../model/certificate-record.js';
import { CLOCK_KIND_NAMES } from '../../model/clock-kind.js';
import { CLOCKS_NAMES } from '../../model/clocks.js';
import { END_REASON_NAMES } from '../../model/end-reason.js';
import type { HopRecord, HopSink } from '../../model/hop-record.js';
import { MIRROR_DIRECTION_NAMES } from '../../model/mirror-point.js';
import type { MirrorRecord, MirrorSink } from '../../model/mirror-record.js';
import type { NameRecord, NameSink } from '../../model/name-record.js';
import { NAME_SOURCE_NAMES } from '../../model/name-source.js';
import type { NetworkRecord, NetworkSink } from '../../model/network-record.js';
import { PACKET_LAYER_NAMES } from '../../model/packet-layer.js';
import type { PacketRecord } from '../../model/packet-record.js';
import type { PathRecord, PathSink } from '../../model/path-record.js';
import { SEQUENCE_USE_NAMES } from '../../model/sequence-use.js';
import type { SessionRecord, SessionSink } from '../../model/session-record.js';
import { OUTCOME_NAMES } from '../../model/told.js';
import type { TransactionRecord, TransactionSink } from '../../model/transaction-record.js';
import type { TunnelRecord, TunnelSink } from '../../model/tunnel-record.js';
import { Piece } from '../piece.js';
import { lengthOf } from '../segment/message-writer.js';
import { communityIdOf, communityIdOfTransaction } from './community-id.js';
import { escaped, pieces, withNothing, withWords } from './pieces.js';
import { PointLines } from './point-lines.js';

const SESSION = pieces({
  session_id: '"session_id":"',
  part: '","part":',
  community_id: ',"community_id":"',
  copy: '","copy":',
  first_seen: ',"first_seen":"',
  last_seen: '","last_seen":"',
  point: '",',
  seen_by: ',"seen_by":[',
  mirror_port: '],"mirror_port":',
  mirror_hardware: '","mirror_hardware":',
  security_group: ',"security_group":',
  mirror_sensor: ',"mirror_sensor":"',
  gre_key: '","gre_key":',
  vlan_ids: ',"vlan_ids":[',
  vni: '],"vni":',
  cos: ',"cos":',
  client_mac: ',"client_mac":"',
  server_mac: '","server_mac":"',
  ether_type: '","ether_type":',
  client_ip: ',"client_ip":"',
  server_ip: '","server_ip":"',
  client_port: '","client_port":',
  server_port: ',"server_port":',
  protocol: ',"protocol":',
  transport: ',"transport":"',
  client_packets: '","client_packets":',
  server_packets: ',"server_packets":',
  client_bytes: ',"client_bytes":',
  server_bytes: ',"server_bytes":',
  client_payload: ',"client_payload":',
  server_payload: ',"server_payload":',
  client_tcp_flags: ',"client_tcp_flags":',
  server_tcp_flags: ',"server_tcp_flags":',
  tcp_state: ',"tcp_state":"',
  handshake_us: '","handshake_us":',
  client_rtt_us: ',"client_rtt_us":',
  server_rtt_us: ',"server_rtt_us":',
  responses: ',"responses":',
  response_us: ',"response_us":',
  response_us_max: ',"response_us_max":',
  client_retransmits: ',"client_retransmits":',
  server_retransmits: ',"server_retransmits":',
  client_syn_retransmits: ',"client_syn_retransmits":',
  server_syn_retransmits: ',"server_syn_retransmits":',
  client_reordered: ',"client_reordered":',
  server_reordered: ',"server_reordered":',
  client_missing: ',"client_missing":',
  server_missing: ',"server_missing":',
  client_zero_windows: ',"client_zero_windows":',
  server_zero_windows: ',"server_zero_windows":',
  client_syn: ',"client_syn":"',
  server_syn: '","server_syn":"',
  history: '","history":"',
  icmp_type: '","icmp_type":',
  icmp_code: ',"icmp_code":',
  client_ttl: ',"client_ttl":',
  server_ttl: ',"server_ttl":',
  dscp: ',"dscp":',
  fragments: ',"fragments":',
  truncated: ',"truncated":',
  duplicates: ',"duplicates":',
  app_protocol: ',"app_protocol":"',
  server_name: '","server_name":"',
  alpn: '","alpn":"',
  alpn_chosen: '","alpn_chosen":"',
  tls_version: '","tls_version":"',
  tls_cipher: '","tls_cipher":"',
  tls_ech: '","tls_ech":',
  tls_resumed: ',"tls_resumed":',
  tls_established: ',"tls_established":',
  tls_alert: ',"tls_alert":"',
  tls_us: '","tls_us":',
  quic_version: ',"quic_version":"',
  ja4: '","ja4":"',
  hassh: '","hassh":"',
  hassh_server: '","hassh_server":"',
  client_software: '","client_software":"',
  server_software: '","server_software":"',
  user_name: '","user_name":"',
  partial: '","partial":"',
  client_network: '","client_network":"',
  server_network: '","server_network":"',
  client_role: '","client_role":"',
  server_role: '","server_role":"',
  client_site: '","client_site":"',
  server_site: '","server_site":"',
  client_asn: '","client_asn":',
  server_asn: ',"server_asn":',
  client_as_org: ',"client_as_org":"',
  server_as_org: '","server_as_org":"',
  client_country: '","client_country":"',
  server_country: '","server_country":"',
  policy: '","policy":"',
  collector: '","collector":"',
  end: '"}\n',
});
const SESSION_END_REASON = withWords('","end_reason":"', END_REASON_NAMES);
const SESSION_MIRROR_DIRECTION = withWords(',"mirror_direction":"', MIRROR_DIRECTION_NAMES);
const SESSION_POINT = [
  'mirror_type',
  'mirror_source',
  'mirror_target',
  'mirror_session',
  'mirror_name',
  'site',
] as const;
const SESSION_NO_HARDWARE = withNothing(
  SESSION.mirror_hardware,
  SESSION.security_group,
  SESSION.mirror_sensor,
);
const SESSION_NO_FLAGS = withNothing(SESSION.client_tcp_flags, SESSION.server_tcp_flags, SESSION.tcp_state);
const SESSION_NO_TIMES = withNothing(
  SESSION.handshake_us,
  SESSION.client_rtt_us,
  SESSION.server_rtt_us,
  SESSION.responses,
  SESSION.response_us,
  SESSION.response_us_max,
);
const SESSION_NO_TROUBLE = withNothing(
  SESSION.client_retransmits,
  SESSION.server_retransmits,
  SESSION.client_syn_retransmits,
  SESSION.server_syn_retransmits,
  SESSION.client_reordered,
  SESSION.server_reordered,
  SESSION.client_missing,
  SESSION.server_missing,
  SESSION.client_zero_windows,
  SESSION.server_zero_windows,
);
const SESSION_NO_HANDSHAKE = withNothing(SESSION.client_syn, SESSION.server_syn, SESSION.history);
const SESSION_NO_ICMP = withNothing(SESSION.icmp_type, SESSION.icmp_code);
const SESSION_NO_RARE = withNothing(SESSION.dscp, SESSION.fragments, SESSION.truncated, SESSION.duplicates);
const SESSION_NO_TLS = withNothing(
  SESSION.server_name,
  SESSION.alpn,
  SESSION.alpn_chosen,
  SESSION.tls_version,
  SESSION.tls_cipher,
  SESSION.tls_ech,
  SESSION.tls_resumed,
  SESSION.tls_established,
  SESSION.tls_alert,
  SESSION.tls_us,
  SESSION.quic_version,
  SESSION.ja4,
);
const SESSION_NO_SOFTWARE = withNothing(
  SESSION.hassh,
  SESSION.hassh_server,
  SESSION.client_software,
  SESSION.server_software,
  SESSION.user_name,
  SESSION.partial,
);
const SESSION_NO_ENDS = withNothing(
  SESSION.client_network,
  SESSION.server_network,
  SESSION.client_role,
  SESSION.server_role,
  SESSION.client_site,
  SESSION.server_site,
  SESSION.client_asn,
  SESSION.server_asn,
  SESSION.client_as_org,
  SESSION.server_as_org,
  SESSION.client_country,
  SESSION.server_country,
  SESSION.policy,
);

/** Rows of `sessions` as lines. */
export class SessionLines extends PointLines implements SessionSink {
  private readonly ending: Piece;

  /** @param collector the name in the column `collector` */
  constructor(collector: string) {
    super();
    this.ending = new Piece(SESSION.collector.text + escaped(collector) + SESSION.end.text);
  }

  session(r: SessionRecord): void {
    this.begin(
      7707 +
        this.ending.length +
        6 *
          (r.point.name.length +
            r.point.site.length +
            lengthOf(r.seenBy, r.seenByCount) +
            r.mirrorSensor.length +
            r.transport.length +
            r.tcpState.length +
            r.clientSyn.length +
            r.serverSyn.length +
            r.history.length +
            r.appProtocol.length +
            r.serverName.length +
            r.alpn.length +
            r.alpnChosen.length +
            r.tlsVersion.length +
            r.tlsCipher.length +
            r.tlsAlert.length +
            r.quicVersion.length +
            r.ja4.length +
            r.hassh.length +
            r.hasshServer.length +
            r.clientSoftware.length +
            r.serverSoftware.length +
            r.userName.length +
            r.partial.length +
            r.clientNetwork.length +
            r.serverNetwork.length +
            r.clientRole.length +
            r.serverRole.length +
            r.clientSite.length +
            r.serverSite.length +
            r.clientAsOrg.length +
            r.serverAsOrg.length +
            r.clientCountry.length +
            r.serverCountry.length +
            r.policy.length),
    );
    this.uuid(SESSION.session_id, r.sessionId);
    this.uint(SESSION.part, r.part);
    this.written(SESSION.community_id, communityIdOf, r);
    this.uint(SESSION.copy, r.copy);
    this.time(SESSION.first_seen, r.firstSeenSec, r.firstSeenNsec);
    this.time(SESSION.last_seen, r.lastSeenSec, r.lastSeenNsec);
    this.piece(SESSION_END_REASON[r.endReason]);
    this.point(SESSION.point, r.point, SESSION_POINT);
    this.strings(SESSION.seen_by, r.seenBy, r.seenByCount);
    this.uint(SESSION.mirror_port, r.mirrorPort);
    this.piece(SESSION_MIRROR_DIRECTION[r.mirrorDirection]);
    if (r.mirrorHardware + r.securityGroup + r.mirrorSensor.length === 0) {
      this.piece(SESSION_NO_HARDWARE);
    } else {
      this.uint(SESSION.mirror_hardware, r.mirrorHardware);
      this.uint(SESSION.security_group, r.securityGroup);
      this.word(SESSION.mirror_sensor, r.mirrorSensor);
    }
    this.optionalUint(SESSION.gre_key, r.point.key);
    this.uints(SESSION.vlan_ids, r.vlanIds, r.vlanIdsCount);
    this.optionalUint(SESSION.vni, r.vni);
    this.uint(SESSION.cos, r.cos);
    if (r.hasMac) this.mac(SESSION.client_mac, r.clientMac);
    else this.piece(SESSION.client_mac);
    if (r.hasMac) this.mac(SESSION.server_mac, r.serverMac);
    else this.piece(SESSION.server_mac);
    this.uint(SESSION.ether_type, r.etherType);
    this.ip(SESSION.client_ip, r.clientIp);
    this.ip(SESSION.server_ip, r.serverIp);
    this.uint(SESSION.client_port, r.clientPort);
    this.uint(SESSION.server_port, r.serverPort);
    this.uint(SESSION.protocol, r.protocol);
    this.word(SESSION.transport, r.transport);
    this.uint(SESSION.client_packets, r.clientPackets);
    this.uint(SESSION.server_packets, r.serverPackets);
    this.uint(SESSION.client_bytes, r.clientBytes);
    this.uint(SESSION.server_bytes, r.serverBytes);
    this.uint(SESSION.client_payload, r.clientPayload);
    this.uint(SESSION.server_payload, r.serverPayload);
    if (r.clientTcpFlags + r.serverTcpFlags + r.tcpState.length === 0) {
      this.piece(SESSION_NO_FLAGS);
    } else {
      this.uint(SESSION.client_tcp_flags, r.clientTcpFlags);
      this.uint(SESSION.server_tcp_flags, r.serverTcpFlags);
      this.word(SESSION.tcp_state, r.tcpState);
    }
    if (r.handshakeUs + r.clientRttUs + r.serverRttUs + r.responses + r.responseUs + r.responseUsMax === 0) {
      this.piece(SESSION_NO_TIMES);
    } else {
      this.uint(SESSION.handshake_us, r.handshakeUs);
      this.uint(SESSION.client_rtt_us, r.clientRttUs);
      this.uint(SESSION.server_rtt_us, r.serverRttUs);
      this.uint(SESSION.responses, r.responses);
      this.uint(SESSION.response_us, r.responseUs);
      this.uint(SESSION.response_us_max, r.responseUsMax);
    }
    if (
      r.clientRetransmits +
        r.serverRetransmits +
        r.clientSynRetransmits +
        r.serverSynRetransmits +
        r.clientReordered +
        r.serverReordered +
        r.clientMissing +
        r.serverMissing +
        r.clientZeroWindows +
        r.serverZeroWindows ===
      0
    ) {
      this.piece(SESSION_NO_TROUBLE);
    } else {
      this.uint(SESSION.client_retransmits, r.clientRetransmits);
      this.uint(SESSION.server_retransmits, r.serverRetransmits);
      this.uint(SESSION.client_syn_retransmits, r.clientSynRetransmits);
      this.uint(SESSION.server_syn_retransmits, r.serverSynRetransmits);
      this.uint(SESSION.client_reordered, r.clientReordered);
      this.uint(SESSION.server_reordered, r.serverReordered);
      this.uint(SESSION.client_missing, r.clientMissing);
      this.uint(SESSION.server_missing, r.serverMissing);
      this.uint(SESSION.client_zero_windows, r.clientZeroWindows);
      this.uint(SESSION.server_zero_windows, r.serverZeroWindows);
    }
    if (r.clientSyn.length + r.serverSyn.length + r.history.length === 0) {
      this.piece(SESSION_NO_HANDSHAKE);
    } else {
      this.word(SESSION.client_syn, r.clientSyn);
      this.word(SESSION.server_syn, r.serverSyn);
      this.word(SESSION.history, r.history);
    }
    if (r.icmpType + r.icmpCode === 0) {
      this.piece(SESSION_NO_ICMP);
    } else {
      this.uint(SESSION.icmp_type, r.icmpType);
      this.uint(SESSION.icmp_code, r.icmpCode);
    }
    this.uint(SESSION.client_ttl, r.clientTtl);
    this.uint(SESSION.server_ttl, r.serverTtl);
    if (r.dscp + r.fragments + r.truncated + r.duplicates === 0) {
      this.piece(SESSION_NO_RARE);
    } else {
      this.uint(SESSION.dscp, r.dscp);
      this.uint(SESSION.fragments, r.fragments);
      this.uint(SESSION.truncated, r.truncated);
      this.uint(SESSION.duplicates, r.duplicates);
    }
    this.word(SESSION.app_protocol, r.appProtocol);
    if (
      r.serverName.length +
        r.alpn.length +
        r.alpnChosen.length +
        r.tlsVersion.length +
        r.tlsCipher.length +
        r.tlsEch +
        r.tlsResumed +
        r.tlsEstablished +
        r.tlsAlert.length +
        r.tlsUs +
        r.quicVersion.length +
        r.ja4.length ===
      0
    ) {
      this.piece(SESSION_NO_TLS);
    } else {
      this.string(SESSION.server_name, r.serverName);
      this.word(SESSION.alpn, r.alpn);
      this.word(SESSION.alpn_chosen, r.alpnChosen);
      this.word(SESSION.tls_version, r.tlsVersion);
      this.word(SESSION.tls_cipher, r.tlsCipher);
      this.uint(SESSION.tls_ech, r.tlsEch);
      this.uint(SESSION.tls_resumed, r.tlsResumed);
      this.uint(SESSION.tls_established, r.tlsEstablished);
      this.word(SESSION.tls_alert, r.tlsAlert);
      this.uint(SESSION.tls_us, r.tlsUs);
      this.word(SESSION.quic_version, r.quicVersion);
      this.word(SESSION.ja4, r.ja4);
    }
    if (
      r.hassh.length +
        r.hasshServer.length +
        r.clientSoftware.length +
        r.serverSoftware.length +
        r.userName.length +
        r.partial.length ===
      0
    ) {
      this.piece(SESSION_NO_SOFTWARE);
    } else {
      this.word(SESSION.hassh, r.hassh);
      this.word(SESSION.hassh_server, r.hasshServer);
      this.word(SESSION.client_software, r.clientSoftware);
      this.word(SESSION.server_software, r.serverSoftware);
      this.word(SESSION.user_name, r.userName);
      this.word(SESSION.partial, r.partial);
    }
    if (
      r.clientNetwork.length +
        r.serverNetwork.length +
        r.clientRole.length +
        r.serverRole.length +
        r.clientSite.length +
        r.serverSite.length +
        r.clientAsn +
        r.serverAsn +
        r.clientAsOrg.length +
        r.serverAsOrg.length +
        r.clientCountry.length +
        r.serverCountry.length +
        r.policy.length ===
      0
    ) {
      this.piece(SESSION_NO_ENDS);
    } else {
      this.word(SESSION.client_network, r.clientNetwork);
      this.word(SESSION.server_network, r.serverNetwork);
      this.word(SESSION.client_role, r.clientRole);
      this.word(SESSION.server_role, r.serverRole);
      this.word(SESSION.client_site, r.clientSite);
      this.word(SESSION.server_site, r.serverSite);
      this.uint(SESSION.client_asn, r.clientAsn);
      this.uint(SESSION.server_asn, r.serverAsn);
      this.word(SESSION.client_as_org, r.clientAsOrg);
      this.word(SESSION.server_as_org, r.serverAsOrg);
      this.word(SESSION.client_country, r.clientCountry);
      this.word(SESSION.server_country, r.serverCountry);
      this.word(SESSION.policy, r.policy);
    }
    this.piece(this.ending);
  }
}

const TRANSACTION = pieces({
  session_id: '"session_id":"',
  number: '","number":',
  community_id: ',"community_id":"',
  copy: '","copy":',
  time: ',"time":"',
  point: '",',
  vni: ',"vni":',
  client_ip: ',"client_ip":"',
  server_ip: '","server_ip":"',
  client_port: '","client_port":',
  server_port: ',"server_port":',
  protocol: ',"protocol":',
  app_protocol: ',"app_protocol":"',
  method: '","method":"',
  name: '","name":"',
  resource: '","resource":"',
  user_name: '","user_name":"',
  status: '","status":"',
  response_us: '","response_us":',
  transfer_us: ',"transfer_us":',
  request_bytes: ',"request_bytes":',
  response_bytes: ',"response_bytes":',
  answers: ',"answers":[',
  ttl: '],"ttl":',
  attributes: ',"attributes":{',
  partial: '},"partial":"',
  client_network: '","client_network":"',
  server_network: '","server_network":"',
  client_role: '","client_role":"',
  server_role: '","server_role":"',
  client_site: '","client_site":"',
  server_site: '","server_site":"',
  client_asn: '","client_asn":',
  server_asn: ',"server_asn":',
  client_as_org: ',"client_as_org":"',
  server_as_org: '","server_as_org":"',
  client_country: '","client_country":"',
  server_country: '","server_country":"',
  collector: '","collector":"',
  end: '"}\n',
});
const TRANSACTION_OUTCOME = withWords('","outcome":"', OUTCOME_NAMES);
const TRANSACTION_POINT = [
  'mirror_type',
  'mirror_source',
  'mirror_session',
  'mirror_name',
  'site',
  'gre_key',
] as const;
const TRANSACTION_NO_ENDS = withNothing(
  TRANSACTION.client_network,
  TRANSACTION.server_network,
  TRANSACTION.client_role,
  TRANSACTION.server_role,
  TRANSACTION.client_site,
  TRANSACTION.server_site,
  TRANSACTION.client_asn,
  TRANSACTION.server_asn,
  TRANSACTION.client_as_org,
  TRANSACTION.server_as_org,
  TRANSACTION.client_country,
  TRANSACTION.server_country,
);

/** Rows of `transactions` as lines. */
export class TransactionLines extends PointLines implements TransactionSink {
  private readonly ending: Piece;

  /** @param collector the name in the column `collector` */
  constructor(collector: string) {
    super();
    this.ending = new Piece(TRANSACTION.collector.text + escaped(collector) + TRANSACTION.end.text);
  }

  transaction(r: TransactionRecord): void {
    this.begin(
      4005 +
        this.ending.length +
        6 *
          (r.point.name.length +
            r.point.site.length +
            r.appProtocol.length +
            r.method.length +
            r.name.length +
            r.resource.length +
            r.userName.length +
            r.status.length +
            lengthOf(r.attributeNames, r.attributesCount) +
            lengthOf(r.attributeValues, r.attributesCount) +
            r.partial.length +
            r.clientNetwork.length +
            r.serverNetwork.length +
            r.clientRole.length +
            r.serverRole.length +
            r.clientSite.length +
            r.serverSite.length +
            r.clientAsOrg.length +
            r.serverAsOrg.length +
            r.clientCountry.length +
            r.serverCountry.length),
    );
    this.uuid(TRANSACTION.session_id, r.sessionId);
    this.uint(TRANSACTION.number, r.number);
    this.written(TRANSACTION.community_id, communityIdOfTransaction, r);
    this.uint(TRANSACTION.copy, r.copy);
    this.time(TRANSACTION.time, r.timeSec, r.timeNsec);
    this.point(TRANSACTION.point, r.point, TRANSACTION_POINT);
    this.optionalUint(TRANSACTION.vni, r.vni);
    this.ip(TRANSACTION.client_ip, r.clientIp);
    this.ip(TRANSACTION.server_ip, r.serverIp);
    this.uint(TRANSACTION.client_port, r.clientPort);
    this.uint(TRANSACTION.server_port, r.serverPort);
    this.uint(TRANSACTION.protocol, r.protocol);
    this.word(TRANSACTION.app_protocol, r.appProtocol);
    this.word(TRANSACTION.method, r.method);
    this.string(TRANSACTION.name, r.name);
    this.string(TRANSACTION.resource, r.resource);
    this.word(TRANSACTION.user_name, r.userName);
    this.word(TRANSACTION.status, r.status);
    this.piece(TRANSACTION_OUTCOME[r.outcome]);
    this.uint(TRANSACTION.response_us, r.responseUs);
    this.uint(TRANSACTION.transfer_us, r.transferUs);
    this.uint(TRANSACTION.request_bytes, r.requestBytes);
    this.uint(TRANSACTION.response_bytes, r.responseBytes);
    this.ips(TRANSACTION.answers, r.answers, r.answersCount);
    this.uint(TRANSACTION.ttl, r.ttl);
    this.map(TRANSACTION.attributes, r.attributeNames, r.attributeValues, r.attributesCount);
    this.word(TRANSACTION.partial, r.partial);
    if (
      r.clientNetwork.length +
        r.serverNetwork.length +
        r.clientRole.length +
        r.serverRole.length +
        r.clientSite.length +
        r.serverSite.length +
        r.clientAsn +
        r.serverAsn +
        r.clientAsOrg.length +
        r.serverAsOrg.length +
        r.clientCountry.length +
        r.serverCountry.length ===
      0
    ) {
      this.piece(TRANSACTION_NO_ENDS);
    } else {
      this.word(TRANSACTION.client_network, r.clientNetwork);
      this.word(TRANSACTION.server_network, r.serverNetwork);
      this.word(TRANSACTION.client_role, r.clientRole);
      this.word(TRANSACTION.server_role, r.serverRole);
      this.word(TRANSACTION.client_site, r.clientSite);
      this.word(TRANSACTION.server_site, r.serverSite);
      this.uint(TRANSACTION.client_asn, r.clientAsn);
      this.uint(TRANSACTION.server_asn, r.serverAsn);
      this.word(TRANSACTION.client_as_org, r.clientAsOrg);
      this.word(TRANSACTION.server_as_org, r.serverAsOrg);
      this.word(TRANSACTION.client_country, r.clientCountry);
      this.word(TRANSACTION.server_country, r.serverCountry);
    }
    this.piece(this.ending);
  }
}

const CERTIFICATE = pieces({
  day: '"day":"',
  first_seen: '","first_seen":"',
  server_ip: '","server_ip":"',
  server_port: '","server_port":',
  fingerprint: ',"fingerprint":"',
  server_name: '","server_name":"',
  subject: '","subject":"',
  issuer: '","issuer":"',
  names: '","names":[',
  serial: '],"serial":"',
  not_before: '","not_before":"',
  not_after: '","not_after":"',
  key_type: '","key_type":"',
  key_bits: '","key_bits":',
  signature: ',"signature":"',
  chain: '","chain":',
  point: ',',
  partial: ',"partial":"',
  collector: '","collector":"',
  end: '"}\n',
});
const CERTIFICATE_POINT = ['mirror_type', 'mirror_source', 'mirror_session', 'mirror_name', 'site'] as const;

/** Rows of `certificates` as lines. */
export class CertificateLines extends PointLines implements CertificateSink {
  private readonly ending: Piece;

  /** @param collector the name in the column `collector` */
  constructor(collector: string) {
    super();
    this.ending = new Piece(CERTIFICATE.collector.text + escaped(collector) + CERTIFICATE.end.text);
  }

  certificate(r: CertificateRecord): void {
    this.begin(
      1852 +
        this.ending.length +
        6 *
          (r.serverName.length +
            r.subject.length +
            r.issuer.length +
            lengthOf(r.names, r.namesCount) +
            r.serial.length +
            r.keyType.length +
            r.signature.length +
            r.point.name.length +
            r.point.site.length +
            r.partial.length),
    );
    this.day(CERTIFICATE.day, r.day);
    this.time(CERTIFICATE.first_seen, r.firstSeenSec, r.firstSeenNsec);
    this.ip(CERTIFICATE.server_ip, r.serverIp);
    this.uint(CERTIFICATE.server_port, r.serverPort);
    this.hex(CERTIFICATE.fingerprint, r.fingerprint);
    this.string(CERTIFICATE.server_name, r.serverName);
    this.string(CERTIFICATE.subject, r.subject);
    this.string(CERTIFICATE.issuer, r.issuer);
    this.strings(CERTIFICATE.names, r.names, r.namesCount);
    this.string(CERTIFICATE.serial, r.serial);
    this.second(CERTIFICATE.not_before, r.notBefore);
    this.second(CERTIFICATE.not_after, r.notAfter);
    this.word(CERTIFICATE.key_type, r.keyType);
    this.uint(CERTIFICATE.key_bits, r.keyBits);
    this.word(CERTIFICATE.signature, r.signature);
    this.uint(CERTIFICATE.chain, r.chain);
    this.point(CERTIFICATE.point, r.point, CERTIFICATE_POINT);
    this.word(CERTIFICATE.partial, r.partial);
    this.piece(this.ending);
  }
}

const MIRROR = pieces({
  minute: '"minute":"',
  point: '",',
  packets: ',"packets":',
  bytes: ',"bytes":',
  lost: '","lost":',
  late: ',"late":',
  reordered: ',"reordered":',
  repeated: ',"repeated":',
  truncated: ',"truncated":',
  incomplete: ',"incomplete":',
  malformed: ',"malformed":',
  kernel_drops: ',"kernel_drops":',
  clock: ',"clock":"',
  clock_offset_ns: '","clock_offset_ns":',
  clock_drift_ppb: ',"clock_drift_ppb":',
  clock_delay_ns: ',"clock_delay_ns":',
  clock_jitter_ns: ',"clock_jitter_ns":',
  clock_disbelieved: ',"clock_disbelieved":',
  clock_jumps: ',"clock_jumps":',
  collector: ',"collector":"',
  end: '"}\n',
});
const MIRROR_SEQUENCE = withWords(',"sequence":"', SEQUENCE_USE_NAMES);
const MIRROR_CLOCK_KIND = withWords('","clock_kind":"', CLOCK_KIND_NAMES);
const MIRROR_POINT = [
  'mirror_type',
  'mirror_source',
  'mirror_target',
  'mirror_session',
  'mirror_name',
  'site',
  'gre_key',
] as const;

/** Rows of `mirrors` as lines. */
export class MirrorLines extends PointLines implements MirrorSink {
  private readonly ending: Piece;

  /** @param collector the name in the column `collector` */
  constructor(collector: string) {
    super();
    this.ending = new Piece(MIRROR.collector.text + escaped(collector) + MIRROR.end.text);
  }

  mirror(r: MirrorRecord): void {
    this.begin(1994 + this.ending.length + 6 * (r.point.name.length + r.point.site.length + r.clock.length));
    this.second(MIRROR.minute, r.minute);
    this.point(MIRROR.point, r.point, MIRROR_POINT);
    this.uint(MIRROR.packets, r.packets);
    this.uint(MIRROR.bytes, r.bytes);
    this.piece(MIRROR_SEQUENCE[r.sequence]);
    this.uint(MIRROR.lost, r.lost);
    this.uint(MIRROR.late, r.late);
    this.uint(MIRROR.reordered, r.reordered);
    this.uint(MIRROR.repeated, r.repeated);
    this.uint(MIRROR.truncated, r.truncated);
    this.uint(MIRROR.incomplete, r.incomplete);
    this.uint(MIRROR.malformed, r.malformed);
    this.uint(MIRROR.kernel_drops, r.kernelDrops);
    this.word(MIRROR.clock, r.clock);
    this.piece(MIRROR_CLOCK_KIND[r.clockKind]);
    this.int(MIRROR.clock_offset_ns, r.clockOffsetNs);
    this.int(MIRROR.clock_drift_ppb, r.clockDriftPpb);
    this.int(MIRROR.clock_delay_ns, r.clockDelayNs);
    this.uint(MIRROR.clock_jitter_ns, r.clockJitterNs);
    this.uint(MIRROR.clock_disbelieved, r.clockDisbelieved);
    this.uint(MIRROR.clock_jumps, r.clockJumps);
    this.piece(this.ending);
  }
}

const TUNNEL = pieces({
  minute: '"minute":"',
  name: '","name":"',
  mode: '","mode":"',
  local: '","local":"',
  remote: '","remote":"',
  key: '","key":',
  rx_packets: ',"rx_packets":',
  rx_bytes: ',"rx_bytes":',
  rx_errors: ',"rx_errors":',
  rx_dropped: ',"rx_dropped":',
  multicast: ',"multicast":',
  rx_length_errors: ',"rx_length_errors":',
  rx_crc_errors: ',"rx_crc_errors":',
  rx_frame_errors: ',"rx_frame_errors":',
  rx_fifo_errors: ',"rx_fifo_errors":',
  tx_packets: ',"tx_packets":',
  tx_bytes: ',"tx_bytes":',
  tx_errors: ',"tx_errors":',
  tx_dropped: ',"tx_dropped":',
  tx_aborted_errors: ',"tx_aborted_errors":',
  tx_carrier_errors: ',"tx_carrier_errors":',
  collisions: ',"collisions":',
  collector: ',"collector":"',
  end: '"}\n',
});

/** Rows of `tunnels` as lines. */
export class TunnelLines extends PointLines implements TunnelSink {
  private readonly ending: Piece;

  /** @param collector the name in the column `collector` */
  constructor(collector: string) {
    super();
    this.ending = new Piece(TUNNEL.collector.text + escaped(collector) + TUNNEL.end.text);
  }

  tunnel(r: TunnelRecord): void {
    this.begin(1621 + this.ending.length + 6 * (r.name.length + r.mode.length));
    this.second(TUNNEL.minute, r.minute);
    this.word(TUNNEL.name, r.name);
    this.word(TUNNEL.mode, r.mode);
    this.ip(TUNNEL.local, r.local);
    this.ip(TUNNEL.remote, r.remote);
    this.optionalUint(TUNNEL.key, r.key);
    this.uint(TUNNEL.rx_packets, r.rxPackets);
    this.uint(TUNNEL.rx_bytes, r.rxBytes);
    this.uint(TUNNEL.rx_errors, r.rxErrors);
    this.uint(TUNNEL.rx_dropped, r.rxDropped);
    this.uint(TUNNEL.multicast, r.multicast);
    this.uint(TUNNEL.rx_length_errors, r.rxLengthErrors);
    this.uint(TUNNEL.rx_crc_errors, r.rxCrcErrors);
    this.uint(TUNNEL.rx_frame_errors, r.rxFrameErrors);
    this.uint(TUNNEL.rx_fifo_errors, r.rxFifoErrors);
    this.uint(TUNNEL.tx_packets, r.txPackets);
    this.uint(TUNNEL.tx_bytes, r.txBytes);
    this.uint(TUNNEL.tx_errors, r.txErrors);
    this.uint(TUNNEL.tx_dropped, r.txDropped);
    this.uint(TUNNEL.tx_aborted_errors, r.txAbortedErrors);
    this.uint(TUNNEL.tx_carrier_errors, r.txCarrierErrors);
    this.uint(TUNNEL.collisions, r.collisions);
    this.piece(this.ending);
  }
}

const PACKET = pieces({
  session_id: '"session_id":"',
  time: '","time":"',
  frame: '","frame":"',
  original_length: '","original_length":',
  point: ',',
  mirror_port: ',"mirror_port":',
  mirror_hardware: '","mirror_hardware":',
  security_group: ',"security_group":',
  mirror_sensor: ',"mirror_sensor":"',
  cos: '","cos":',
  vlan: ',"vlan":',
  vni: ',"vni":',
  gre_protocol: '","gre_protocol":',
  truncated: ',"truncated":',
  number: ',"number":',
  end: '}\n',
});
const PACKET_MIRROR_DIRECTION = withWords(',"mirror_direction":"', MIRROR_DIRECTION_NAMES);
const PACKET_LAYER = withWords(',"layer":"', PACKET_LAYER_NAMES);
const PACKET_POINT = [
  'mirror_type',
  'mirror_source',
  'mirror_target',
  'mirror_session',
  'mirror_name',
  'site',
  'gre_key',
] as const;

/** Rows of `packets` as lines. */
export class PacketLines extends PointLines {
  packet(r: PacketRecord): void {
    this.begin(
      1690 +
        6 * (r.point.name.length + r.point.site.length + r.mirrorSensor.length) +
        2 * (r.frameEnd - r.frameStart),
    );
    this.uuid(PACKET.session_id, r.sessionId);
    this.time(PACKET.time, r.timeSec, r.timeNsec);
    this.base64(PACKET.frame, r.frame, r.frameStart, r.frameEnd);
    this.uint(PACKET.original_length, r.originalLength);
    this.point(PACKET.point, r.point, PACKET_POINT);
    this.uint(PACKET.mirror_port, r.mirrorPort);
    this.piece(PACKET_MIRROR_DIRECTION[r.mirrorDirection]);
    this.uint(PACKET.mirror_hardware, r.mirrorHardware);
    this.uint(PACKET.security_group, r.securityGroup);
    this.word(PACKET.mirror_sensor, r.mirrorSensor);
    this.uint(PACKET.cos, r.cos);
    this.optionalUint(PACKET.vlan, r.vlan);
    this.optionalUint(PACKET.vni, r.vni);
    this.piece(PACKET_LAYER[r.layer]);
    this.uint(PACKET.gre_protocol, r.greProtocol);
    this.uint(PACKET.truncated, r.truncated);
    this.uint(PACKET.number, r.number);
    this.piece(PACKET.end);
  }
}

const PATH = pieces({
  minute: '"minute":"',
  from_mirror: '","from_mirror":"',
  to_mirror: '","to_mirror":"',
  sample: '","sample":',
  matched: '","matched":',
  lost: ',"lost":',
  unknown: ',"unknown":',
  ambiguous: ',"ambiguous":',
  unmatchable: ',"unmatchable":',
  reordered: ',"reordered":',
  elsewhere: ',"elsewhere":',
  delay_min_ns: ',"delay_min_ns":',
  delay_p50_ns: ',"delay_p50_ns":',
  delay_p95_ns: ',"delay_p95_ns":',
  delay_p99_ns: ',"delay_p99_ns":',
  delay_max_ns: ',"delay_max_ns":',
  collector: ',"collector":"',
  end: '"}\n',
});
const PATH_CLOCKS = withWords(',"clocks":"', CLOCKS_NAMES);

/** Rows of `paths` as lines. */
export class PathLines extends PointLines implements PathSink {
  private readonly ending: Piece;

  /** @param collector the name in the column `collector` */
  constructor(collector: string) {
    super();
    this.ending = new Piece(PATH.collector.text + escaped(collector) + PATH.end.text);
  }

  path(r: PathRecord): void {
    this.begin(1242 + this.ending.length + 6 * (r.fromMirror.length + r.toMirror.length));
    this.second(PATH.minute, r.minute);
    this.word(PATH.from_mirror, r.fromMirror);
    this.word(PATH.to_mirror, r.toMirror);
    this.uint(PATH.sample, r.sample);
    this.piece(PATH_CLOCKS[r.clocks]);
    this.uint(PATH.matched, r.matched);
    this.uint(PATH.lost, r.lost);
    this.uint(PATH.unknown, r.unknown);
    this.uint(PATH.ambiguous, r.ambiguous);
    this.uint(PATH.unmatchable, r.unmatchable);
    this.uint(PATH.reordered, r.reordered);
    this.uint(PATH.elsewhere, r.elsewhere);
    this.int(PATH.delay_min_ns, r.delayMinNs);
    this.int(PATH.delay_p50_ns, r.delayP50Ns);
    this.int(PATH.delay_p95_ns, r.delayP95Ns);
    this.int(PATH.delay_p99_ns, r.delayP99Ns);
    this.int(PATH.delay_max_ns, r.delayMaxNs);
    this.piece(this.ending);
  }
}

const HOP = pieces({
  first_seen: '"first_seen":"',
  last_seen: '","last_seen":"',
  from_mirror: '","from_mirror":"',
  to_mirror: '","to_mirror":"',
  sample: '","sample":',
  client_ip: '","client_ip":"',
  server_ip: '","server_ip":"',
  client_port: '","client_port":',
  server_port: ',"server_port":',
  protocol: ',"protocol":',
  forward_matched: ',"forward_matched":',
  forward_lost: ',"forward_lost":',
  forward_unknown: ',"forward_unknown":',
  forward_ambiguous: ',"forward_ambiguous":',
  forward_unmatchable: ',"forward_unmatchable":',
  forward_reordered: ',"forward_reordered":',
  forward_delay_min_ns: ',"forward_delay_min_ns":',
  forward_delay_avg_ns: ',"forward_delay_avg_ns":',
  forward_delay_max_ns: ',"forward_delay_max_ns":',
  reverse_matched: ',"reverse_matched":',
  reverse_lost: ',"reverse_lost":',
  reverse_unknown: ',"reverse_unknown":',
  reverse_ambiguous: ',"reverse_ambiguous":',
  reverse_unmatchable: ',"reverse_unmatchable":',
  reverse_reordered: ',"reverse_reordered":',
  reverse_delay_min_ns: ',"reverse_delay_min_ns":',
  reverse_delay_avg_ns: ',"reverse_delay_avg_ns":',
  reverse_delay_max_ns: ',"reverse_delay_max_ns":',
  collector: ',"collector":"',
  end: '"}\n',
});
const HOP_CLOCKS = withWords(',"clocks":"', CLOCKS_NAMES);
const HOP_NO_FORWARD = withNothing(
  HOP.forward_matched,
  HOP.forward_lost,
  HOP.forward_unknown,
  HOP.forward_ambiguous,
  HOP.forward_unmatchable,
  HOP.forward_reordered,
);
const HOP_NO_REVERSE = withNothing(
  HOP.reverse_matched,
  HOP.reverse_lost,
  HOP.reverse_unknown,
  HOP.reverse_ambiguous,
  HOP.reverse_unmatchable,
  HOP.reverse_reordered,
);

/** Rows of `hops` as lines. */
export class HopLines extends PointLines implements HopSink {
  private readonly ending: Piece;

  /** @param collector the name in the column `collector` */
  constructor(collector: string) {
    super();
    this.ending = new Piece(HOP.collector.text + escaped(collector) + HOP.end.text);
  }

  hop(r: HopRecord): void {
    this.begin(2265 + this.ending.length + 6 * (r.fromMirror.length + r.toMirror.length));
    this.time(HOP.first_seen, r.firstSeenSec, r.firstSeenNsec);
    this.time(HOP.last_seen, r.lastSeenSec, r.lastSeenNsec);
    this.word(HOP.from_mirror, r.fromMirror);
    this.word(HOP.to_mirror, r.toMirror);
    this.uint(HOP.sample, r.sample);
    this.piece(HOP_CLOCKS[r.clocks]);
    this.ip(HOP.client_ip, r.clientIp);
    this.ip(HOP.server_ip, r.serverIp);
    this.uint(HOP.client_port, r.clientPort);
    this.uint(HOP.server_port, r.serverPort);
    this.uint(HOP.protocol, r.protocol);
    if (
      r.forwardMatched +
        r.forwardLost +
        r.forwardUnknown +
        r.forwardAmbiguous +
        r.forwardUnmatchable +
        r.forwardReordered ===
      0
    ) {
      this.piece(HOP_NO_FORWARD);
    } else {
      this.uint(HOP.forward_matched, r.forwardMatched);
      this.uint(HOP.forward_lost, r.forwardLost);
      this.uint(HOP.forward_unknown, r.forwardUnknown);
      this.uint(HOP.forward_ambiguous, r.forwardAmbiguous);
      this.uint(HOP.forward_unmatchable, r.forwardUnmatchable);
      this.uint(HOP.forward_reordered, r.forwardReordered);
    }
    this.int(HOP.forward_delay_min_ns, r.forwardDelayMinNs);
    this.int(HOP.forward_delay_avg_ns, r.forwardDelayAvgNs);
    this.int(HOP.forward_delay_max_ns, r.forwardDelayMaxNs);
    if (
      r.reverseMatched +
        r.reverseLost +
        r.reverseUnknown +
        r.reverseAmbiguous +
        r.reverseUnmatchable +
        r.reverseReordered ===
      0
    ) {
      this.piece(HOP_NO_REVERSE);
    } else {
      this.uint(HOP.reverse_matched, r.reverseMatched);
      this.uint(HOP.reverse_lost, r.reverseLost);
      this.uint(HOP.reverse_unknown, r.reverseUnknown);
      this.uint(HOP.reverse_ambiguous, r.reverseAmbiguous);
      this.uint(HOP.reverse_unmatchable, r.reverseUnmatchable);
      this.uint(HOP.reverse_reordered, r.reverseReordered);
    }
    this.int(HOP.reverse_delay_min_ns, r.reverseDelayMinNs);
    this.int(HOP.reverse_delay_avg_ns, r.reverseDelayAvgNs);
    this.int(HOP.reverse_delay_max_ns, r.reverseDelayMaxNs);
    this.piece(this.ending);
  }
}

const NAME = pieces({
  day: '"day":"',
  address: '","address":"',
  vni: '","vni":',
  name: ',"name":"',
  first_seen: '","first_seen":"',
  last_seen: '","last_seen":"',
  count: '","count":',
  end: '}\n',
});
const NAME_SOURCE = withWords('","source":"', NAME_SOURCE_NAMES);

/** Rows of `names` as lines. */
export class NameLines extends PointLines implements NameSink {
  name(r: NameRecord): void {
    this.begin(559 + 6 * r.name.length);
    this.day(NAME.day, r.day);
    this.ip(NAME.address, r.address);
    this.optionalUint(NAME.vni, r.vni);
    this.string(NAME.name, r.name);
    this.piece(NAME_SOURCE[r.source]);
    this.time(NAME.first_seen, r.firstSeenSec, r.firstSeenNsec);
    this.time(NAME.last_seen, r.lastSeenSec, r.lastSeenNsec);
    this.uint(NAME.count, r.count);
    this.piece(NAME.end);
  }
}

const NETWORK = pieces({
  loaded: '"loaded":"',
  networks: '","networks":',
  address: ',"address":"',
  bits: '","bits":',
  name: ',"name":"',
  site: '","site":"',
  role: '","role":"',
  tenant: '","tenant":"',
  vlan: '","vlan":',
  vni: ',"vni":',
  loaded_from: ',"loaded_from":"',
  end: '"}\n',
});

/** Rows of `network_loads` as lines. */
export class NetworkLines extends PointLines implements NetworkSink {
  network(r: NetworkRecord): void {
    this.begin(
      765 + 6 * (r.name.length + r.site.length + r.role.length + r.tenant.length + r.loadedFrom.length),
    );
    this.time(NETWORK.loaded, r.loadedSec, r.loadedNsec);
    this.uint(NETWORK.networks, r.networks);
    this.ip(NETWORK.address, r.address);
    this.uint(NETWORK.bits, r.bits);
    this.string(NETWORK.name, r.name);
    this.word(NETWORK.site, r.site);
    this.word(NETWORK.role, r.role);
    this.word(NETWORK.tenant, r.tenant);
    this.optionalUint(NETWORK.vlan, r.vlan);
    this.optionalUint(NETWORK.vni, r.vni);
    this.word(NETWORK.loaded_from, r.loadedFrom);
    this.piece(NETWORK.end);
  }
}
