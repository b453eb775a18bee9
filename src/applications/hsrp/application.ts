import type { Application, Opening } from '../reader.js';

const HEADER = 20;
const LAST_OPCODE = 3;
/** Version 2 consists of lists: the group's state of 40 bytes comes first. */
const STATE = 1;
const STATE_LENGTH = 40;

export const HSRP: Application = { name: 'hsrp', udp: { ports: [1985, 2029], is: isHsrp } };

/** RFC 2281 section 5.1. */
function isHsrp({ bytes: b, start: o, end, length }: Opening): boolean {
  if (end - o < 2) return false;
  return b[o] === 0
    ? b[o + 1] <= LAST_OPCODE && length >= HEADER
    : b[o] === STATE && b[o + 1] === STATE_LENGTH;
}
