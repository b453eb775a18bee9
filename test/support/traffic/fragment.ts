import { u16 } from '../../../src/wire/bytes.js';
import { concat } from './payloads.js';

/**
 * Splits an IPv4 or IPv6 packet into fragments with a payload of at most `size` bytes, a multiple of eight.
 * IPv6 packets have no extension headers here; each fragment gets a fragment header.
 */
export function fragmentIp(packet: Uint8Array, size: number, identification: number): Uint8Array[] {
  const v4 = packet[0]! >>> 4 === 4;
  const headerLength = v4 ? (packet[0]! & 15) * 4 : 40;
  const header = packet.subarray(0, headerLength);
  const payload = packet.subarray(headerLength);
  const fragments: Uint8Array[] = [];
  for (let o = 0; o < payload.length; o += size) {
    const piece = payload.subarray(o, o + size);
    const more = o + size < payload.length ? 1 : 0;
    fragments.push(
      v4
        ? fragment4(header, piece, o, more, identification)
        : fragment6(header, piece, o, more, identification),
    );
  }
  return fragments;
}

function fragment4(
  header: Uint8Array,
  piece: Uint8Array,
  offset: number,
  more: number,
  id: number,
): Uint8Array {
  const b = concat(header, piece);
  const view = new DataView(b.buffer);
  view.setUint16(2, b.length);
  view.setUint16(4, id);
  view.setUint16(6, (more << 13) | (offset / 8));
  view.setUint16(10, 0);
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += u16(b, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum & 0xffff);
  return b;
}

function fragment6(
  header: Uint8Array,
  piece: Uint8Array,
  offset: number,
  more: number,
  id: number,
): Uint8Array {
  const b = concat(header, new Uint8Array(8), piece);
  const view = new DataView(b.buffer);
  view.setUint16(4, b.length - 40);
  b[40] = header[6]!;
  b[6] = 44;
  view.setUint16(42, offset | more);
  view.setUint32(44, id);
  return b;
}
