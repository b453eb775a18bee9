import type { Application, Opening } from '../reader.js';
import { contains, isCapital, isCommand, isDigit, isText, lineEnd } from '../text.js';
import { RedisReader } from './reader.js';

const ARRAY = 0x2a;
const STATUS = 0x2b;
const ERROR = 0x2d;
/** What lengths and numbers follow: ":", "$", "*", "%", and of RESP3 "~", ">". */
const COUNTED: ReadonlySet<number> = new Set([0x3a, 0x24, ARRAY, 0x25, 0x7e, 0x3e]);
/** Commands that are typed or sent by small programs, in one line and without counts. */
const INLINE = [
  'PING',
  'INFO',
  'AUTH',
  'HELLO',
  'SELECT',
  'GET',
  'SET',
  'DEL',
  'EXISTS',
  'EXPIRE',
  'TTL',
  'INCR',
  'DECR',
  'KEYS',
  'SCAN',
  'HGET',
  'HSET',
  'HGETALL',
  'LPUSH',
  'RPUSH',
  'LPOP',
  'RPOP',
  'LRANGE',
  'SADD',
  'SMEMBERS',
  'ZADD',
  'PUBLISH',
  'SUBSCRIBE',
  'PSUBSCRIBE',
  'MULTI',
  'EXEC',
  'CONFIG',
  'CLIENT',
  'COMMAND',
  'DBSIZE',
  'FLUSHALL',
  'FLUSHDB',
  'MONITOR',
  'ROLE',
  'REPLCONF',
  'PSYNC',
  'SYNC',
  'QUIT',
  'ECHO',
];

export const REDIS: Application = {
  name: 'redis',
  newReader: () => new RedisReader(),
  tcp: { ports: [6379], is: isRedis, elsewhere: isArray, firstBytes: [ARRAY] },
};

/** RESP on Redis' own port: an array or an inline command of the client, any answer of the server. */
function isRedis(m: Opening): boolean {
  const { bytes: b, start: o, end } = m;
  const line = lineEnd(b, o, end);
  if (m.fromClient) return o + 1 < end && b[o] === ARRAY ? isDigit(b[o + 1]) : isInline(b, o, line);
  if (line < o + 2) return false;
  if (b[o] === STATUS || b[o] === ERROR) return isCapital(b[o + 1]);
  if (!COUNTED.has(b[o])) return false;
  const minus = b[o + 1] === 0x2d ? 1 : 0;
  return isDigit(b[o + 1 + minus]);
}

/** A whole line of text that is no request of HTTP. */
function isInline(b: Uint8Array, o: number, line: number): boolean {
  return (
    line > o && isCommand(b, o, line + 1, INLINE) && isText(b, o, line) && !contains(b, o, line, ' HTTP/')
  );
}

/** An array of bulk strings from the client. */
function isArray({ bytes: b, start: o, end, fromClient }: Opening): boolean {
  return fromClient && o + 1 < end && isDigit(b[o + 1]) && contains(b, o, Math.min(end, o + 8), '\r\n$');
}
