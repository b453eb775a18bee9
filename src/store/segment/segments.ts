/** Rows as messages of schemas/mirrorlake/v1. Made by `npm run columns`: change src/model/columns instead. */

import type { CertificateRecord, CertificateSink } from '../../model/certificate-record.js';
import type { HopRecord, HopSink } from '../../model/hop-record.js';
import type { MirrorRecord, MirrorSink } from '../../model/mirror-record.js';
import type { NameRecord, NameSink } from '../../model/name-record.js';
import type { NetworkRecord, NetworkSink } from '../../model/network-record.js';
import type { PacketRecord } from '../../model/packet-record.js';
import type { PathRecord, PathSink } from '../../model/path-record.js';
import type { SessionRecord, SessionSink } from '../../model/session-record.js';
import type { TransactionRecord, TransactionSink } from '../../model/transaction-record.js';
import type { TunnelRecord, TunnelSink } from '../../model/tunnel-record.js';
import { lengthOf, MessageWriter } from './message-writer.js';

/** Collects rows into a segment of the table `sessions`. */
export class SessionSegment extends MessageWriter implements SessionSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  session(r: SessionRecord): void {
    this.begin(
      1246 +
        3 *
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
            r.policy.length +
            this.collector.length),
    );
    this.bytes(1, r.sessionId, 0, 16);
    this.time(2, r.firstSeenSec, r.firstSeenNsec);
    this.time(3, r.lastSeenSec, r.lastSeenNsec);
    this.address(4, r.clientIp);
    this.address(5, r.serverIp);
    this.uint(6, r.clientPort);
    this.uint(7, r.serverPort);
    this.uint(8, r.protocol);
    this.uint(9, r.clientPackets);
    this.uint(10, r.serverPackets);
    this.uint(11, r.clientBytes);
    this.uint(12, r.serverBytes);
    this.uint(13, r.clientPayload);
    this.uint(14, r.serverPayload);
    this.word(15, r.transport);
    this.uint(16, r.part);
    this.uint(17, r.endReason);
    this.uint(18, r.point.type);
    this.address(19, r.point.source);
    this.address(20, r.point.target);
    this.uint(21, r.point.session);
    this.uint(22, r.mirrorPort);
    this.uint(23, r.mirrorDirection);
    if (r.mirrorHardware + r.securityGroup !== 0) {
      this.uint(24, r.mirrorHardware);
      this.uint(25, r.securityGroup);
    }
    this.optionalUint(26, r.point.key);
    this.packed(27, r.vlanIds, r.vlanIdsCount);
    this.uint(28, r.cos);
    if (r.hasMac) this.bytes(29, r.clientMac, 0, 6);
    if (r.hasMac) this.bytes(30, r.serverMac, 0, 6);
    this.uint(31, r.etherType);
    if (r.clientTcpFlags + r.serverTcpFlags + r.tcpState.length !== 0) {
      this.uint(32, r.clientTcpFlags);
      this.uint(33, r.serverTcpFlags);
      this.word(34, r.tcpState);
    }
    this.uint(35, r.handshakeUs);
    if (r.clientRetransmits + r.serverRetransmits !== 0) {
      this.uint(36, r.clientRetransmits);
      this.uint(37, r.serverRetransmits);
    }
    if (r.icmpType + r.icmpCode !== 0) {
      this.uint(38, r.icmpType);
      this.uint(39, r.icmpCode);
    }
    this.uint(40, r.clientTtl);
    this.uint(41, r.serverTtl);
    if (r.dscp + r.fragments + r.truncated + r.duplicates !== 0) {
      this.uint(42, r.dscp);
      this.uint(43, r.fragments);
      this.uint(44, r.truncated);
      this.uint(45, r.duplicates);
    }
    this.word(46, r.appProtocol);
    this.word(47, this.collector);
    this.optionalUint(48, r.vni);
    this.word(49, r.point.name);
    this.word(50, r.point.site);
    if (r.clientRttUs + r.serverRttUs + r.responses + r.responseUs + r.responseUsMax !== 0) {
      this.uint(51, r.clientRttUs);
      this.uint(52, r.serverRttUs);
      this.uint(53, r.responses);
      this.uint(54, r.responseUs);
      this.uint(55, r.responseUsMax);
    }
    if (
      r.clientSynRetransmits +
        r.serverSynRetransmits +
        r.clientReordered +
        r.serverReordered +
        r.clientMissing +
        r.serverMissing +
        r.clientZeroWindows +
        r.serverZeroWindows !==
      0
    ) {
      this.uint(56, r.clientSynRetransmits);
      this.uint(57, r.serverSynRetransmits);
      this.uint(58, r.clientReordered);
      this.uint(59, r.serverReordered);
      this.uint(60, r.clientMissing);
      this.uint(61, r.serverMissing);
      this.uint(62, r.clientZeroWindows);
      this.uint(63, r.serverZeroWindows);
    }
    if (r.clientSyn.length + r.serverSyn.length + r.history.length !== 0) {
      this.word(64, r.clientSyn);
      this.word(65, r.serverSyn);
      this.word(66, r.history);
    }
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
        r.ja4.length !==
      0
    ) {
      this.string(67, r.serverName);
      this.word(68, r.alpn);
      this.word(69, r.alpnChosen);
      this.word(70, r.tlsVersion);
      this.word(71, r.tlsCipher);
      this.uint(72, r.tlsEch);
      this.uint(73, r.tlsResumed);
      this.uint(74, r.tlsEstablished);
      this.word(75, r.tlsAlert);
      this.uint(76, r.tlsUs);
      this.word(77, r.quicVersion);
      this.word(78, r.ja4);
    }
    if (
      r.hassh.length +
        r.hasshServer.length +
        r.clientSoftware.length +
        r.serverSoftware.length +
        r.userName.length +
        r.partial.length !==
      0
    ) {
      this.word(79, r.hassh);
      this.word(80, r.hasshServer);
      this.word(81, r.clientSoftware);
      this.word(82, r.serverSoftware);
      this.word(83, r.userName);
      this.word(84, r.partial);
    }
    this.optionalUint(85, r.copy);
    this.strings(86, r.seenBy, r.seenByCount);
    this.word(87, r.mirrorSensor);
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
        r.policy.length !==
      0
    ) {
      this.word(88, r.clientNetwork);
      this.word(89, r.serverNetwork);
      this.word(90, r.clientRole);
      this.word(91, r.serverRole);
      this.word(92, r.clientSite);
      this.word(93, r.serverSite);
      this.uint(94, r.clientAsn);
      this.uint(95, r.serverAsn);
      this.word(96, r.clientAsOrg);
      this.word(97, r.serverAsOrg);
      this.word(98, r.clientCountry);
      this.word(99, r.serverCountry);
      this.word(100, r.policy);
    }
    this.end();
  }
}

