/**
 * The MACsec tag (EtherType 0x88e5; IEEE 802.1AE section 9.3): version(1) ES(1) SC(1) SCB(1) E(1) C(1)
 * association(2), short length (1), packet number (4), with SC the secure channel's id (8). With E and C 0
 * the frame is signed but unchanged: its EtherType and payload follow, then the signature.
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';

export const MACSEC_SC = 0x20;
/** The payload is encrypted, or changed otherwise. */
export const MACSEC_ENCRYPTED = 0x08;
export const MACSEC_CHANGED = 0x04;
const MACSEC_VERSION = 0x80;
const MACSEC_BASE_LENGTH = 6;
const CHANNEL_LENGTH = 8;

export class MacsecTag {
  /** The first byte, unchanged. */
  flags = 0;
  /** Length of the secured data if it is below 48 bytes; else 0. */
  shortLength = 0;
  packetNumber = 0;
  /** With SC: the channel's id, which is a MAC address' first 4 bytes, its last 2, and a port. */
  channelHigh = 0;
  channelMiddle = 0;
  channelPort = 0;
}

/** @returns bytes up to the secured data; SHORT; BAD for another version. */
export function parseMacsec(b: Uint8Array, o: number, end: number, t: MacsecTag): number {
  if (end - o < MACSEC_BASE_LENGTH) return SHORT;
  if ((b[o] & MACSEC_VERSION) !== 0) return BAD;
  t.flags = b[o];
  t.shortLength = b[o + 1];
  t.packetNumber = u32(b, o + 2);
  t.channelHigh = 0;
  t.channelMiddle = 0;
  t.channelPort = 0;
  if ((t.flags & MACSEC_SC) === 0) return MACSEC_BASE_LENGTH;
  if (end - o < MACSEC_BASE_LENGTH + CHANNEL_LENGTH) return SHORT;
  t.channelHigh = u32(b, o + 6);
  t.channelMiddle = u16(b, o + 10);
  t.channelPort = u16(b, o + 12);
  return MACSEC_BASE_LENGTH + CHANNEL_LENGTH;
}

export function emitMacsec(t: MacsecTag, b: Uint8Array, o: number): number {
  b[o] = t.flags;
  b[o + 1] = t.shortLength;
  setU32(b, o + 2, t.packetNumber);
  if ((t.flags & MACSEC_SC) === 0) return MACSEC_BASE_LENGTH;
  setU32(b, o + 6, t.channelHigh);
  setU16(b, o + 10, t.channelMiddle);
  setU16(b, o + 12, t.channelPort);
  return MACSEC_BASE_LENGTH + CHANNEL_LENGTH;
}
