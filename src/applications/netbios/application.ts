import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const NAMES = 137;
const DATAGRAMS = 138;
const HEADER = 12;
const MOST_RECORDS = 32;
/** Kinds of datagrams: those with a message, errors, and queries of their distribution. */
const FIRST_KIND = 0x10;
const LAST_KIND = 0x16;

export const NETBIOS: Application = { name: 'netbios', udp: { ports: [NAMES, DATAGRAMS], is: isNetbios } };

function isNetbios(m: Opening): boolean {
  return m.serverPort === NAMES || m.clientPort === NAMES ? isName(m) : isDatagram(m);
}

/** A header with a few records of any kind (RFC 1002 section 4.2.1). */
function isName({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < HEADER) return false;
  const records = u16(b, o + 4) + u16(b, o + 6) + u16(b, o + 8) + u16(b, o + 10);
  return records >= 1 && records <= MOST_RECORDS;
}

/** RFC 1002 section 4.4. */
function isDatagram({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= 4 && b[o] >= FIRST_KIND && b[o] <= LAST_KIND;
}
