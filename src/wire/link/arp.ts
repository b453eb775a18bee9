/**
 * ARP (RFC 826): hardware type (2), protocol type (2), their address lengths (1 each), operation (2), then
 * sender's and target's addresses.
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';
import { macAt, setMac } from './ethernet.js';

export const ARP_BASE_LENGTH = 8;
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

export class ArpPacket {
  /** 1: Ethernet. */
  hardwareType = 1;
  protocolType = 0x0800;
  hardwareLength = 6;
  protocolLength = 4;
  operation = 0;
  /** 48-bit and 32-bit numbers; 0 where the lengths are not Ethernet's 6 and IPv4's 4. */
  senderMac = 0;
  senderIp = 0;
  targetMac = 0;
  targetIp = 0;
}

/** @returns the packet's length in bytes, or SHORT. */
export function parseArp(b: Uint8Array, o: number, end: number, a: ArpPacket): number {
  if (end - o < ARP_BASE_LENGTH) return SHORT;
  a.hardwareType = u16(b, o);
  a.protocolType = u16(b, o + 2);
  a.hardwareLength = b[o + 4];
  a.protocolLength = b[o + 5];
  a.operation = u16(b, o + 6);
  const length = ARP_BASE_LENGTH + 2 * (a.hardwareLength + a.protocolLength);
  if (end - o < length) return SHORT;
  const known = a.hardwareLength === 6 && a.protocolLength === 4;
  a.senderMac = known ? macAt(b, o + 8) : 0;
  a.senderIp = known ? u32(b, o + 14) : 0;
  a.targetMac = known ? macAt(b, o + 18) : 0;
  a.targetIp = known ? u32(b, o + 24) : 0;
  return length;
}

/**
 * Writes the packet. Addresses of other lengths than 6 and 4 are left for the caller to write. @returns bytes
 * of the packet.
 */
export function emitArp(a: ArpPacket, b: Uint8Array, o: number): number {
  setU16(b, o, a.hardwareType);
  setU16(b, o + 2, a.protocolType);
  b[o + 4] = a.hardwareLength;
  b[o + 5] = a.protocolLength;
  setU16(b, o + 6, a.operation);
  if (a.hardwareLength === 6 && a.protocolLength === 4) {
    setMac(b, o + 8, a.senderMac);
    setU32(b, o + 14, a.senderIp);
    setMac(b, o + 18, a.targetMac);
    setU32(b, o + 24, a.targetIp);
  }
  return ARP_BASE_LENGTH + 2 * (a.hardwareLength + a.protocolLength);
}
