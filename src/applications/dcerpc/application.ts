import type { Application, Opening } from '../reader.js';
import { DcerpcReader } from './reader.js';

/** Versions of the protocol over connections, and over datagrams (C706 chapters 12.6 and 12.5). */
const CONNECTION = 5;
const DATAGRAM = 4;
const CONNECTION_HEADER = 16;
const DATAGRAM_HEADER = 80;
const LAST_CONNECTION_TYPE = 20;
const LAST_DATAGRAM_TYPE = 10;

export const DCERPC: Application = {
  name: 'dcerpc',
  newReader: () => new DcerpcReader(),
  tcp: { is: isOverTcp, firstBytes: [CONNECTION] },
  udp: { ports: [135, 34964], is: isOverUdp },
};

/** Version 5.0 or 5.1, a type, how numbers are written, and lengths. */
function isOverTcp({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < CONNECTION_HEADER || b[o] !== CONNECTION || b[o + 1] > 1 || b[o + 2] > LAST_CONNECTION_TYPE)
    return false;
  if (!isFormat(b, o + 4) || b[o + 7] !== 0) return false;
  const isLittle = b[o + 4] >= 0x10;
  const length = isLittle ? b[o + 8] | (b[o + 9] << 8) : (b[o + 8] << 8) | b[o + 9];
  const verifier = isLittle ? b[o + 10] | (b[o + 11] << 8) : (b[o + 10] << 8) | b[o + 11];
  return length >= CONNECTION_HEADER + verifier;
}

function isOverUdp({ bytes: b, start: o, end, length }: Opening): boolean {
  if (length < DATAGRAM_HEADER || end - o < 8) return false;
  return b[o] === DATAGRAM && b[o + 1] <= LAST_DATAGRAM_TYPE && isFormat(b, o + 4);
}

/** Integers' byte order and characters' code, one of four kinds of fractions, a zero (C706 section 14.1). */
function isFormat(b: Uint8Array, o: number): boolean {
  return (b[o] & 0xee) === 0 && b[o + 1] <= 3 && b[o + 2] === 0;
}
