/**
 * The marker packet that Cisco's Nexus switches send beside ERSPAN type III, which says what time it is by
 * the clock of its timestamps (Wireshark: packet-cisco-marker.c; Nexus 9000 NX-OS System Management
 * Configuration Guide, "ERSPAN Marker Packet"). Over UDP, in network byte order:
 *
 *     20 bytes that are not documented | info(16) | type(4) version(4) ssid(8) | granularity(8) utc offset(8)
 *     timestamp(64, the lower 48 count) | UTC seconds(32) | microseconds(32)
 *     sequence number(32) | reserved(32) | tail(64, the lower 32 are a5a5a5a5)
 */
import { setU32, u32 } from '../bytes.js';

export const MARKER_LENGTH = 58;
const GRANULARITY = 24;
const UTC_OFFSET = 25;
const TIMESTAMP = 26;
const SECONDS = 34;
const MICROSECONDS = 38;
const TAIL = 54;
const SIGNATURE = 0xa5a5a5a5;
const SECOND_US = 1_000_000;

/** A marker as fields; reused from packet to packet. */
export class CiscoMarker {
  /** As in ERSPAN's header. */
  granularity = 0;
  /** Seconds by which the time in the marker is ahead of UTC, as the switch believes; 0 to 255. */
  utcOffset = 0;
  /** The upper 16 and the lower 32 bits of the clock that stamps packets. */
  upper = 0;
  timestamp = 0;
  seconds = 0;
  microseconds = 0;
}

/** Parses the payload of a UDP datagram at `o`. @returns false for anything but a marker */
export function parseCiscoMarker(b: Uint8Array, o: number, end: number, m: CiscoMarker): boolean {
  if (end - o < MARKER_LENGTH || u32(b, o + TAIL) !== SIGNATURE) return false;
  m.granularity = b[o + GRANULARITY];
  m.utcOffset = b[o + UTC_OFFSET];
  m.upper = u32(b, o + TIMESTAMP) & 0xffff;
  m.timestamp = u32(b, o + TIMESTAMP + 4);
  m.seconds = u32(b, o + SECONDS);
  m.microseconds = u32(b, o + MICROSECONDS);
  return m.microseconds < SECOND_US;
}

/** Writes a marker at `o`. @returns bytes written */
export function emitCiscoMarker(m: CiscoMarker, b: Uint8Array, o: number): number {
  b.fill(0, o, o + MARKER_LENGTH);
  b[o + GRANULARITY] = m.granularity;
  b[o + UTC_OFFSET] = m.utcOffset;
  setU32(b, o + TIMESTAMP, m.upper);
  setU32(b, o + TIMESTAMP + 4, m.timestamp);
  setU32(b, o + SECONDS, m.seconds);
  setU32(b, o + MICROSECONDS, m.microseconds);
  setU32(b, o + TAIL, SIGNATURE);
  return MARKER_LENGTH;
}
