/**
 * Ethernet II and IEEE 802.3: destination (6), source (6), then an EtherType or, below 0x0600, the length of
 * the payload, which then starts with an LLC header.
 */
import { SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const ETHERNET_LENGTH = 14;
export const ETHERNET_TYPE = 12;
export const MAC_LENGTH = 6;

/** An Ethernet header as fields; reused from frame to frame. */
export class EthernetHeader {
  /** MAC addresses as 48-bit numbers: 02:00:00:00:00:01 is 0x020000000001. */
  destination = 0;
  source = 0;
  /** EtherType, or the 802.3 length below {@link ETHERTYPE_MIN}. */
  type = 0;
}

/** @returns the header's length in bytes (14), or SHORT. */
export function parseEthernet(b: Uint8Array, o: number, end: number, h: EthernetHeader): number {
  if (end - o < ETHERNET_LENGTH) return SHORT;
  h.destination = macAt(b, o);
  h.source = macAt(b, o + 6);
  h.type = u16(b, o + ETHERNET_TYPE);
  return ETHERNET_LENGTH;
}

/** Writes the header at `o`. @returns bytes written. */
export function emitEthernet(h: EthernetHeader, b: Uint8Array, o: number): number {
  setMac(b, o, h.destination);
  setMac(b, o + 6, h.source);
  setU16(b, o + ETHERNET_TYPE, h.type);
  return ETHERNET_LENGTH;
}

/** The MAC address at `o` as a 48-bit number. */
export function macAt(b: Uint8Array, o: number): number {
  return u16(b, o) * 0x100000000 + u32(b, o + 2);
}

export function setMac(b: Uint8Array, o: number, mac: number): void {
  setU16(b, o, Math.floor(mac / 0x100000000));
  setU32(b, o + 2, mac % 0x100000000);
}
