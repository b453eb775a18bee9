import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const VERSION5 = 5;
const VERSION9 = 9;
/** Headers end behind these; version 5 has at most 30 records. */
const HEADER5 = 24;
const HEADER9 = 20;
const MOST_RECORDS = 30;

export const NETFLOW: Application = { name: 'netflow', udp: { ports: [2055, 9995, 9996], is: isNetflow } };

/** A version and a count (RFC 3954 section 5.1). */
function isNetflow({ bytes: b, start: o, end, length }: Opening): boolean {
  if (end - o < 4) return false;
  const version = u16(b, o);
  const count = u16(b, o + 2);
  if (version === VERSION5) return length >= HEADER5 && count <= MOST_RECORDS;
  return version === VERSION9 && length >= HEADER9;
}
