/** A mirrored frame as a row of the table `packets`. */
import type { Mirrored } from '../../model/mirrored.js';
import { PacketLayer } from '../../model/packet-layer.js';
import type { PacketRecord } from '../../model/packet-record.js';
import { macText } from '../../wire/ip/addresses.js';
import { EtherType } from '../../wire/link/ethertypes.js';
import { isIeee80211Protocol } from '../../wire/link/ieee80211.js';
import { GRE_PROTO_PPP, GRE_PROTO_TEB } from '../../wire/tunnel/gre.js';
import type { Frame } from '../../wire/walk/frame-fields.js';
import { NO_VNI } from '../../wire/walk/layers.js';

/**
 * Fills a row from a frame; its session and number are the caller's.
 *
 * @param most bytes of the frame to keep
 * @param length bytes of the frame when it arrived
 */
export function fillPacket(r: PacketRecord, f: Frame, m: Mirrored, most: number, length: number): void {
  r.timeSec = f.sec;
  r.timeNsec = f.nsec;
  r.frame = f.bytes;
  r.frameStart = f.start;
  r.frameEnd = Math.min(f.end, f.start + most);
  // The IP header may claim more than the switch sent, or than the capture recorded.
  const claimed = f.ip < 0 ? f.ipLength : f.ip - f.start + f.ipLength;
  r.originalLength = Math.max(length, claimed);
  r.point = m.point;
  r.mirrorPort = m.port;
  r.mirrorDirection = m.direction;
  r.mirrorHardware = m.hardware;
  r.securityGroup = m.securityGroup;
  r.mirrorSensor = m.sensor === 0 ? '' : macText(m.sensor);
  r.cos = m.cos;
  r.vlan = m.vlan < 0 ? null : m.vlan;
  r.vni = f.vni === NO_VNI ? null : f.vni;
  r.layer = layerOf(f, m);
  r.greProtocol = m.protocol;
  r.truncated = m.truncated ? 1 : 0;
}

function layerOf(f: Frame, m: Mirrored): PacketLayer {
  switch (m.protocol) {
    case GRE_PROTO_TEB:
      return PacketLayer.Ethernet;
    case EtherType.Ipv4:
    case EtherType.Ipv6:
      // The EtherType may be of either IP version.
      return f.start < f.end && f.bytes[f.start] >>> 4 === 6 ? PacketLayer.Ipv6 : PacketLayer.Ipv4;
    case GRE_PROTO_PPP:
      return PacketLayer.Ppp;
    default:
      return isIeee80211Protocol(m.protocol) ? PacketLayer.Ieee80211 : PacketLayer.Other;
  }
}
