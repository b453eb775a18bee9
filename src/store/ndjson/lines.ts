/** Rows as NDJSON: docs/reference/ndjson.md. Made by `npm run columns`: change src/model/columns instead. */

import type { CertificateRecord, CertificateSink } from '../../model/certificate-record.js';
import { END_REASON_NAMES } from '../../model/end-reason.js';
import { MIRROR_DIRECTION_NAMES } from '../../model/mirror-point.js';
import type { MirrorRecord, MirrorSink } from '../../model/mirror-record.js';
import { PACKET_LAYER_NAMES } from '../../model/packet-layer.js';
import type { PacketRecord } from '../../model/packet-record.js';
import { SEQUENCE_USE_NAMES } from '../../model/sequence-use.js';
import type { SessionRecord, SessionSink } from '../../model/session-record.js';
import { OUTCOME_NAMES } from '../../model/told.js';
import type { TransactionRecord, TransactionSink } from '../../model/transaction-record.js';
import type { TunnelRecord, TunnelSink } from '../../model/tunnel-record.js';
import { lengthOf } from '../segment/message-writer.js';
import { communityIdOf, communityIdOfTransaction } from './community-id.js';
import { jsonDefaults, jsonKeys } from './json-lines.js';
import { PointLines } from './point-lines.js';

const SESSION = jsonKeys(
  'session_id',
  'part',
  'community_id',
  'first_seen',
  'last_seen',
  'end_reason',
  'mirror_name',
  'site',
  'mirror_port',
  'mirror_direction',
  'mirror_hardware',
  'security_group',
  'gre_key',
  'vlan_ids',
  'vni',
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
  'client_rtt_us',
  'server_rtt_us',
  'responses',
  'response_us',
  'response_us_max',
  'client_retransmits',
  'server_retransmits',
  'client_syn_retransmits',
  'server_syn_retransmits',
  'client_reordered',
  'server_reordered',
  'client_missing',
  'server_missing',
  'client_zero_windows',
  'server_zero_windows',
  'client_syn',
  'server_syn',
  'history',
  'icmp_type',
  'icmp_code',
  'client_ttl',
  'server_ttl',
  'dscp',
  'fragments',
  'truncated',
  'duplicates',
  'app_protocol',
  'server_name',
  'alpn',
  'alpn_chosen',
  'tls_version',
  'tls_cipher',
  'tls_ech',
  'tls_resumed',
  'tls_established',
  'tls_alert',
  'tls_us',
  'quic_version',
  'ja4',
  'hassh',
  'hassh_server',
  'client_software',
  'server_software',
  'user_name',
  'partial',
  'collector',
);
const SESSION_NO_TIMES = jsonDefaults({
  handshake_us: 0,
  client_rtt_us: 0,
  server_rtt_us: 0,
  responses: 0,
  response_us: 0,
  response_us_max: 0,
});
const SESSION_NO_TROUBLE = jsonDefaults({
  client_retransmits: 0,
  server_retransmits: 0,
  client_syn_retransmits: 0,
  server_syn_retransmits: 0,
  client_reordered: 0,
  server_reordered: 0,
  client_missing: 0,
  server_missing: 0,
  client_zero_windows: 0,
  server_zero_windows: 0,
});
const SESSION_NO_RARE = jsonDefaults({ fragments: 0, truncated: 0, duplicates: 0 });
const SESSION_NO_APPLICATION = jsonDefaults({
  server_name: '',
  alpn: '',
  alpn_chosen: '',
  tls_version: '',
  tls_cipher: '',
  tls_ech: 0,
  tls_resumed: 0,
  tls_established: 0,
  tls_alert: '',
  tls_us: 0,
  quic_version: '',
  ja4: '',
  hassh: '',
  hassh_server: '',
  client_software: '',
  server_software: '',
  user_name: '',
  partial: '',
});

