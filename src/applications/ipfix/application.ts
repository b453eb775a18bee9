import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const VERSION = 10;
const HEADER = 16;

export const IPFIX: Application = { name: 'ipfix', udp: { ports: [4739], is: isIpfix } };

/** A version and the message's length (RFC 7011 section 3.1). */
function isIpfix({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= 4 && u16(b, o) === VERSION && u16(b, o + 2) >= HEADER;
}