/** Collects rows into a segment of the table `transactions`. */
export class TransactionSegment extends MessageWriter implements TransactionSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  transaction(r: TransactionRecord): void {
    this.begin(
      983 +
        3 *
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
            r.serverCountry.length +
            this.collector.length),
    );
    this.bytes(1, r.sessionId, 0, 16);
    this.time(2, r.timeSec, r.timeNsec);
    this.uint(3, r.number);
    this.address(4, r.point.source);
    this.uint(5, r.point.session);
    this.address(6, r.clientIp);
    this.address(7, r.serverIp);
    this.uint(8, r.clientPort);
    this.uint(9, r.serverPort);
    this.uint(10, r.protocol);
    this.word(11, r.appProtocol);
    this.word(12, r.method);
    this.string(13, r.name);
    this.string(14, r.resource);
    this.word(15, r.userName);
    this.word(16, r.status);
    this.uint(17, r.outcome);
    this.uint(18, r.responseUs);
    this.uint(19, r.transferUs);
    this.uint(20, r.requestBytes);
    this.uint(21, r.responseBytes);
    this.pieces(22, r.answers, 16, r.answersCount);
    this.uint(23, r.ttl);
    this.map(24, r.attributeNames, r.attributeValues, r.attributesCount);
    this.word(25, r.partial);
    this.word(26, this.collector);
    this.uint(27, r.point.type);
    this.word(28, r.point.name);
    this.word(29, r.point.site);
    this.optionalUint(30, r.point.key);
    this.optionalUint(31, r.vni);
    this.optionalUint(32, r.copy);
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
        r.serverCountry.length !==
      0
    ) {
      this.word(33, r.clientNetwork);
      this.word(34, r.serverNetwork);
      this.word(35, r.clientRole);
      this.word(36, r.serverRole);
      this.word(37, r.clientSite);
      this.word(38, r.serverSite);
      this.uint(39, r.clientAsn);
      this.uint(40, r.serverAsn);
      this.word(41, r.clientAsOrg);
      this.word(42, r.serverAsOrg);
      this.word(43, r.clientCountry);
      this.word(44, r.serverCountry);
    }
    this.end();
  }
}

