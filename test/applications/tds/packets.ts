/** Packets of TDS, for tests. */
import type { Sample } from '../../support/sample.js';

type Part = string | readonly number[] | Uint8Array;
const u16 = (n: number) => [n & 255, (n >> 8) & 255];
const u32 = (n: number) => [...u16(n & 0xffff), ...u16(n >>> 16)];
/** Numbers are bytes, texts UTF-16. */
export const bytes = (...parts: Part[]) =>
  Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p, 'utf16le') : Buffer.from(p))));

export function packet(type: number, body: Uint8Array, status = 1): Buffer {
  const length = body.length + 8;
  return Buffer.concat([Buffer.from([type, status, length >> 8, length & 255, 0, 0, 1, 0]), body]);
}

const HEADERS = [...u32(22), ...u32(18), ...u16(2), 0, 0, 0, 0, 0, 0, 0, 0, ...u32(1)];
export const batch = (sql: string) => packet(1, bytes(HEADERS, sql));
export const oldBatch = (sql: string) => packet(1, bytes(sql));
export const begin = () => packet(14, bytes(HEADERS, u16(5), [2, 0]));
export const attention = () => packet(6, bytes());
const nvarchar = (text: string) =>
  bytes([0, 0, 0xe7], u16(8000), [9, 4, 0xd0, 0, 0x34], u16(2 * text.length), text);
const long = (text: string) =>
  bytes(
    [0, 0, 0xe7],
    u16(0xffff),
    [9, 4, 0xd0, 0, 0x34],
    u32(2 * text.length),
    u32(0),
    u32(2 * text.length),
    text,
    u32(0),
  );
const handle = () => [0, 1, 0x26, 4, 0];
export const call = (name: string) => packet(3, bytes(HEADERS, u16(name.length), name, u16(0)));
export const executeSql = (sql: string) =>
  packet(3, bytes(HEADERS, u16(0xffff), u16(10), u16(0), nvarchar(sql)));
export const prepexec = (sql: string) =>
  packet(3, bytes(HEADERS, u16(0xffff), u16(13), u16(0), handle(), long('@p int'), long(sql)));

export const executePrepared = (handle: number) =>
  packet(3, bytes(HEADERS, u16(0xffff), u16(12), u16(0), [0, 0, 0x26, 4, 4], u32(handle)));

export function login(user: string, database: string, application: string, flags2 = 0): Buffer {
  const texts: Record<number, string> = {
    36: 'host',
    40: user,
    44: 'SECRET',
    48: application,
    60: 'ODBC',
    68: database,
  };
  const head = Buffer.alloc(94);
  head.set(u32(0x74000004), 4);
  head[25] = flags2;
  let body = Buffer.alloc(0);
  for (const [at, text] of Object.entries(texts)) {
    head.writeUInt16LE(94 + body.length, Number(at));
    head.writeUInt16LE(text.length, Number(at) + 2);
    body = bytes(body, text);
  }
  return packet(16, bytes(head, body));
}

const prelogin = (version: readonly number[], encryption: number) =>
  bytes([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff], version, [encryption]);
export const clientPrelogin = (encryption = 2) => packet(18, prelogin([0, 0, 0, 0, 0, 0], encryption));
export const serverPrelogin = (encryption = 2) => packet(4, prelogin([15, 0, 0x07, 0xd0, 0, 0], encryption));

export const answer = (...tokens: Uint8Array[]) => packet(4, Buffer.concat(tokens));
export const done = (status: number, rows = 0, token = 0xfd) =>
  bytes([token], u16(status), u16(0xc1), u32(rows), u32(0));
export const error = (number: number, token = 0xaa) => {
  const body = bytes(u32(number), [1, 14], u16(4), 'oops', [0, 0], u32(1));
  return bytes([token], u16(body.length), body);
};
export const note = (number: number) => error(number, 0xab);
export const loginAck = () => {
  const body = bytes([1, 0x74, 0, 0, 4, 4], 'MSQL', [15, 0, 0x07, 0xd0]);
  return bytes([0xad], u16(body.length), body);
};
export const database = (name: string) => {
  const body = bytes([1, name.length], name, [0]);
  return bytes([0xe3], u16(body.length), body);
};
/** Rows: what is in them does not matter. */
export const rows = (length: number) => Buffer.alloc(length, 0x81);
export const returnStatus = () => bytes([0x79], u32(0));
export const returnValue = (n = 1) => bytes([0xac], u16(0), [0, 1], u32(0), u16(0), [0x26, 4, 4], u32(n));

export const samples: readonly Sample[] = [
  {
    server: 1433,
    messages: [
      ['client', clientPrelogin()],
      ['server', serverPrelogin()],
      ['client', login('sa', 'shop', 'app')],
      ['server', answer(database('shop'), loginAck(), done(0))],
      ['client', batch("select a from t where b = 'x'")],
      ['server', answer(rows(300), done(0x10, 3))],
      ['client', executeSql('select @p')],
      ['server', answer(rows(50), done(0x11, 1, 0xff), returnStatus(), done(0, 0, 0xfe))],
      ['client', batch('drop table u')],
      ['server', answer(error(3701), done(2))],
    ],
  },
];
