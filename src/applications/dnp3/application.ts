import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { Dnp3Reader } from './reader.js';

const START = 0x0564;
/** The header that the checksum is of, and with it. */
const CHECKED = 8;
const HEADER = 10;
const SHORTEST = 5;
/** The reversed polynomial of the checksum (IEEE 1815 section 9.2.4.3). */
const POLYNOMIAL = 0xa6bc;

const HOW = { ports: [20000], is: isDnp3, elsewhere: isChecked, firstBytes: [START >> 8] };

export const DNP3: Application = { name: 'dnp3', newReader: () => new Dnp3Reader(), tcp: HOW, udp: HOW };

/** Two bytes to begin with, and a length (IEEE 1815 section 9.2.4.1). */
function isDnp3({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= HEADER && u16(b, o) === START && b[o + 2] >= SHORTEST;
}

/** And the checksum of the header, low byte first. */
function isChecked(m: Opening): boolean {
  if (!isDnp3(m)) return false;
  const { bytes: b, start: o } = m;
  let sum = 0;
  for (let i = 0; i < CHECKED; i++) {
    sum ^= b[o + i];
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 0 ? sum >> 1 : (sum >> 1) ^ POLYNOMIAL;
  }
  return (~sum & 0xffff) === (b[o + CHECKED] | (b[o + CHECKED + 1] << 8));
}
