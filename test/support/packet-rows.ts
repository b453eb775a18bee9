import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { PacketLayer } from '../../src/model/packet-layer.js';
import { PacketRecord } from '../../src/model/packet-record.js';
import type { PacketSegment } from '../../src/store/segment/segments.js';

const record = new PacketRecord();
record.point = new MirrorPoint(
  0,
  MirrorType.Erspan2,
  new Uint8Array(16).fill(1),
  new Uint8Array(16).fill(2),
  9,
  null,
);
record.greProtocol = 0x6558;
record.layer = PacketLayer.Ethernet;
record.truncated = 1;
record.number = 7;

/** Adds the bytes from `start` to `end` as a frame of original length `length`. */
export function addPacket(
  segment: PacketSegment,
  id: Uint8Array,
  sec: number,
  nsec: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
): void {
  record.sessionId.set(id);
  Object.assign(record, { timeSec: sec, timeNsec: nsec, frame: bytes, frameStart: start, frameEnd: end });
  record.originalLength = length;
  segment.packet(record);
}
