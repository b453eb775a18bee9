import type { Sample } from '../../support/sample.js';

const ascii = (text: string) => Buffer.from(text, 'latin1');

/** A message of the binary protocol. */
export function binary(
  magic: number,
  command: number,
  n: number,
  status: number,
  extras = '',
  key = '',
  value = '',
): Buffer {
  const head = Buffer.alloc(24);
  head.set([magic, command, 0, key.length, extras.length]);
  head.writeUInt16BE(status, 6);
  head.writeUInt32BE(extras.length + key.length + value.length, 8);
  head.writeUInt32BE(n, 12);
  return Buffer.concat([head, ascii(extras + key + value)]);
}

export const samples: readonly Sample[] = [
  {
    server: 11211,
    messages: [
      ['client', ascii('get user:17 user:18\r\n')],
      ['server', ascii('VALUE user:17 0 5\r\nhello\r\nEND\r\n')],
      ['client', ascii('set user:19 0 300 11\r\nset quit\r\nx\r\n')],
      ['server', ascii('STORED\r\n')],
      ['client', ascii('incr visits one\r\n')],
      ['server', ascii('CLIENT_ERROR invalid numeric delta argument\r\n')],
    ],
  },
  {
    server: 11211,
    messages: [
      ['client', binary(0x80, 0, 1, 0, '', 'user:17')],
      ['server', binary(0x81, 0, 1, 0, '\0\0\0\0', '', 'hello')],
      ['client', binary(0x80, 0x11, 2, 0, '\0'.repeat(8), 'user:18', 'x')],
      ['client', binary(0x80, 4, 3, 0, '', 'user:19')],
      ['server', binary(0x81, 4, 3, 1)],
      ['client', binary(0x80, 0x10, 4, 0)],
      ['server', Buffer.concat([binary(0x81, 0x10, 4, 0, '', 'pid', '1'), binary(0x81, 0x10, 4, 0)])],
    ],
  },
];
