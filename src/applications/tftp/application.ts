import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { isPrintable } from '../text.js';

const READ = 1;
const WRITE = 2;

export const TFTP: Application = { name: 'tftp', udp: { ports: [69], is: isTftp } };

/** A request, with the file's name (RFC 1350 section 5). */
function isTftp({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < 4) return false;
  const operation = u16(b, o);
  return (operation === READ || operation === WRITE) && isPrintable(b[o + 2]);
}
