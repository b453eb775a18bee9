/**
 * pcapng capture files (draft-ietf-opsawg-pcapng): blocks of
 *
 *     type(32), total length(32), body, total length(32) once more
 *
 * in the byte order of their section. Section headers, interface descriptions and the three kinds of packet
 * blocks are read; every other block (names, statistics, decryption secrets, custom, unknown) is skipped,
 * however long it is.
 */

import { BATCH_CAPACITY, type PacketBatch } from '../../model/batch.js';
import { plural } from '../../model/words.js';
import {
  type CaptureFormat,
  type CaptureInterface,
  type Damage,
  MAX_PACKET,
  MAX_RECORD,
  normalizeLinkType,
} from './format.js';
import { BYTE_ORDER_MAGIC, PCAPNG_MAGIC } from './magic.js';
import type { ReadAhead } from './read-ahead.js';
import { TimestampUnit } from './timestamp.js';

/** Block types (section 11.1). The section header's is the same in either byte order. */
export const BlockType = {
  SectionHeader: PCAPNG_MAGIC,
  InterfaceDescription: 1,
  /** Obsolete since 2004, but still in use. */
  Packet: 2,
  SimplePacket: 3,
  NameResolution: 4,
  EnhancedPacket: 6,
} as const;

/** Options of the interface description block (section 4.2). */
export const Option = {
  End: 0,
  IfName: 2,
  IfDescription: 3,
  IfTsresol: 9,
  IfTsoffset: 14,
} as const;

/** PacketBatch.interface has 16 bits. */
export const MAX_INTERFACES = 65_536;
/** Longer names are cut, so that memory is bounded. */
const MAX_NAME = 256;
const TWO32 = 0x1_0000_0000;
const text = new TextDecoder();

/** An interface, as packets of the section refer to it. */
interface SectionInterface {
  readonly index: number;
  readonly linkType: number;
  readonly snapLength: number;
  readonly time: TimestampUnit;
}

export class PcapngFormat implements CaptureFormat {
  readonly name = 'pcapng';
  readonly interfaces: CaptureInterface[] = [];
  damage: Damage | undefined;
  private littleEndian = false;
  private section: SectionInterface[] = [];
  /** Bytes of a long block still to skip, and its length. */
  private skipping = 0;
  private skipped = 0;
  /** Time of the last packet, for simple packet blocks, which have none. */
  private lastSec = 0;
  private lastNsec = 0;

  parse(w: ReadAhead, batch: PacketBatch): void {
    while (batch.count < BATCH_CAPACITY && this.damage === undefined) {
      if (this.skipping > 0) {
        const n = Math.min(this.skipping, w.end - w.pos);
        w.pos += n;
        this.skipping -= n;
        if (this.skipping > 0) return;
      }
      if (!this.parseBlock(w, batch)) return;
    }
  }

  /** @returns false if the block is incomplete in the window, or damaged. */
  private parseBlock(w: ReadAhead, batch: PacketBatch): boolean {
    const { view, pos } = w;
    const there = w.end - pos;
    if (there < 12) return false;
    const type = view.getUint32(pos, this.littleEndian);
    if (type === BlockType.SectionHeader && !this.readByteOrder(w)) return false;
    const littleEndian = this.littleEndian;
    const length = view.getUint32(pos + 4, littleEndian);
    if (length < 12 || (length & 3) !== 0) {
      return this.fail(
        w.offset + 4,
        `a block of ${length} ${plural(length, 'byte')} cannot be (a multiple of 4, at least 12)`,
      );
    }
    const known =
      (type >= 1 && type <= 3) || type === BlockType.EnhancedPacket || type === BlockType.SectionHeader;
    if (length > MAX_RECORD) {
      if (known)
        return this.fail(w.offset + 4, `a block of ${length} bytes cannot be (${MAX_RECORD} is the limit)`);
      this.skipping = length;
      this.skipped = length;
      return true;
    }
    if (there < length) return false;
    const repeated = view.getUint32(pos + length - 4, littleEndian);
    if (repeated !== length) {
      return this.fail(w.offset + length - 4, `a block of ${length} bytes ends with the length ${repeated}`);
    }
    if (known && !this.parseBody(w, batch, type, pos + 8, pos + length - 4)) return false;
    w.pos = pos + length;
    return true;
  }

  private parseBody(w: ReadAhead, batch: PacketBatch, type: number, o: number, end: number): boolean {
    const { view } = w;
    const le = this.littleEndian;
    switch (type) {
      case BlockType.EnhancedPacket:
        if (end - o < 20) return this.fail(w.offset, 'an enhanced packet block is shorter than its fields');
        return this.packet(
          w,
          batch,
          view.getUint32(o, le),
          view.getUint32(o + 4, le),
          view.getUint32(o + 8, le),
          view.getUint32(o + 12, le),
          view.getUint32(o + 16, le),
          o + 20,
          end,
        );
      case BlockType.Packet:
        if (end - o < 20) return this.fail(w.offset, 'a packet block is shorter than its fields');
        return this.packet(
          w,
          batch,
          view.getUint16(o, le),
          view.getUint32(o + 4, le),
          view.getUint32(o + 8, le),
          view.getUint32(o + 12, le),
          view.getUint32(o + 16, le),
          o + 20,
          end,
        );
      case BlockType.SimplePacket:
        return this.simplePacket(w, batch, o, end);
      case BlockType.InterfaceDescription:
        return this.parseInterface(w, o, end);
      default:
        return this.parseSection(w, o, end);
    }
  }

