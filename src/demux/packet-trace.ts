/** Tells packets with the same sequence number apart, by header fields that differ from packet to packet. */

/**
 * Offsets in Ethernet and IPv4: identification, checksum, and TCP's sequence number and checksum; in IPv6 the
 * last of these.
 */
const IPV4_ID = 19;
const IPV4_CHECKSUM = 25;
const TCP_SEQUENCE = 41;
const TCP_CHECKSUM = 51;
const TCP6_CHECKSUM = 71;

/**
 * @returns 0 to 255: equal for copies of a frame, seldom for others. `o`, `end`: the frame; `length`: on the
 * wire
 */
export function packetTrace(b: Uint8Array, o: number, end: number, length: number): number {
  let sum = length + (length >>> 8);
  if (o + TCP_CHECKSUM < end) {
    sum += b[o + IPV4_ID] * 3 + b[o + IPV4_CHECKSUM] * 5 + b[o + TCP_SEQUENCE] * 7 + b[o + TCP_CHECKSUM] * 11;
    if (o + TCP6_CHECKSUM < end) sum += b[o + TCP6_CHECKSUM] * 13;
  } else for (let i = o; i < end; i++) sum = sum * 3 + b[i];
  return (sum ^ (sum >>> 8)) & 0xff;
}
