/** Packets as `mirrorlake.v1.Packet` messages (schemas/mirrorlake/v1/packet.proto). */
import type { Frame } from '../wire/frame-fields.js';
import { Layer } from '../wire/layers.js';
import { MirrorType } from '../wire/mirror-point.js';
import type { Mirrored } from '../wire/mirrored.js';
import { MessageWriter } from './protobuf.js';

/** A packet message without its frame. */
const MOST = 192;

/** What a frame begins with. The words are those of the column `layer`. */
export const PacketLayer = { Other: 0, Ethernet: 1, Ipv4: 2, Ipv6: 3, Ppp: 4, Ieee80211: 5 } as const;
export type PacketLayer = (typeof PacketLayer)[keyof typeof PacketLayer];

/** Collects frames of sessions into a segment of the table `packets`. */
export class PacketSegment extends MessageWriter {
  /**
   * @param sessionId 16 bytes
   * @param most bytes of the frame that are kept
   * @param length bytes the frame had when it came
   */
  packet(sessionId: Uint8Array, f: Frame, m: Mirrored, most: number, length: number): void {
    const end = Math.min(f.end, f.start + most);
    this.begin(MOST + end - f.start);
    this.bytes(1, sessionId, 0, 16);
    this.time(2, f.sec, f.nsec);
    this.bytes(3, f.bytes, f.start, end);
    // The IP header knows of more than the switch sent.
    const claimed = f.ip < 0 ? 0 : f.ip - f.start + f.ipLength;
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
    this.end();
  }
}

function layerOf(f: Frame, m: Mirrored): PacketLayer {
  switch (f.layerCount > 0 ? f.layerKind[0] : 0) {
    case Layer.Ethernet:
      return PacketLayer.Ethernet;
    case Layer.Ipv4:
      return PacketLayer.Ipv4;
    case Layer.Ipv6:
      return PacketLayer.Ipv6;
    case Layer.Ppp:
      return PacketLayer.Ppp;
    case Layer.Ieee80211:
      return PacketLayer.Ieee80211;
    default:
      return m.point.type === MirrorType.Gre || m.point.type === MirrorType.Pptp
        ? PacketLayer.Other
        : PacketLayer.Ethernet;
  }
}
