import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { Mirrored } from '../../src/model/mirrored.js';
import type { PacketSegment } from '../../src/store/segment/packet-segment.js';
import { Frame } from '../../src/wire/walk/frame-fields.js';

const frame = new Frame();
const mirrored = new Mirrored();
mirrored.point = new MirrorPoint(
  0,
  MirrorType.Erspan2,
  new Uint8Array(16).fill(1),
  new Uint8Array(16).fill(2),
  9,
  null,
);

mirrored.protocol = 0x6558;
mirrored.truncated = true;

/** Adds the bytes from `start` up to `end` as a frame that had `length` of them. */
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
  Object.assign(frame, { bytes, start, end, sec, nsec });
  segment.packet(id, 7, frame, mirrored, end - start, length);
}
