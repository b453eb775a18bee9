import { type ByteOutput, CaptureWriter } from './capture-writer.js';
import { MAX_PACKET } from './format.js';
import { PCAP_MAGIC_NS } from './magic.js';
import { PCAP_HEADER_LENGTH, PCAP_PACKET_HEADER_LENGTH } from './pcap.js';

/** Writes a classic capture with nanoseconds, little endian: one link type, no interfaces. */
export class PcapWriter extends CaptureWriter {
  /** @param linkType LINKTYPE_ value of every packet */
  constructor(output: ByteOutput, linkType: number) {
    super(output);
    const { view } = this;
    view.setUint32(0, PCAP_MAGIC_NS, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, MAX_PACKET, true);
    view.setUint32(20, linkType, true);
    this.advance(PCAP_HEADER_LENGTH);
  }

  /**
   * Appends a packet: `captured` bytes (at most {@link MAX_PACKET}) of `bytes` from `offset`.
   *
   * @param sec, nsec seconds since 1970, below 2^32, and nanoseconds
   * @param length bytes it had on the wire
   */
  packet(
    sec: number,
    nsec: number,
    bytes: Uint8Array,
    offset: number,
    captured: number,
    length = captured,
  ): void {
    const { view, used } = this;
    view.setUint32(used, sec, true);
    view.setUint32(used + 4, nsec, true);
    view.setUint32(used + 8, captured, true);
    view.setUint32(used + 12, length, true);
    this.buffer.set(bytes.subarray(offset, offset + captured), used + PCAP_PACKET_HEADER_LENGTH);
    this.advance(PCAP_PACKET_HEADER_LENGTH + captured);
  }
}
