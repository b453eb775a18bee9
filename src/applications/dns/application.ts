import { u16 } from '../../wire/bytes.js';
import { isDnsMessage } from '../dns-message.js';
import type { Application, Opening } from '../reader.js';
import { DnsReader } from './reader.js';

const HEADER = 12;

export const DNS: Application = {
  name: 'dns',
  newReader: () => new DnsReader('dns'),
  tcp: { ports: [53], is: isOverTcp },
  udp: {
    ports: [53],
    is: ({ bytes, start, end, length }) => isDnsMessage(bytes, start, end, end - start >= length),
  },
};

/** Behind a length of two bytes (RFC 7766 section 8); other messages may follow. */
function isOverTcp({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= 2 + HEADER && u16(b, o) >= HEADER && isDnsMessage(b, o + 2, end, false);
}
