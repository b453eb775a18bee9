/** Packets as `mirrorlake.v1.Packet` messages (schemas/mirrorlake/v1/packet.proto). */

import type { Mirrored } from '../../model/mirrored.js';
import { EtherType } from '../../wire/link/ethertypes.js';
import { isIeee80211Protocol } from '../../wire/link/ieee80211.js';
import { GRE_PROTO_PPP, GRE_PROTO_TEB } from '../../wire/tunnel/gre.js';
import type { Frame } from '../../wire/walk/frame-fields.js';
import { MessageWriter } from './protobuf.js';

/** A packet message without its frame. */
const MOST = 192;

/** What a frame begins with; the words of the column `layer`. */
export const PacketLayer = { Other: 0, Ethernet: 1, Ipv4: 2, Ipv6: 3, Ppp: 4, Ieee80211: 5 } as const;
export type PacketLayer = (typeof PacketLayer)[keyof typeof PacketLayer];

/** Collects frames of sessions into a segment of the table `packets`. */
export class PacketSegment extends MessageWriter {
  /** Changes the session of the message at `o` of `bytes`, which its length precedes. */
  static readdress(bytes: Uint8Array, o: number, sessionId: Uint8Array, number: number): void {
    let at = o;
    while (bytes[at] >= 0x80) at++;
    // Skips the length, the field's tag and its length; below, the number's tag of two bytes.
    at += 3;
    bytes.set(sessionId, at);
    at += 18;
    for (let i = 0; i < 4; i++) bytes[at + i] = number >>> (8 * i);
  }

  /**
   * @param sessionId 16 bytes
   * @param number the packet's number in its session's row
   * @param most bytes of the frame to keep
   * @param length bytes of the frame when it arrived
   */
  packet(sessionId: Uint8Array, number: number, f: Frame, m: Mirrored, most: number, length: number): void {
    const end = Math.min(f.end, f.start + most);
    this.begin(MOST + end - f.start);
    this.bytes(1, sessionId, 0, 16);
    this.fixed32(19, number);
    this.time(2, f.sec, f.nsec);
    this.bytes(3, f.bytes, f.start, end);
    // The IP header may claim more than the switch sent, or than the capture recorded.
    const claimed = f.ip < 0 ? f.ipLength : f.ip - f.start + f.ipLength;
    this.uint(4, Math.max(length, claimed));
    this.uint(5, m.point.type);
    this.address(6, m.point.source);
    this.address(7, m.point.target);
    this.uint(8, m.point.session);
    this.optionalUint(9, m.point.key);
    this.uint(10, m.port);
    this.uint(11, m.direction);
    this.uint(12, m.hardware);
    this.uint(13, m.securityGroup);
    this.uint(14, m.cos);
    this.optionalUint(15, m.vlan < 0 ? null : m.vlan);
    this.uint(16, layerOf(f, m));
    this.uint(17, m.protocol);
    this.uint(18, m.truncated ? 1 : 0);
    this.end();
  }
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
