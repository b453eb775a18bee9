import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';

const LAST_OPCODE = 10;
/** An opcode, a session's number, a list of acknowledgments, a packet's number: what a client begins with. */
const SHORTEST = 14;
const HARD_RESETS: ReadonlySet<number> = new Set([1, 2, 7, 8, 10]);

export const OPENVPN: Application = {
  name: 'openvpn',
  tcp: { ports: [1194], is: isOverTcp },
  udp: { ports: [1194], is: ({ bytes, start }) => isOpcode(bytes[start] >> 3) },
};

/** A length of two bytes, and one of the resets that begin a connection. */
function isOverTcp({ bytes: b, start: o, end }: Opening): boolean {
  if (end - o < 3) return false;
  return u16(b, o) >= SHORTEST && u16(b, o) === end - o - 2 && HARD_RESETS.has(b[o + 2] >> 3);
}

function isOpcode(opcode: number): boolean {
  return opcode >= 1 && opcode <= LAST_OPCODE;
}