/** Collects rows into a segment of the table `certificates`. */
export class CertificateSegment extends MessageWriter implements CertificateSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  certificate(r: CertificateRecord): void {
    this.begin(
      659 +
        3 *
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
    this.uint(1, r.day);
    this.time(2, r.firstSeenSec, r.firstSeenNsec);
    this.address(3, r.serverIp);
    this.uint(4, r.serverPort);
    this.address(5, r.fingerprint);
    this.string(6, r.serverName);
    this.string(7, r.subject);
    this.string(8, r.issuer);
    this.strings(9, r.names, r.namesCount);
    this.string(10, r.serial);
    this.sint(11, r.notBefore);
    this.sint(12, r.notAfter);
    this.word(13, r.keyType);
    this.uint(14, r.keyBits);
    this.word(15, r.signature);
    this.uint(16, r.chain);
    this.uint(17, r.point.type);
    this.address(18, r.point.source);
    this.uint(19, r.point.session);
    this.word(20, r.point.name);
    this.word(21, r.point.site);
    this.word(22, r.partial);
    this.word(23, this.collector);
    this.end();
  }
}

/** Collects rows into a segment of the table `mirrors`. */
export class MirrorSegment extends MessageWriter implements MirrorSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  mirror(r: MirrorRecord): void {
    this.begin(
      256 + 3 * (r.point.name.length + r.point.site.length + r.clock.length + this.collector.length),
    );
    this.uint(1, r.minute);
    this.uint(2, r.point.type);
    this.address(3, r.point.source);
    this.address(4, r.point.target);
    this.uint(5, r.point.session);
    this.optionalUint(6, r.point.key);
    this.uint(7, r.packets);
    this.uint(8, r.bytes);
    this.uint(9, r.sequence);
    this.uint(10, r.lost);
    this.uint(11, r.reordered);
    this.uint(12, r.repeated);
    this.uint(13, r.truncated);
    this.uint(14, r.malformed);
    this.uint(15, r.kernelDrops);
    this.word(16, this.collector);
    this.word(17, r.point.name);
    this.word(18, r.point.site);
    this.uint(19, r.incomplete);
    this.uint(20, r.late);
    this.word(21, r.clock);
    this.uint(22, r.clockKind);
    this.sint(23, r.clockOffsetNs);
    this.sint(24, r.clockDriftPpb);
    this.sint(25, r.clockDelayNs);
    this.uint(26, r.clockJitterNs);
    this.uint(27, r.clockDisbelieved);
    this.uint(28, r.clockJumps);
    this.end();
  }
}

/** Collects rows into a segment of the table `tunnels`. */
export class TunnelSegment extends MessageWriter implements TunnelSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  tunnel(r: TunnelRecord): void {
    this.begin(233 + 3 * (r.name.length + r.mode.length + this.collector.length));
    this.uint(1, r.minute);
    this.word(2, r.name);
    this.word(3, r.mode);
    this.address(4, r.local);
    this.address(5, r.remote);
    this.optionalUint(6, r.key);
    this.uint(7, r.rxPackets);
    this.uint(8, r.rxBytes);
    this.uint(9, r.rxErrors);
    this.uint(10, r.rxDropped);
    this.uint(11, r.multicast);
    this.uint(12, r.rxLengthErrors);
    this.uint(13, r.rxCrcErrors);
    this.uint(14, r.rxFrameErrors);
    this.uint(15, r.rxFifoErrors);
    this.uint(16, r.txPackets);
    this.uint(17, r.txBytes);
    this.uint(18, r.txErrors);
    this.uint(19, r.txDropped);
    this.uint(20, r.txAbortedErrors);
    this.uint(21, r.txCarrierErrors);
    this.uint(22, r.collisions);
    this.word(23, this.collector);
    this.end();
  }
}

/** Collects rows into a segment of the table `packets`. */
export class PacketSegment extends MessageWriter {
  /** Changes the first fields of the message at `o` of `bytes`, which its length precedes. */
  static readdress(bytes: Uint8Array, o: number, sessionId: Uint8Array, number: number): void {
    let at = o;
    while (bytes[at] >= 0x80) at++;
    at++;
    bytes.set(sessionId, at + 2);
    for (let i = 0; i < 4; i++) bytes[at + 20 + i] = number >>> (8 * i);
  }

  packet(r: PacketRecord): void {
    this.begin(
      187 +
        3 * (r.point.name.length + r.point.site.length + r.mirrorSensor.length) +
        r.frameEnd -
        r.frameStart,
    );
    this.bytes(1, r.sessionId, 0, 16);
    this.fixed32(19, r.number);
    this.time(2, r.timeSec, r.timeNsec);
    this.bytes(3, r.frame, r.frameStart, r.frameEnd);
    this.uint(4, r.originalLength);
    this.uint(5, r.point.type);
    this.address(6, r.point.source);
    this.address(7, r.point.target);
    this.uint(8, r.point.session);
    this.optionalUint(9, r.point.key);
    this.uint(10, r.mirrorPort);
    this.uint(11, r.mirrorDirection);
    this.uint(12, r.mirrorHardware);
    this.uint(13, r.securityGroup);
    this.uint(14, r.cos);
    this.optionalUint(15, r.vlan);
    this.uint(16, r.layer);
    this.uint(17, r.greProtocol);
    this.uint(18, r.truncated);
    this.optionalUint(20, r.vni);
    this.word(21, r.point.name);
    this.word(22, r.point.site);
    this.word(23, r.mirrorSensor);
    this.end();
  }
}

