import { u16, u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { isCommand } from '../text.js';
import { MemcachedReader } from './reader.js';

const COMMANDS = [
  'GET',
  'GETS',
  'GAT',
  'GATS',
  'SET',
  'ADD',
  'REPLACE',
  'APPEND',
  'PREPEND',
  'CAS',
  'DELETE',
  'INCR',
  'DECR',
  'TOUCH',
  'STATS',
  'VERSION',
  'VERBOSITY',
  'FLUSH_ALL',
  'QUIT',
  'MG',
  'MS',
  'MD',
  'MA',
  'MN',
  'ME',
];
const ANSWERS = [
  'VALUE',
  'END',
  'STORED',
  'NOT_STORED',
  'EXISTS',
  'NOT_FOUND',
  'DELETED',
  'TOUCHED',
  'OK',
  'STAT',
  'VERSION',
  'ERROR',
  'CLIENT_ERROR',
  'SERVER_ERROR',
  'HD',
  'VA',
  'EN',
  'NS',
  'NF',
];
const BINARY_HEADER = 24;
const REQUEST = 0x80;
const RESPONSE = 0x81;
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

function isBinary(b: Uint8Array, o: number, end: number): boolean {
  if (end - o < BINARY_HEADER) return false;
  return b[o + 1] < 0x40 && b[o + 5] === 0 && u32(b, o + 8) >= u16(b, o + 2) + b[o + 4];
}

function isOverUdp({ bytes: b, start: o, end }: Opening): boolean {
  return end - o > UDP_HEADER && u16(b, o + 4) >= 1 && u16(b, o + 6) === 0;
}