/** Rows of `sessions` as lines. */
export class SessionLines extends PointLines implements SessionSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  session(r: SessionRecord): void {
    this.begin(
      6388 +
        6 *
          (r.point.name.length +
            r.point.site.length +
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
            this.collector.length),
    );
    this.uuid(SESSION.session_id, r.sessionId);
    this.uint(SESSION.part, r.part);
    this.plain(SESSION.community_id, communityIdOf(r));
    this.time(SESSION.first_seen, r.firstSeenSec, r.firstSeenNsec);
    this.time(SESSION.last_seen, r.lastSeenSec, r.lastSeenNsec);
    this.word(SESSION.end_reason, END_REASON_NAMES[r.endReason]);
    this.point(r.point);
    this.word(SESSION.mirror_name, r.point.name);
    this.word(SESSION.site, r.point.site);
    this.uint(SESSION.mirror_port, r.mirrorPort);
    this.word(SESSION.mirror_direction, MIRROR_DIRECTION_NAMES[r.mirrorDirection]);
    this.uint(SESSION.mirror_hardware, r.mirrorHardware);
    this.uint(SESSION.security_group, r.securityGroup);
    this.optionalUint(SESSION.gre_key, r.point.key);
    this.uints(SESSION.vlan_ids, r.vlanIds, r.vlanIdsCount);
    this.optionalUint(SESSION.vni, r.vni);
    this.uint(SESSION.cos, r.cos);
    if (r.hasMac) this.mac(SESSION.client_mac, r.clientMac);
    else this.word(SESSION.client_mac, '');
    if (r.hasMac) this.mac(SESSION.server_mac, r.serverMac);
    else this.word(SESSION.server_mac, '');
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
    this.uint(SESSION.client_tcp_flags, r.clientTcpFlags);
    this.uint(SESSION.server_tcp_flags, r.serverTcpFlags);
    this.word(SESSION.tcp_state, r.tcpState);
    if (r.handshakeUs + r.clientRttUs + r.serverRttUs + r.responses + r.responseUs + r.responseUsMax === 0) {
      this.text(SESSION_NO_TIMES);
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
      this.text(SESSION_NO_TROUBLE);
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
    this.word(SESSION.client_syn, r.clientSyn);
    this.word(SESSION.server_syn, r.serverSyn);
    this.word(SESSION.history, r.history);
    this.uint(SESSION.icmp_type, r.icmpType);
    this.uint(SESSION.icmp_code, r.icmpCode);
    this.uint(SESSION.client_ttl, r.clientTtl);
    this.uint(SESSION.server_ttl, r.serverTtl);
    this.uint(SESSION.dscp, r.dscp);
    if (r.fragments + r.truncated + r.duplicates === 0) {
      this.text(SESSION_NO_RARE);
    } else {
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
        r.ja4.length +
        r.hassh.length +
        r.hasshServer.length +
        r.clientSoftware.length +
        r.serverSoftware.length +
        r.userName.length +
        r.partial.length ===
      0
    ) {
      this.text(SESSION_NO_APPLICATION);
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
      this.word(SESSION.hassh, r.hassh);
      this.word(SESSION.hassh_server, r.hasshServer);
      this.word(SESSION.client_software, r.clientSoftware);
      this.word(SESSION.server_software, r.serverSoftware);
      this.word(SESSION.user_name, r.userName);
      this.word(SESSION.partial, r.partial);
    }
    this.word(SESSION.collector, this.collector);
    this.end();
  }
}

const TRANSACTION = jsonKeys(
  'session_id',
  'number',
  'community_id',
  'time',
  'mirror_name',
  'site',
  'gre_key',
  'vni',
  'client_ip',
  'server_ip',
  'client_port',
  'server_port',
  'protocol',
  'app_protocol',
  'method',
  'name',
  'resource',
  'user_name',
  'status',
  'outcome',
  'response_us',
  'transfer_us',
  'request_bytes',
  'response_bytes',
  'answers',
  'ttl',
  'attributes',
  'partial',
  'collector',
);

/** Rows of `transactions` as lines. */
export class TransactionLines extends PointLines implements TransactionSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  transaction(r: TransactionRecord): void {
    this.begin(
      3096 +
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
            this.collector.length),
    );
    this.uuid(TRANSACTION.session_id, r.sessionId);
    this.uint(TRANSACTION.number, r.number);
    this.plain(TRANSACTION.community_id, communityIdOfTransaction(r));
    this.time(TRANSACTION.time, r.timeSec, r.timeNsec);
    this.source(r.point);
    this.word(TRANSACTION.mirror_name, r.point.name);
    this.word(TRANSACTION.site, r.point.site);
    this.optionalUint(TRANSACTION.gre_key, r.point.key);
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
    this.word(TRANSACTION.outcome, OUTCOME_NAMES[r.outcome]);
    this.uint(TRANSACTION.response_us, r.responseUs);
    this.uint(TRANSACTION.transfer_us, r.transferUs);
    this.uint(TRANSACTION.request_bytes, r.requestBytes);
    this.uint(TRANSACTION.response_bytes, r.responseBytes);
    this.ips(TRANSACTION.answers, r.answers, r.answersCount);
    this.uint(TRANSACTION.ttl, r.ttl);
    this.map(TRANSACTION.attributes, r.attributeNames, r.attributeValues, r.attributesCount);
    this.word(TRANSACTION.partial, r.partial);
    this.word(TRANSACTION.collector, this.collector);
    this.end();
  }
}

const CERTIFICATE = jsonKeys(
  'day',
  'first_seen',
  'server_ip',
  'server_port',
  'fingerprint',
  'server_name',
  'subject',
  'issuer',
  'names',
  'serial',
  'not_before',
  'not_after',
  'key_type',
  'key_bits',
  'signature',
  'chain',
  'mirror_name',
  'site',
  'partial',
  'collector',
);

