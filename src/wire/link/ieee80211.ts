/**
 * IEEE 802.11 data frames (IEEE 802.11-2020 section 9.3.2): frame control (2, least significant byte first),
 * duration (2), addresses 1 to 3, sequence control (2), address 4 when to and from the distribution system,
 * QoS control (2) in QoS frames, HT control (4) when the +HTC bit of a QoS frame is set. LLC/SNAP follows, or
 * A-MSDU subframes. There is no FCS: wireless controllers (Aruba) put the frame in GRE without it.
 */
import { BAD, SHORT, u16 } from '../bytes.js';
import { MAC_LENGTH, macAt, setMac } from './ethernet.js';

/** The GRE protocol type under which 802.11 comes first. */
export const IEEE80211_TYPE = 0x8200;
/** Frame control, its first byte in the low bits. */
export const FC_TYPE = 0x000c;
export const FC_TYPE_DATA = 0x0008;
export const FC_SUBTYPE_NO_DATA = 0x0040;
export const FC_SUBTYPE_QOS = 0x0080;
export const FC_TO_DS = 0x0100;
export const FC_FROM_DS = 0x0200;
export const FC_PROTECTED = 0x4000;
export const FC_HTC = 0x8000;
/** QoS control, its first byte in the low bits: A-MSDU present. */
export const QOS_AMSDU = 0x0080;
/** An A-MSDU subframe's own header: destination, source, length (2). */
export const AMSDU_HEADER_LENGTH = 14;
const BASE_LENGTH = 24;
const ADDRESS1 = 4;
const ADDRESS2 = 10;
const ADDRESS3 = 16;
const ADDRESS4 = 24;

export class Ieee80211Header {
  frameControl = FC_TYPE_DATA;
  duration = 0;
  /** 48-bit numbers, as the bits `to DS` and `from DS` give them meaning. */
  address1 = 0;
  address2 = 0;
  address3 = 0;
  sequenceControl = 0;
  /** Only to and from the distribution system. */
  address4 = 0;
  /** QoS frames only. */
  qosControl = 0;
  /** With +HTC only: its two halves, each least significant byte first. */
  htControlLow = 0;
  htControlHigh = 0;
  /** Offsets in the bytes of destination and source address. Not emitted. */
  destination = 0;
  source = 0;
}

/**
 * Whether a GRE protocol type carries 802.11: Aruba's 0x8200 to 0x8370 in steps of 0x10, and 0x9000 to
 * 0x90ff.
 */
export function isIeee80211Protocol(protocol: number): boolean {
  if (protocol >= 0x9000) return protocol <= 0x90ff;
  return protocol >= 0x8200 && protocol <= 0x8370 && (protocol & 0x0f) === 0;
}

/** @returns the header's length in bytes; SHORT; BAD for a frame that is not a data frame. */
export function parseIeee80211(b: Uint8Array, o: number, end: number, h: Ieee80211Header): number {
  if (end - o < 2) return SHORT;
  const fc = le16(b, o);
  if ((fc & FC_TYPE) !== FC_TYPE_DATA || (fc & 3) !== 0) return BAD;
  const length = ieee80211HeaderLength(fc);
  if (end - o < length) return SHORT;
  h.frameControl = fc;
  h.duration = le16(b, o + 2);
  h.address1 = macAt(b, o + ADDRESS1);
  h.address2 = macAt(b, o + ADDRESS2);
  h.address3 = macAt(b, o + ADDRESS3);
  h.sequenceControl = le16(b, o + 22);
  let p = o + BASE_LENGTH;
  const toDs = (fc & FC_TO_DS) !== 0;
  const fromDs = (fc & FC_FROM_DS) !== 0;
  h.address4 = 0;
  if (toDs && fromDs) {
    h.address4 = macAt(b, p);
    p += MAC_LENGTH;
  }
  h.qosControl = 0;
  h.htControlLow = 0;
  h.htControlHigh = 0;
  if ((fc & FC_SUBTYPE_QOS) !== 0) {
    h.qosControl = le16(b, p);
    p += 2;
    if ((fc & FC_HTC) !== 0) {
      h.htControlLow = le16(b, p);
      h.htControlHigh = le16(b, p + 2);
    }
  }
  h.destination = o + (toDs ? ADDRESS3 : ADDRESS1);
  h.source = o + (fromDs ? (toDs ? ADDRESS4 : ADDRESS3) : ADDRESS2);
  return length;
}

