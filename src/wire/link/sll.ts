/**
 * Linux cooked capture, the link header of the `any` device
 * (www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and …_SLL2.html). Version 1: packet type (2), ARPHRD
 * type (2), address length (2), address (8), protocol (2). Version 2: protocol (2), reserved (2), interface
 * index (4), ARPHRD type (2), packet type (1), address length (1), address (8).
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const SLL_LENGTH = 16;
export const SLL2_LENGTH = 20;

export class SllHeader {
  /** 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 from us. */
  packetType = 0;
  /** ARPHRD_ type of the device: 1 Ethernet, 778 GRE. */
  hardwareType = 0;
  /** The valid bytes of the sender's address, and the eight bytes as two words. */
  addressLength = 0;
  addressHigh = 0;
  addressLow = 0;
  /** EtherType for most hardware types. */
  protocol = 0;
  /** Version 2 only. */
  reserved = 0;
  interfaceIndex = 0;
}

/** @returns the header's length (16), or SHORT. */
export function parseSll(b: Uint8Array, o: number, end: number, h: SllHeader): number {
  if (end - o < SLL_LENGTH) return SHORT;
  h.packetType = u16(b, o);
  h.hardwareType = u16(b, o + 2);
  h.addressLength = u16(b, o + 4);
  h.addressHigh = u32(b, o + 6);
  h.addressLow = u32(b, o + 10);
  h.protocol = u16(b, o + 14);
  h.reserved = 0;
  h.interfaceIndex = 0;
  return SLL_LENGTH;
}

export function emitSll(h: SllHeader, b: Uint8Array, o: number): number {
  setU16(b, o, h.packetType);
  setU16(b, o + 2, h.hardwareType);
  setU16(b, o + 4, h.addressLength);
  setU32(b, o + 6, h.addressHigh);
  setU32(b, o + 10, h.addressLow);
  setU16(b, o + 14, h.protocol);
  return SLL_LENGTH;
}

/** @returns the header's length (20), or SHORT. */
export function parseSll2(b: Uint8Array, o: number, end: number, h: SllHeader): number {
  if (end - o < SLL2_LENGTH) return SHORT;
  h.protocol = u16(b, o);
  h.reserved = u16(b, o + 2);
  h.interfaceIndex = u32(b, o + 4);
  h.hardwareType = u16(b, o + 8);
  h.packetType = b[o + 10];
  h.addressLength = b[o + 11];
  h.addressHigh = u32(b, o + 12);
  h.addressLow = u32(b, o + 16);
  return SLL2_LENGTH;
}

export function emitSll2(h: SllHeader, b: Uint8Array, o: number): number {
  setU16(b, o, h.protocol);
  setU16(b, o + 2, h.reserved);
  setU32(b, o + 4, h.interfaceIndex);
  setU16(b, o + 8, h.hardwareType);
  b[o + 10] = h.packetType;
  b[o + 11] = h.addressLength;
  setU32(b, o + 12, h.addressHigh);
  setU32(b, o + 16, h.addressLow);
  return SLL2_LENGTH;
}
