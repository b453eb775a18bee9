/**
 * The TaZmen Sniffer Protocol (TZSP, UDP port 37008): how MikroTik's routers stream what they sniff, and how
 * Kismet and wireless sensors send what they hear.
 *
 *     0 version (1) | 1 type | 2 encapsulated protocol (2) | 4 tagged fields | the frame
 *
 * A tagged field is a tag, a length and so many bytes; padding (0) and the end (1) are a tag alone. Besides
 * those below there are raw RSSI (10), SNR (11), data rate (12), timestamp (13), contention free (15),
 * decrypted (16), FCS error (17) and channel (18). A keepalive and a port opener have no fields and no frame.
 */
import { BAD, SHORT, setU16, setU32, u16, u32 } from '../bytes.js';
import { MAC_LENGTH, macAt, setMac } from '../link/ethernet.js';

export const TZSP_VERSION = 1;
export const TZSP_BASE_LENGTH = 4;

export const TzspType = {
  Received: 0,
  /** A frame for the sensor to send. */
  Transmit: 1,
  Reserved: 2,
  Configuration: 3,
  Keepalive: 4,
  PortOpener: 5,
} as const;

/** What the frame begins with. */
export const TzspProtocol = {
  None: 0,
  Ethernet: 1,
  Ppp: 4,
  /** IP of either version. */
  Raw: 7,
  Ieee80211: 18,
  /** 802.11 behind a header of the radio's: link/radio.ts. */
  Prism: 119,
  Avs: 127,
} as const;

const TAG_PADDING = 0;
const TAG_END = 1;
/** 4 bytes: the sensor numbers its packets. */
const TAG_PACKET_COUNT = 40;
/** 2 bytes: what the frame had before the sensor cut it. */
const TAG_FRAME_LENGTH = 41;
/** 6 bytes: the sensor's MAC address. */
const TAG_SENSOR = 60;
/** Tag and length. */
const TAG_HEADER = 2;

export class TzspHeader {
  type: number = TzspType.Received;
  protocol: number = TzspProtocol.Ethernet;
  /** Of the sensor's packets, 32 bits; -1 without one. */
  sequence = -1;
  /** Bytes the frame had; -1 if it does not say. */
  frameLength = -1;
  /** The sensor's MAC address as a 48-bit number; 0 if it does not say. */
  sensor = 0;
}

/** Whether packets of this type have neither fields nor a frame. */
export function isTzspSignal(type: number): boolean {
  return type === TzspType.Keepalive || type === TzspType.PortOpener;
}

/**
 * @returns bytes up to the frame; SHORT if the fields do not end before `end`; BAD for another version or
 * type. A field whose length is not that of its tag is skipped.
 */
export function parseTzsp(b: Uint8Array, o: number, end: number, h: TzspHeader): number {
  if (end - o < TZSP_BASE_LENGTH) return SHORT;
  if (b[o] !== TZSP_VERSION || b[o + 1] > TzspType.PortOpener) return BAD;
  h.type = b[o + 1];
  h.protocol = u16(b, o + 2);
  h.sequence = -1;
  h.frameLength = -1;
  h.sensor = 0;
  let p = o + TZSP_BASE_LENGTH;
  if (isTzspSignal(h.type)) return TZSP_BASE_LENGTH;
  for (;;) {
    if (p >= end) return SHORT;
    const tag = b[p];
    if (tag === TAG_END) return p + 1 - o;
    if (tag === TAG_PADDING) {
      p++;
      continue;
    }
    if (end - p < TAG_HEADER) return SHORT;
    const length = b[p + 1];
    p += TAG_HEADER;
    if (end - p < length) return SHORT;
    if (tag === TAG_PACKET_COUNT && length === 4) h.sequence = u32(b, p);
    else if (tag === TAG_FRAME_LENGTH && length === 2) h.frameLength = u16(b, p);
    else if (tag === TAG_SENSOR && length === MAC_LENGTH) h.sensor = macAt(b, p);
    p += length;
  }
}

/** Writes the header with the fields that are given. @returns bytes written, at most {@link TZSP_LONGEST} */
export function emitTzsp(h: TzspHeader, b: Uint8Array, o: number): number {
  b[o] = TZSP_VERSION;
  b[o + 1] = h.type;
  setU16(b, o + 2, h.protocol);
  let p = o + TZSP_BASE_LENGTH;
  if (isTzspSignal(h.type)) return TZSP_BASE_LENGTH;
  if (h.sequence >= 0) {
    p = tag(b, p, TAG_PACKET_COUNT, 4);
    setU32(b, p, h.sequence);
    p += 4;
  }
  if (h.frameLength >= 0) {
    p = tag(b, p, TAG_FRAME_LENGTH, 2);
    setU16(b, p, h.frameLength);
    p += 2;
  }
  if (h.sensor !== 0) {
    p = tag(b, p, TAG_SENSOR, MAC_LENGTH);
    setMac(b, p, h.sensor);
    p += MAC_LENGTH;
  }
  b[p] = TAG_END;
  return p + 1 - o;
}

/** What {@link emitTzsp} writes at most. */
export const TZSP_LONGEST = TZSP_BASE_LENGTH + 3 * TAG_HEADER + 4 + 2 + MAC_LENGTH + 1;

function tag(b: Uint8Array, o: number, number: number, length: number): number {
  b[o] = number;
  b[o + 1] = length;
  return o + TAG_HEADER;
}
