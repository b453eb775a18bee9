import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

/** The last types, which are of relays and have a longer header (RFC 8415 sections 8 and 9). */
const RELAY_FORWARD = 12;
const RELAY_REPLY = 13;
const HEADER = 4;
const RELAY_HEADER = 34;

export const DHCP6: Application = { name: 'dhcp6', udp: { ports: [546, 547], is: isDhcp6 } };

/** A type, and a first option that fits. */
function isDhcp6({ bytes: b, start: o, end, length }: Opening): boolean {
  if (b[o] < 1 || b[o] > RELAY_REPLY || length < HEADER) return false;
  const options = b[o] === RELAY_FORWARD || b[o] === RELAY_REPLY ? RELAY_HEADER : HEADER;
  if (options + 4 > end - o) return options <= length;
  return options + 4 + u16(b, o + options + 2) <= length;
}
