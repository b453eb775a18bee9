import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

/** Version 2, maybe with padding, and a count of reports. */
const FIRST_BYTES = Array.from({ length: 64 }, (_, i) => 0x80 + i);
const VERSION = 2;
const SENDER = 200;
const RECEIVER = 201;
const DESCRIPTION = 202;
const LAST_TYPE = 207;
const FIRST_PORT = 1024;
const MOST_PACKETS = 16;

export const RTCP: Application = { name: 'rtcp', udp: { is: isRtcp, firstBytes: FIRST_BYTES } };

/**
 * A report, behind it a description of its source, and lengths that add up to the datagram's (RFC 3550
 * section 6.1).
 */
function isRtcp({ bytes: b, start: o, end, length, serverPort, clientPort }: Opening): boolean {
  if (end - o < 8 || serverPort < FIRST_PORT || clientPort < FIRST_PORT) return false;
  if (b[o + 1] !== SENDER && b[o + 1] !== RECEIVER) return false;
  let isDescribed = false;
  let p = o;
  for (let i = 0; i < MOST_PACKETS && p + 4 <= end; i++) {
    if (b[p] >> 6 !== VERSION || b[p + 1] < SENDER || b[p + 1] > LAST_TYPE) return false;
    if (b[p + 1] === DESCRIPTION) isDescribed = true;
    p += 4 + 4 * u16(b, p + 2);
  }
  return isDescribed && p === o + length;
}