/** Rows of `certificates` as lines. */
export class CertificateLines extends PointLines implements CertificateSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  certificate(r: CertificateRecord): void {
    this.begin(
      1925 +
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
            r.partial.length +
            this.collector.length),
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
    this.source(r.point);
    this.word(CERTIFICATE.mirror_name, r.point.name);
    this.word(CERTIFICATE.site, r.point.site);
    this.word(CERTIFICATE.partial, r.partial);
    this.word(CERTIFICATE.collector, this.collector);
    this.end();
  }
}

const MIRROR = jsonKeys(
  'minute',
  'mirror_name',
  'site',
  'gre_key',
  'packets',
  'bytes',
  'sequence',
  'lost',
  'late',
  'reordered',
  'repeated',
  'truncated',
  'incomplete',
  'malformed',
  'kernel_drops',
  'collector',
);

/** Rows of `mirrors` as lines. */
export class MirrorLines extends PointLines implements MirrorSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  mirror(r: MirrorRecord): void {
    this.begin(1453 + 6 * (r.point.name.length + r.point.site.length + this.collector.length));
    this.second(MIRROR.minute, r.minute);
    this.point(r.point);
    this.word(MIRROR.mirror_name, r.point.name);
    this.word(MIRROR.site, r.point.site);
    this.optionalUint(MIRROR.gre_key, r.point.key);
    this.uint(MIRROR.packets, r.packets);
    this.uint(MIRROR.bytes, r.bytes);
    this.word(MIRROR.sequence, SEQUENCE_USE_NAMES[r.sequence]);
    this.uint(MIRROR.lost, r.lost);
    this.uint(MIRROR.late, r.late);
    this.uint(MIRROR.reordered, r.reordered);
    this.uint(MIRROR.repeated, r.repeated);
    this.uint(MIRROR.truncated, r.truncated);
    this.uint(MIRROR.incomplete, r.incomplete);
    this.uint(MIRROR.malformed, r.malformed);
    this.uint(MIRROR.kernel_drops, r.kernelDrops);
    this.word(MIRROR.collector, this.collector);
    this.end();
  }
}

const TUNNEL = jsonKeys(
  'minute',
  'name',
  'mode',
  'local',
  'remote',
  'key',
  'rx_packets',
  'rx_bytes',
  'rx_errors',
  'rx_dropped',
  'multicast',
  'rx_length_errors',
  'rx_crc_errors',
  'rx_frame_errors',
  'rx_fifo_errors',
  'tx_packets',
  'tx_bytes',
  'tx_errors',
  'tx_dropped',
  'tx_aborted_errors',
  'tx_carrier_errors',
  'collisions',
  'collector',
);

/** Rows of `tunnels` as lines. */
export class TunnelLines extends PointLines implements TunnelSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  tunnel(r: TunnelRecord): void {
    this.begin(1694 + 6 * (r.name.length + r.mode.length + this.collector.length));
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
    this.word(TUNNEL.collector, this.collector);
    this.end();
  }
}

const PACKET = jsonKeys(
  'session_id',
  'time',
  'frame',
  'original_length',
  'mirror_name',
  'site',
  'gre_key',
  'mirror_port',
  'mirror_direction',
  'mirror_hardware',
  'security_group',
  'cos',
  'vlan',
  'vni',
  'layer',
  'gre_protocol',
  'truncated',
  'number',
);

/** Rows of `packets` as lines. */
export class PacketLines extends PointLines {
  packet(r: PacketRecord): void {
    this.begin(1613 + 6 * (r.point.name.length + r.point.site.length) + 2 * (r.frameEnd - r.frameStart));
    this.uuid(PACKET.session_id, r.sessionId);
    this.time(PACKET.time, r.timeSec, r.timeNsec);
    this.base64(PACKET.frame, r.frame, r.frameStart, r.frameEnd);
    this.uint(PACKET.original_length, r.originalLength);
    this.point(r.point);
    this.word(PACKET.mirror_name, r.point.name);
    this.word(PACKET.site, r.point.site);
    this.optionalUint(PACKET.gre_key, r.point.key);
    this.uint(PACKET.mirror_port, r.mirrorPort);
    this.word(PACKET.mirror_direction, MIRROR_DIRECTION_NAMES[r.mirrorDirection]);
    this.uint(PACKET.mirror_hardware, r.mirrorHardware);
    this.uint(PACKET.security_group, r.securityGroup);
    this.uint(PACKET.cos, r.cos);
    this.optionalUint(PACKET.vlan, r.vlan);
    this.optionalUint(PACKET.vni, r.vni);
    this.word(PACKET.layer, PACKET_LAYER_NAMES[r.layer]);
    this.uint(PACKET.gre_protocol, r.greProtocol);
    this.uint(PACKET.truncated, r.truncated);
    this.uint(PACKET.number, r.number);
    this.end();
  }
}
