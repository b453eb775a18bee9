import { hex } from '../../support/conversation.js';
import type { Sample } from '../../support/sample.js';

/** A data TPDU with a message, or a part of one, in TPKT. */
export function tpkt(part: Uint8Array, isLast = true): Uint8Array {
  const head = Buffer.from([3, 0, 0, 0, 2, 0xf0, isLast ? 0x80 : 0]);
  head.writeUInt16BE(head.length + part.length, 2);
  return Buffer.concat([head, part]);
}

/** A message: its kind, its reference, parameters, data; with an error in answers. All in hexadecimal. */
export function s7(
  kind: number,
  reference: number,
  parameters: string,
  data = '',
  error?: string,
): Uint8Array {
  const head = Buffer.alloc(error === undefined ? 10 : 12);
  head[0] = 0x32;
  head[1] = kind;
  head.writeUInt16BE(reference, 4);
  head.writeUInt16BE(hex(parameters).length, 6);
  head.writeUInt16BE(hex(data).length, 8);
  if (error !== undefined) head.set(hex(error), 10);
  return Buffer.concat([head, hex(parameters), hex(data)]);
}

const CONNECT = hex('0300 0016 11 e0 0000 0001 00 c001 0a c102 0100 c202 0102');
const CONFIRM = hex('0300 0016 11 d0 0001 0002 00 c001 0a c102 0100 c202 0102');

export const samples: readonly Sample[] = [
  {
    server: 102,
    messages: [
      ['client', CONNECT],
      ['server', CONFIRM],
      ['client', tpkt(s7(1, 1, 'f000 0001 0001 01e0'))],
      ['server', tpkt(s7(3, 1, 'f000 0001 0001 00f0', '', '0000'))],
      ['client', tpkt(s7(1, 2, '0401 120a 1002 0001 0001 8400 0000'))],
      ['server', tpkt(s7(3, 2, '0401', 'ff04 0008 11', '0000'))],
      ['client', tpkt(s7(7, 3, '000112 04 11 44 01 00', 'ff09 0004 0011 0000'))],
      ['server', tpkt(s7(7, 3, '000112 08 12 84 01 01 0000 0000', 'ff09 0002 0011'))],
      ['client', tpkt(s7(1, 4, '29 0000 0000 0009 505f 5052 4f47 5241 4d'))],
      ['server', tpkt(s7(2, 4, '', '', '8104'))],
    ],
  },
];
