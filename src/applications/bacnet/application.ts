import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

/** The type of BACnet over IPv4, and of that over IPv6. */
const IPV4 = 0x81;
const IPV6 = 0x82;
const LAST_FUNCTION = 0x0c;

export const BACNET: Application = { name: 'bacnet', udp: { ports: [47808], is: isBacnet } };

/** The virtual link's header: type, function, the datagram's length (ASHRAE 135 annexes J and U). */
function isBacnet({ bytes: b, start: o, end, length }: Opening): boolean {
  if (end - o < 4 || (b[o] !== IPV4 && b[o] !== IPV6)) return false;
  return b[o + 1] <= LAST_FUNCTION && u16(b, o + 2) === length;
}
