import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { isCommand } from '../text.js';
import { isBinary, REQUEST, RESPONSE } from './binary.js';
import { MemcachedReader } from './reader.js';
import { ANSWERS, COMMANDS } from './words.js';

/** The frame before a datagram's text: numbers of the request and of the datagram, their count, zeros. */
const UDP_HEADER = 8;

export const MEMCACHED: Application = {
  name: 'memcached',
  newReader: () => new MemcachedReader(),
  tcp: { ports: [11211], is: isOverTcp },
  udp: { ports: [11211], is: isOverUdp },
};

/** memcached's protocol.txt, and its binary protocol. */
function isOverTcp({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  if (b[o] === (fromClient ? REQUEST : RESPONSE)) return isBinary(b, o, end);
  return isCommand(b, o, end, fromClient ? COMMANDS : ANSWERS);
}

function isOverUdp({ bytes: b, start: o, end }: Opening): boolean {
  return end - o > UDP_HEADER && u16(b, o + 4) >= 1 && u16(b, o + 6) === 0;
}
