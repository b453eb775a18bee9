/** What tells a message of the domain name system (RFC 1035 section 4.1), also in its local kinds. */
import { u16 } from '../wire/bytes.js';

const HEADER = 12;
const LAST_OPCODE = 6;
const MOST_QUESTIONS = 16;
const MOST_ANSWERS = 512;
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;

/**
 * Whether a message may begin here: a header with plausible counts, and a first question that fits.
 *
 * @param end of what is here of it
 * @param isWhole whether it ends there
 */
export function isDnsMessage(b: Uint8Array, o: number, end: number, isWhole: boolean): boolean {
  if (end - o < HEADER) return false;
  const questions = u16(b, o + 4);
  const answers = u16(b, o + 6);
  if (questions > MOST_QUESTIONS || answers > MOST_ANSWERS) return false;
  // A whole question leaves no doubt. Else the header has to tell, also by what is reserved in it.
  const isPlausible = ((b[o + 2] >> 3) & 15) <= LAST_OPCODE && (b[o + 3] & 0x40) === 0;
  if (questions === 0)
    return (
      isPlausible &&
      (answers + u16(b, o + 8) + u16(b, o + 10) > 0 || (b[o + 2] >= 0x80 && end - o === HEADER))
    );
  const name = nameEnd(b, o + HEADER, end);
  if (name < 0) return false;
  // The high byte of a class is zero but for a bit of mDNS (RFC 6762 section 18.12).
  return name + 4 > end ? isPlausible && !isWhole : (b[name + 2] & 0x7f) === 0;
}

/** The end of a name without compression; `end` if it goes on behind that; -1 if it is none. */
function nameEnd(b: Uint8Array, o: number, end: number): number {
  let p = o;
  while (p < end) {
    const length = b[p++];
    if (length === 0) return p;
    if (length > LONGEST_LABEL) return -1;
    p += length;
    if (p - o >= LONGEST_NAME) return -1;
  }
  return end;
}
