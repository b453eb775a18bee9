import { isMapped } from '../../wire/ip/addresses.js';
import { type ByteOutput, CaptureWriter } from './capture-writer.js';
import type { CaptureInterface } from './format.js';
import { BYTE_ORDER_MAGIC } from './magic.js';
import { BlockType, Option } from './pcapng.js';

const text = new TextEncoder();
/** Longer names and descriptions are cut, bytes. */
const MAX_TEXT = 1024;
const NANOSECONDS = 9;

/** Records of a name resolution block (section 4.5): what ends them, and those of addresses. */
const NameRecordType = { End: 0, Ipv4: 1, Ipv6: 2 } as const;
/** Names in one block: it stays below what fits behind a full buffer. */
const NAMES_OF_BLOCK = 256;
/** Bytes of a name in it; there is a 0 behind. */
const LONGEST_NAME = 255;

/** What an address is called. */
export interface AddressName {
  /** 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  readonly address: Uint8Array;
  readonly name: string;
}

/** Writes a pcapng capture with nanoseconds, little endian: one section, any number of named interfaces. */
export class PcapngWriter extends CaptureWriter {
  private interfaceCount = 0;

  /** @param application the section's writer (shb_userappl) */
  constructor(output: ByteOutput, application = 'mirrorlake') {
    super(output);
    const start = this.begin(BlockType.SectionHeader);
    this.u32(BYTE_ORDER_MAGIC);
    this.u16(1);
    this.u16(0);
    // The section's length is not known in advance: -1.
    this.u32(0xffffffff);
    this.u32(0xffffffff);
    const SHB_USERAPPL = 4;
    this.textOption(SHB_USERAPPL, application);
    this.u32(Option.End);
    this.finish(start);
  }

  /** Describes an interface. It may be called between packets (heed {@link flush}). */
  addInterface(description: CaptureInterface): number {
    const start = this.begin(BlockType.InterfaceDescription);
    this.u16(description.linkType);
    this.u16(0);
    this.u32(description.snapLength);
    if (description.name !== '') this.textOption(Option.IfName, description.name);
    if (description.description !== '') this.textOption(Option.IfDescription, description.description);
    this.u16(Option.IfTsresol);
    this.u16(1);
    this.u32(NANOSECONDS);
    this.u32(Option.End);
    this.finish(start);
    return this.interfaceCount++;
  }

  /**
   * Appends a packet of an interface: `captured` bytes (at most MAX_PACKET) of `bytes` from `offset`.
   *
   * @param id what {@link addInterface} returned
   * @param sec, nsec seconds since 1970, below 2^32, and nanoseconds
   * @param length bytes it had on the wire
   */
  packet(
    id: number,
    sec: number,
    nsec: number,
    bytes: Uint8Array,
    offset: number,
    captured: number,
    length = captured,
  ): void {
    const { view, used } = this;
    // sec * 10^9 + nsec as two halves, every step exact.
    const highPart = (sec >>> 16) * 1_000_000_000;
    const lowPart = (highPart % 65536) * 65536 + (sec & 0xffff) * 1_000_000_000 + nsec;
    const padded = (captured + 3) & ~3;
    const block = 32 + padded;
    view.setUint32(used, BlockType.EnhancedPacket, true);
    view.setUint32(used + 4, block, true);
    view.setUint32(used + 8, id, true);
    view.setUint32(used + 12, Math.floor(highPart / 65536) + Math.floor(lowPart / 0x1_0000_0000), true);
    view.setUint32(used + 16, lowPart % 0x1_0000_0000, true);
    view.setUint32(used + 20, captured, true);
    view.setUint32(used + 24, length, true);
    // The padding first, as one word: the packet overwrites the part that is not padding.
    view.setUint32(used + 24 + padded, padded === 0 ? length : 0, true);
    this.buffer.set(bytes.subarray(offset, offset + captured), used + 28);
    view.setUint32(used + 28 + padded, block, true);
    this.advance(block);
  }

  /** Says what addresses are called, in the packets behind. */
  async addNames(names: readonly AddressName[]): Promise<void> {
    for (let i = 0; i < names.length; i += NAMES_OF_BLOCK) {
      const start = this.begin(BlockType.NameResolution);
      for (const { address, name } of names.slice(i, i + NAMES_OF_BLOCK)) this.nameRecord(address, name);
      this.u16(NameRecordType.End);
      this.u16(0);
      this.finish(start);
      if (this.full) await this.flush();
    }
  }

  private nameRecord(address: Uint8Array, name: string): void {
    const isIpv4 = isMapped(address, 0);
    const bytes = isIpv4 ? address.subarray(12, 16) : address.subarray(0, 16);
    const its = text.encode(name).subarray(0, LONGEST_NAME);
    this.u16(isIpv4 ? NameRecordType.Ipv4 : NameRecordType.Ipv6);
    this.u16(bytes.length + its.length + 1);
    this.buffer.set(bytes, this.used);
    this.buffer.set(its, this.used + bytes.length);
    this.used += bytes.length + its.length;
    this.buffer[this.used++] = 0;
    this.pad();
  }

  private begin(type: number): number {
    const start = this.used;
    this.u32(type);
    this.u32(0);
    return start;
  }

  private finish(start: number): void {
    const length = this.used + 4 - start;
    this.view.setUint32(start + 4, length, true);
    this.u32(length);
    this.advance(0);
  }

  private textOption(code: number, value: string): void {
    const bytes = text.encode(value).subarray(0, MAX_TEXT);
    this.u16(code);
    this.u16(bytes.length);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
    this.pad();
  }

  /** Blocks, and what is in them, begin at multiples of 4 bytes. */
  private pad(): void {
    while ((this.used & 3) !== 0) this.buffer[this.used++] = 0;
  }

  private u16(v: number): void {
    this.view.setUint16(this.used, v, true);
    this.used += 2;
  }

  private u32(v: number): void {
    this.view.setUint32(this.used, v, true);
    this.used += 4;
  }
}