/** Collects rows into a segment of the table `paths`. */
export class PathSegment extends MessageWriter implements PathSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  path(r: PathRecord): void {
    this.begin(158 + 3 * (r.fromMirror.length + r.toMirror.length + this.collector.length));
    this.uint(1, r.minute);
    this.word(2, r.fromMirror);
    this.word(3, r.toMirror);
    this.uint(4, r.sample);
    this.uint(5, r.clocks);
    this.uint(6, r.matched);
    this.uint(7, r.lost);
    this.uint(8, r.unknown);
    this.uint(9, r.ambiguous);
    this.uint(10, r.unmatchable);
    this.uint(11, r.reordered);
    this.uint(12, r.elsewhere);
    this.sint(13, r.delayMinNs);
    this.sint(14, r.delayP50Ns);
    this.sint(15, r.delayP95Ns);
    this.sint(16, r.delayP99Ns);
    this.sint(17, r.delayMaxNs);
    this.word(18, this.collector);
    this.end();
  }
}

/** Collects rows into a segment of the table `hops`. */
export class HopSegment extends MessageWriter implements HopSink {
  /** @param collector the name in the column `collector` */
  constructor(private readonly collector: string) {
    super();
  }

  hop(r: HopRecord): void {
    this.begin(290 + 3 * (r.fromMirror.length + r.toMirror.length + this.collector.length));
    this.time(1, r.firstSeenSec, r.firstSeenNsec);
    this.time(2, r.lastSeenSec, r.lastSeenNsec);
    this.word(3, r.fromMirror);
    this.word(4, r.toMirror);
    this.uint(5, r.sample);
    this.uint(6, r.clocks);
    this.address(7, r.clientIp);
    this.address(8, r.serverIp);
    this.uint(9, r.clientPort);
    this.uint(10, r.serverPort);
    this.uint(11, r.protocol);
    if (
      r.forwardMatched +
        r.forwardLost +
        r.forwardUnknown +
        r.forwardAmbiguous +
        r.forwardUnmatchable +
        r.forwardReordered !==
      0
    ) {
      this.uint(12, r.forwardMatched);
      this.uint(13, r.forwardLost);
      this.uint(14, r.forwardUnknown);
      this.uint(15, r.forwardAmbiguous);
      this.uint(16, r.forwardUnmatchable);
      this.uint(17, r.forwardReordered);
    }
    this.sint(18, r.forwardDelayMinNs);
    this.sint(19, r.forwardDelayAvgNs);
    this.sint(20, r.forwardDelayMaxNs);
    if (
      r.reverseMatched +
        r.reverseLost +
        r.reverseUnknown +
        r.reverseAmbiguous +
        r.reverseUnmatchable +
        r.reverseReordered !==
      0
    ) {
      this.uint(21, r.reverseMatched);
      this.uint(22, r.reverseLost);
      this.uint(23, r.reverseUnknown);
      this.uint(24, r.reverseAmbiguous);
      this.uint(25, r.reverseUnmatchable);
      this.uint(26, r.reverseReordered);
    }
    this.sint(27, r.reverseDelayMinNs);
    this.sint(28, r.reverseDelayAvgNs);
    this.sint(29, r.reverseDelayMaxNs);
    this.word(30, this.collector);
    this.end();
  }
}

/** Collects rows into a segment of the table `names`. */
export class NameSegment extends MessageWriter implements NameSink {
  name(r: NameRecord): void {
    this.begin(73 + 3 * r.name.length);
    this.uint(1, r.day);
    this.address(2, r.address);
    this.optionalUint(3, r.vni);
    this.string(4, r.name);
    this.uint(5, r.source);
    this.time(6, r.firstSeenSec, r.firstSeenNsec);
    this.time(7, r.lastSeenSec, r.lastSeenNsec);
    this.uint(8, r.count);
    this.end();
  }
}

/** Collects rows into a segment of the table `network_loads`. */
export class NetworkSegment extends MessageWriter implements NetworkSink {
  network(r: NetworkRecord): void {
    this.begin(
      92 + 3 * (r.name.length + r.site.length + r.role.length + r.tenant.length + r.loadedFrom.length),
    );
    this.time(1, r.loadedSec, r.loadedNsec);
    this.uint(2, r.networks);
    this.address(3, r.address);
    this.uint(4, r.bits);
    this.string(5, r.name);
    this.word(6, r.site);
    this.word(7, r.role);
    this.word(8, r.tenant);
    this.optionalUint(9, r.vlan);
    this.optionalUint(10, r.vni);
    this.word(11, r.loadedFrom);
    this.end();
  }
}
