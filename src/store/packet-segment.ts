/** Packets as `mirrorlake.v1.Packet` messages (schemas/mirrorlake/v1/packet.proto). */
import { MessageWriter } from './protobuf.js';

/** A packet message without its frame. */
const MOST = 64;

/** Collects frames of sessions into a segment of the table `packets`. */
export class PacketSegment extends MessageWriter {
  /**
   * @param sessionId 16 bytes
   * @param sec seconds since 1970, with `nsec` nanoseconds
   * @param bytes the frame lies in it from `start` up to `end`
   * @param originalLength bytes the frame had on the wire
   */
  packet(
    sessionId: Uint8Array,
    sec: number,
    nsec: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
  ): void {
    this.begin(MOST + end - start);
    this.bytes(1, sessionId, 0, 16);
    this.time(2, sec, nsec);
    this.bytes(3, bytes, start, end);
    this.uint(4, originalLength);
    this.end();
  }
}
