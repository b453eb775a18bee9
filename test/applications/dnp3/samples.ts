import { hex } from '../../support/conversation.js';
import type { Sample } from '../../support/sample.js';

/** The CRC of a block, low byte first (IEEE 1815-2012, annex E). */
function checksum(block: Uint8Array): Uint8Array {
  let c = 0;
  for (const byte of block) {
    c ^= byte;
    for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0xa6bc : c >>> 1;
  }
  c = ~c & 0xffff;
  return Uint8Array.of(c & 0xff, c >> 8);
}

/** A link frame with user data, from a master (`44`, `c4`) or an outstation, all in hexadecimal. */
export function frame(control: string, to: number, from: number, user: string): Uint8Array {
  const data = hex(user);
  const head = Buffer.alloc(8);
  head[0] = 0x05;
  head[1] = 0x64;
  head[2] = 5 + data.length;
  head[3] = Number.parseInt(control, 16);
  head.writeUInt16LE(to, 4);
  head.writeUInt16LE(from, 6);
  const parts: Uint8Array[] = [head, checksum(head)];
  for (let o = 0; o < data.length; o += 16) {
    const block = data.subarray(o, o + 16);
    parts.push(block, checksum(block));
  }
  return Buffer.concat(parts);
}

const MASTER = 'c4';
const OUTSTATION = '44';
/** A transport segment that is the first and the last, and the application's control byte with a number. */
const ONLY = 'c0';

export const request = (number: number, rest: string) => frame(MASTER, 4, 3, `${ONLY} c${number} ${rest}`);
export const response = (number: number, rest: string) =>
  frame(OUTSTATION, 3, 4, `${ONLY} c${number} ${rest}`);

const messages: Sample['messages'] = [
  ['server', frame(OUTSTATION, 3, 4, `${ONLY} f0 82 9000`)],
  ['client', request(0, '00')],
  ['client', request(1, '01 3c02 06 3c03 06 3c04 06')],
  ['server', response(1, '81 0000 0102 00 00 05 81 01 01 01 81 01 0203 0405 0607 0809 0a0b 0c0d')],
  ['client', request(2, '05 0c01 28 0100 9f86 0301 6400 0000 6400 0000 00')],
  ['server', response(2, '81 0004')],
];

export const samples: readonly Sample[] = [
  { server: 20_000, messages },
  { server: 20_000, udp: true, messages },
];