/** Writes the header at `o`. @returns bytes written. */
export function emitIeee80211(h: Ieee80211Header, b: Uint8Array, o: number): number {
  const fc = h.frameControl;
  setLe16(b, o, fc);
  setLe16(b, o + 2, h.duration);
  setMac(b, o + ADDRESS1, h.address1);
  setMac(b, o + ADDRESS2, h.address2);
  setMac(b, o + ADDRESS3, h.address3);
  setLe16(b, o + 22, h.sequenceControl);
  let p = o + BASE_LENGTH;
  if ((fc & FC_TO_DS) !== 0 && (fc & FC_FROM_DS) !== 0) {
    setMac(b, p, h.address4);
    p += MAC_LENGTH;
  }
  if ((fc & FC_SUBTYPE_QOS) !== 0) {
    setLe16(b, p, h.qosControl);
    p += 2;
    if ((fc & FC_HTC) !== 0) {
      setLe16(b, p, h.htControlLow);
      setLe16(b, p + 2, h.htControlHigh);
      p += 4;
    }
  }
  return p - o;
}

/** The length in bytes of a data frame's header with this frame control. */
export function ieee80211HeaderLength(fc: number): number {
  let n = BASE_LENGTH;
  if ((fc & FC_TO_DS) !== 0 && (fc & FC_FROM_DS) !== 0) n += MAC_LENGTH;
  if ((fc & FC_SUBTYPE_QOS) !== 0) n += (fc & FC_HTC) !== 0 ? 6 : 2;
  return n;
}

/** Whether a parsed frame holds A-MSDU subframes. */
export function isAmsdu(h: Ieee80211Header): boolean {
  return (h.frameControl & FC_SUBTYPE_QOS) !== 0 && (h.qosControl & QOS_AMSDU) !== 0;
}

/** Walks the subframes of an A-MSDU (section 9.3.2.2.2); reused from frame to frame. */
export class AmsduCursor {
  /**
   * The subframe found: its header's offset, the byte after its last captured one, and after its last one by
   * its length.
   */
  offset = 0;
  end = 0;
  wireEnd = 0;
  /** Where the next subframe starts. */
  next = 0;
}

/**
 * Sets a cursor before the first subframe, at `o`: what {@link parseIeee80211} returned, behind the header.
 */
export function startAmsdu(o: number, c: AmsduCursor): void {
  c.next = o;
}

/**
 * Moves to the next subframe, which decodeFrame takes as FrameKind.Amsdu. Subframes start at multiples of 4
 * from the first.
 *
 * @returns false when there is none before `end`. One that is cut is still given, its `wireEnd` beyond its
 * `end`.
 */
export function nextAmsdu(b: Uint8Array, end: number, c: AmsduCursor): boolean {
  const o = c.next;
  if (end - o < AMSDU_HEADER_LENGTH) return false;
  c.offset = o;
  const length = AMSDU_HEADER_LENGTH + u16(b, o + 12);
  c.wireEnd = o + length;
  c.end = Math.min(c.wireEnd, end);
  c.next = o + ((length + 3) & ~3);
  return true;
}

function le16(b: Uint8Array, o: number): number {
  return b[o] | (b[o + 1] << 8);
}

function setLe16(b: Uint8Array, o: number, v: number): void {
  b[o] = v;
  b[o + 1] = v >>> 8;
}
