/** Messages of PostgreSQL's protocol, for tests. */
import type { Sample } from '../../support/sample.js';

type Part = string | readonly number[] | Uint8Array;

function bytes(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p, 'utf8') : Buffer.from(p))));
}
const u32 = (n: number) => [(n >>> 24) & 255, (n >> 16) & 255, (n >> 8) & 255, n & 255];

export function message(type: string, ...parts: Part[]): Buffer {
  const body = bytes(parts);
  return bytes([type, u32(body.length + 4), body]);
}

export function startup(code: number, parameters: Record<string, string> = {}): Buffer {
  const named = Object.entries(parameters).map(([k, v]) => `${k}\0${v}\0`);
  const body = bytes([u32(code), ...named, ...(code === 196_608 ? [[0]] : [])]);
  return bytes([u32(body.length + 4), body]);
}

export const VERSION_3 = 196_608;
export const TLS = 80_877_103;
export const GSS = 80_877_104;
export const CANCEL = 80_877_102;
export const query = (sql: string) => message('Q', `${sql}\0`);
export const parse = (name: string, sql: string) => message('P', `${name}\0${sql}\0`, [0, 0]);
export const bind = (portal: string, name: string) =>
  message('B', `${portal}\0${name}\0`, [0, 0, 0, 0, 0, 0]);
export const execute = (portal: string) => message('E', `${portal}\0`, [0, 0, 0, 0]);
export const sync = () => message('S');
export const authentication = (kind: number) => message('R', u32(kind));
export const parameter = (name: string, value: string) => message('S', `${name}\0${value}\0`);
export const complete = (tag: string) => message('C', `${tag}\0`);
export const ready = () => message('Z', 'I');
export const error = (code: string) => message('E', `SERROR\0VERROR\0C${code}\0Mno, 'secret'\0\0`);
export const row = (text: string) => message('D', [0, 1], u32(text.length), text);
export const columns = () => message('T', [0, 1], 'a\0', new Uint8Array(18));
export const parsed = () => message('1');
export const bound = () => message('2');
export const all = (...messages: Uint8Array[]) => Buffer.concat(messages);

export const samples: readonly Sample[] = [
  {
    server: 5432,
    messages: [
      ['client', startup(TLS)],
      ['server', Buffer.from('N')],
      ['client', startup(VERSION_3, { user: 'app', database: 'shop', application_name: 'psql' })],
      ['server', message('R', u32(10), 'SCRAM-SHA-256\0\0')],
      ['client', message('p', 'SCRAM-SHA-256\0', u32(3), 'n,,')],
      ['server', all(authentication(0), parameter('server_version', '16.2'), ready())],
      ['client', query("select * from t where a = 'x'")],
      ['server', all(columns(), row('one'), row('two'), complete('SELECT 2'), ready())],
      ['client', all(parse('s1', 'insert into t values ($1)'), bind('', 's1'), execute(''), sync())],
      ['server', all(parsed(), bound(), complete('INSERT 0 1'), ready())],
      ['client', query('drop table u')],
      ['server', all(error('42P01'), ready())],
      ['client', message('X')],
    ],
  },
];
