import { hex } from '../../support/conversation.js';
import type { Sample } from '../../support/sample.js';

/** A message: transaction, unit, and function with its data, in hexadecimal. */
export function modbus(transaction: number, unit: number, pdu: string): Uint8Array {
  const data = hex(pdu);
  const head = Buffer.alloc(7);
  head.writeUInt16BE(transaction, 0);
  head.writeUInt16BE(data.length + 1, 4);
  head[6] = unit;
  return Buffer.concat([head, data]);
}

export const samples: readonly Sample[] = [
  {
    server: 502,
    messages: [
      ['client', modbus(1, 1, '03 006b 0003')],
      ['server', modbus(1, 1, '03 06 022b 0000 0064')],
      ['client', modbus(2, 1, '05 00ac ff00')],
      ['server', modbus(2, 1, '05 00ac ff00')],
      ['client', Buffer.concat([modbus(3, 17, '10 0001 0002 04 000a 0102'), modbus(4, 17, '01 0013 0025')])],
      ['server', Buffer.concat([modbus(4, 17, '81 02'), modbus(3, 17, '10 0001 0002')])],
    ],
  },
];
