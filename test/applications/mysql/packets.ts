/** Packets of MySQL's protocol, for tests. */
import type { Sample } from '../../support/sample.js';

export function packet(number: number, ...parts: (string | readonly number[] | Uint8Array)[]): Buffer {
  const body = Buffer.concat(
    parts.map((p) => (typeof p === 'string' ? Buffer.from(p, 'latin1') : Buffer.from(p))),
  );
  return Buffer.concat([
    Buffer.from([body.length & 255, (body.length >> 8) & 255, body.length >> 16, number]),
    body,
  ]);
}

const u16 = (n: number) => [n & 255, n >> 8];
const u32 = (n: number) => [...u16(n & 0xffff), ...u16(n >>> 16)];

export const CAN = {
  db: 0x8,
  compress: 0x20,
  v41: 0x200,
  tls: 0x800,
  secure: 0x8000,
  plugin: 0x80000,
  attributes: 0x100000,
  queryAttributes: 0x8000000,
};
export const ALL = 0x0fff_ffff & ~0x20;

export function greeting(version = '8.0.36', can = ALL): Buffer {
  return packet(
    0,
    [10],
    version,
    [0, ...u32(7)],
    '12345678\0',
    [...u16(can & 0xffff), 255, 2, 0, ...u16(can >>> 16), 21],
    new Uint8Array(10),
    '123456789012\0caching_sha2_password\0',
  );
}

export function login(
  user: string,
  database = '',
  more: { can?: number; attributes?: readonly (readonly [string, string])[]; number?: number } = {},
): Buffer {
  const attributes = (more.attributes ?? []).flat().map((t) => [t.length, ...Buffer.from(t)]);
  const can =
    (more.can ?? 0) | CAN.v41 | CAN.secure | CAN.plugin | CAN.attributes | (database === '' ? 0 : CAN.db);
  return packet(
    more.number ?? 1,
    [...u32(can), ...u32(1 << 24), 255],
    new Uint8Array(23),
    `${user}\0`,
    [20],
    'S'.repeat(20),
    database === '' ? '' : `${database}\0`,
    'caching_sha2_password\0',
    [attributes.flat().length, ...attributes.flat()],
  );
}

export const tlsRequest = () =>
  packet(1, [...u32(CAN.v41 | CAN.tls), ...u32(1 << 24), 255], new Uint8Array(23));
export const command = (code: number, text: string | readonly number[] = '') => packet(0, [code], text);
export const query = (sql: string) => command(3, sql);
export const ok = (number: number, affected = 0, status = 2) =>
  packet(number, [0, affected, 0, ...u16(status), 0, 0]);
export const eof = (number: number, status = 2) => packet(number, [254, 0, 0, ...u16(status)]);
export const error = (number: number, code: number) =>
  packet(number, [255, ...u16(code)], '#42S02no such table');
export const column = (number: number) => packet(number, '\x03def\0\0\0\x01a\0\x0c', new Uint8Array(12));

/** A result of one column and rows of one text each. */
export function rows(texts: readonly string[], withEof = true, status = 2, first = 1): Buffer {
  let n = first;
  const parts = [packet(n++, [1]), column(n++)];
  if (withEof) parts.push(eof(n++));
  for (const t of texts) parts.push(packet(n++ & 255, [t.length], t));
  parts.push(withEof ? eof(n & 255, status) : packet(n & 255, [254, 0, 0, ...u16(status), 0, 0]));
  return Buffer.concat(parts);
}

export const samples: readonly Sample[] = [
  {
    server: 3306,
    messages: [
      ['server', greeting()],
      ['client', login('app', 'shop', { attributes: [['program_name', 'mysql']] })],
      ['server', packet(2, [254], 'mysql_native_password\0', 'C'.repeat(21))],
      ['client', packet(3, 'S'.repeat(20))],
      ['server', ok(4)],
      ['client', query("select * from t where a = 'x'")],
      ['server', rows(['1', '2', '3'])],
      ['client', command(22, 'insert into t values (?)')],
      ['server', Buffer.concat([packet(1, [0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), column(2), eof(3)])],
      ['client', command(23, [5, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 8, 0])],
      ['server', ok(1, 1)],
      ['client', query('drop table u')],
      ['server', error(1, 1051)],
      ['client', command(1)],
    ],
  },
];
