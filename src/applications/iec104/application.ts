import type { Application, Opening } from '../reader.js';

const START = 0x68;
const SHORTEST = 4;
const LONGEST = 253;
/** Functions without a number, one bit each: start, stop and test, asked and confirmed. */
const FUNCTIONS: ReadonlySet<number> = new Set([0x07, 0x0b, 0x13, 0x23, 0x43, 0x83]);

export const IEC104: Application = { name: 'iec104', tcp: { ports: [2404], is: isIec104 } };

/** A start, a length, and a control field of one of three formats (IEC 60870-5-104 section 5.1). */
function isIec104({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < 6 || b[o] !== START || b[o + 1] < SHORTEST || b[o + 1] > LONGEST) return false;
  if ((b[o + 2] & 1) === 0) return b[o + 1] > SHORTEST && (b[o + 4] & 1) === 0;
  if (b[o + 1] !== SHORTEST) return false;
  if (b[o + 2] === 1) return b[o + 3] === 0 && (b[o + 4] & 1) === 0;
  return FUNCTIONS.has(b[o + 2]) && b[o + 3] === 0 && b[o + 4] === 0 && b[o + 5] === 0;
}