  private packet(
    w: ReadAhead,
    batch: PacketBatch,
    id: number,
    high: number,
    low: number,
    captured: number,
    length: number,
    data: number,
    end: number,
  ): boolean {
    if (id >= this.section.length) return this.unknownInterface(w, id);
    if (captured > MAX_PACKET || captured > end - data) return this.tooLong(w, captured, end - data);
    const itf = this.section[id];
    itf.time.split(high, low);
    this.lastSec = itf.time.sec;
    this.lastNsec = itf.time.nsec;
    this.append(batch, itf, data, captured, length);
    return true;
  }

  private simplePacket(w: ReadAhead, batch: PacketBatch, o: number, end: number): boolean {
    if (end - o < 4) return this.fail(w.offset, 'a simple packet block is shorter than its fields');
    if (this.section.length === 0) return this.unknownInterface(w, 0);
    const itf = this.section[0];
    const length = w.view.getUint32(o, this.littleEndian);
    const captured = itf.snapLength === 0 ? length : Math.min(length, itf.snapLength);
    const data = o + 4;
    if (captured > MAX_PACKET || captured > end - data) return this.tooLong(w, captured, end - data);
    this.append(batch, itf, data, captured, length);
    return true;
  }

  private append(
    batch: PacketBatch,
    itf: SectionInterface,
    data: number,
    captured: number,
    length: number,
  ): void {
    const n = batch.count;
    batch.offset[n] = data;
    batch.captured[n] = captured;
    batch.length[n] = Math.max(length, captured);
    batch.sec[n] = this.lastSec;
    batch.nsec[n] = this.lastNsec;
    batch.linkType[n] = itf.linkType;
    batch.interface[n] = itf.index;
    batch.count = n + 1;
  }

  private readByteOrder(w: ReadAhead): boolean {
    const magic = w.view.getUint32(w.pos + 8);
    if (magic === BYTE_ORDER_MAGIC) this.littleEndian = false;
    else if (w.view.getUint32(w.pos + 8, true) === BYTE_ORDER_MAGIC) this.littleEndian = true;
    else {
      return this.fail(
        w.offset + 8,
        `0x${magic.toString(16).padStart(8, '0')} is no byte-order magic of a pcapng section`,
      );
    }
    return true;
  }

  private parseSection(w: ReadAhead, o: number, end: number): boolean {
    if (end - o < 16) return this.fail(w.offset, 'a section header block is shorter than its fields');
    const major = w.view.getUint16(o + 4, this.littleEndian);
    if (major !== 1) {
      const minor = w.view.getUint16(o + 6, this.littleEndian);
      return this.fail(w.offset + 12, `pcapng version ${major}.${minor} is not known (1.0 is)`);
    }
    this.section = [];
    return true;
  }

  private parseInterface(w: ReadAhead, o: number, end: number): boolean {
    if (end - o < 8) return this.fail(w.offset, 'an interface description block is shorter than its fields');
    const index = this.interfaces.length;
    if (index === MAX_INTERFACES)
      return this.fail(w.offset, `there are more than ${MAX_INTERFACES} interfaces`);
    const { view, bytes } = w;
    const le = this.littleEndian;
    const linkType = normalizeLinkType(view.getUint16(o, le));
    const snapLength = view.getUint32(o + 4, le);
    let name = '';
    let description = '';
    let resolution = 6;
    let offset = 0;
    for (let p = o + 8; p + 4 <= end; ) {
      const code = view.getUint16(p, le);
      const length = view.getUint16(p + 2, le);
      const value = p + 4;
      if (code === Option.End) break;
      if (value + length > end)
        return this.fail(w.offset, "an interface description's option runs past its block");
      const last = value + Math.min(length, MAX_NAME);
      if (code === Option.IfName) name = text.decode(bytes.subarray(value, last));
      else if (code === Option.IfDescription) description = text.decode(bytes.subarray(value, last));
      else if (code === Option.IfTsresol && length === 1) resolution = bytes[value];
      else if (code === Option.IfTsoffset && length === 8) {
        offset = le
          ? view.getInt32(value + 4, le) * TWO32 + view.getUint32(value, le)
          : view.getInt32(value, le) * TWO32 + view.getUint32(value + 4, le);
      }
      p = value + ((length + 3) & ~3);
    }
    this.interfaces.push({ name, description, linkType, snapLength });
    this.section.push({ index, linkType, snapLength, time: new TimestampUnit(resolution, offset) });
    return true;
  }

  private unknownInterface(w: ReadAhead, id: number): boolean {
    return this.fail(
      w.offset,
      `a packet names interface ${id}, but ${this.section.length} are described before it`,
    );
  }

  private tooLong(w: ReadAhead, captured: number, room: number): boolean {
    const why = captured > MAX_PACKET ? `${MAX_PACKET} is the limit` : `its block has room for ${room}`;
    return this.fail(w.offset, `a packet of ${captured} ${plural(captured, 'byte')} cannot be (${why})`);
  }

  private fail(offset: number, what: string): false {
    this.damage = { offset, what };
    return false;
  }

  cut(w: ReadAhead): Damage | undefined {
    const offset = w.offset;
    const there = w.end - w.pos;
    if (this.skipping > 0) {
      return {
        offset: offset - (this.skipped - this.skipping),
        what: `the file ends inside a block (${this.skipped - this.skipping} of ${this.skipped} bytes)`,
      };
    }
    if (there === 0) return undefined;
    if (there < 12) return { offset, what: `the file ends inside a block header (${there} of 12 bytes)` };
    const length = w.view.getUint32(w.pos + 4, this.littleEndian);
    return { offset, what: `the file ends inside a block (${there} of ${length} bytes)` };
  }
}
