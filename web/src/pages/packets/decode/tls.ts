/** TLS records and what of their handshake is in clear (RFC 8446), field by field; DTLS and QUIC likewise. */
import { cipherName } from '../../../../../src/applications/tls/ciphers.js';
import { alertWord, isGrease, versionWord } from '../../../../../src/applications/tls/versions.js';
import { u16, u24, u32 } from '../../../../../src/wire/bytes.js';
import type { Sheet } from './layer.js';
import { byte, bytesOf, count, hex, hexBytes, hexWord, named, text } from './words.js';

/** Records of one segment that are shown. */
const MOST_RECORDS = 32;
/** Extensions that are shown of one hello. */
const MOST_EXTENSIONS = 60;

const RECORDS: Readonly<Record<number, string>> = {
  20: 'change cipher spec',
  21: 'alert',
  22: 'handshake',
  23: 'application data',
  24: 'heartbeat',
};
const MESSAGES: Readonly<Record<number, string>> = {
  0: 'hello request',
  1: 'ClientHello',
  2: 'ServerHello',
  3: 'hello verify request',
  4: 'new session ticket',
  8: 'encrypted extensions',
  11: 'certificate',
  12: 'server key exchange',
  13: 'certificate request',
  14: 'ServerHello done',
  15: 'certificate verify',
  16: 'client key exchange',
  20: 'finished',
  22: 'certificate status',
};
const EXTENSIONS: Readonly<Record<number, string>> = {
  0: 'server name',
  5: 'status request',
  10: 'groups',
  11: 'point formats',
  13: 'signature algorithms',
  16: 'protocols (ALPN)',
  18: 'certificate timestamps',
  21: 'padding',
  22: 'encrypt then MAC',
  23: 'extended master secret',
  27: 'certificate compression',
  35: 'session ticket',
  41: 'pre-shared key',
  42: 'early data',
  43: 'versions',
  44: 'cookie',
  45: 'key exchange modes',
  51: 'key share',
  57: 'QUIC parameters',
  65037: 'encrypted ClientHello',
  65281: 'renegotiation',
};

const version = (n: number): string => versionWord(n) || hex(n, 4);

/** @returns whether a record begins here */
export function tls(s: Sheet): boolean {
  const { b, limit } = s;
  let p = s.at;
  const said: string[] = [];
  for (let n = 0; n < MOST_RECORDS && s.has(p, 5); n++) {
    const type = b[p]!;
    if (RECORDS[type] === undefined || b[p + 1] !== 3 || b[p + 2]! > 4) break;
    const length = u16(b, p + 3);
    const word = RECORDS[type]!;
    const cut = p + 5 + length > limit ? ', goes on in the next packet' : '';
    s.field('record', p, 5, () => `${word}, ${version(u16(b, p + 1))}, ${bytesOf(length)}${cut}`);
    said.push(content(s, type, p + 5, Math.min(limit, p + 5 + length), length) || word);
    p += 5 + length;
  }
  if (said.length === 0) return false;
  s.upTo(limit);
  s.summary = `${said[0]!}${said.length > 1 ? ` +${said.length - 1}` : ''}`;
  s.detail = said.slice(0, 3).join(', ');
  return true;
}

/** What a record carries. @returns it in words */
function content(s: Sheet, type: number, at: number, end: number, length: number): string {
  const { b } = s;
  if (type === 21 && length === 2 && s.has(at, 2)) {
    const said = `${b[at] === 2 ? 'fatal' : 'warning'} alert, ${alertWord(b[at + 1]!)}`;
    s.field('alert', at, 2, () => said);
    return said;
  }
  if (type === 22 && s.has(at, 4) && MESSAGES[b[at]!] !== undefined && u24(b, at + 1) + 4 <= length)
    return handshake(s, at, end);
  s.field(type === 22 ? 'encrypted handshake' : 'data', at, end - at, () => bytesOf(length));
  return '';
}

/** A message in clear, and those behind it. */
function handshake(s: Sheet, at: number, end: number): string {
  const { b } = s;
  const said: string[] = [];
  for (let p = at, n = 0; p + 4 <= end && n < 16; n++) {
    const type = b[p]!;
    const word = MESSAGES[type];
    const next = p + 4 + u24(b, p + 1);
    if (word === undefined) break;
    s.field(word, p, 4, () => bytesOf(next - p - 4));
    const last = Math.min(next, end);
    said.push(type === 1 || type === 2 ? hello(s, p + 4, last, type === 1, word) : word);
    if (type !== 1 && type !== 2) s.field('message', p + 4, last - p - 4, (b, o) => hexBytes(b, o, last));
    p = next;
  }
  return said.join(', ');
}

/** The body of a hello. @returns its name, and what it asks for or chooses */
export function hello(s: Sheet, at: number, end: number, isClient: boolean, word: string): string {
  const { b } = s;
  s.field('version', at, 2, (b, o) => version(u16(b, o)));
  s.field('random', at + 2, 32, (b, o) => hexBytes(b, o, o + 32));
  let p = at + 34;
  if (p >= end) return word;
  s.field(
    'session id',
    p,
    Math.min(1 + b[p]!, end - p),
    (b, o) => hexWord(b, o + 1, o + 1 + b[o]!) || 'none',
  );
  p += 1 + b[p]!;
  if (p + 2 > end) return word;
  let chosen = '';
  if (isClient) {
    const length = u16(b, p);
    s.field('ciphers', p, Math.min(2 + length, end - p), (b, o) =>
      ciphers(b, o + 2, Math.min(o + 2 + length, end)),
    );
    p += 2 + length;
    if (p + 1 > end) return word;
    s.field('compressions', p, Math.min(1 + b[p]!, end - p), byte);
    p += 1 + b[p]!;
  } else {
    chosen = cipherName(u16(b, p)) ?? hex(u16(b, p), 4);
    s.field('cipher', p, 2, () => chosen);
    s.field('compression', p + 2, 1, byte);
    p += 3;
  }
  const found = extensions(s, p, end);
  return `${word}${found === '' ? (chosen === '' ? '' : ` ${chosen}`) : ` ${found}`}`;
}

function ciphers(b: Uint8Array, at: number, end: number): string {
  const names: string[] = [];
  const all = (end - at) >> 1;
  for (let p = at; p + 2 <= end && names.length < 8; p += 2) {
    const n = u16(b, p);
    if (!isGrease(n)) names.push(cipherName(n) ?? hex(n, 4));
  }
  return `${all}: ${names.join(', ')}${all > names.length ? ', …' : ''}`;
}

/** @returns the server's name that a client asks for */
function extensions(s: Sheet, at: number, end: number): string {
  const { b } = s;
  if (at + 2 > end) return '';
  const last = Math.min(end, at + 2 + u16(b, at));
  let name = '';
  for (let p = at + 2, n = 0; p + 4 <= last && n < MOST_EXTENSIONS; n++) {
    const [type, from, to] = [u16(b, p), p + 4, p + 4 + u16(b, p + 2)];
    if (to > last) break;
    const words = extensionWords(b, type, from, to);
    if (type === 0) name = words;
    const word = isGrease(type) ? 'GREASE' : named(EXTENSIONS, type);
    s.field(word, p, to - p, () => words);
    p = to;
  }
  return name;
}

function extensionWords(b: Uint8Array, type: number, at: number, end: number): string {
  // A host name behind the list's length, its kind and its own length.
  if (type === 0 && end - at > 5) return text(b, at + 5, Math.min(end, at + 5 + u16(b, at + 3)), 255);
  if (type === 16 && end - at > 2) {
    const names: string[] = [];
    for (let p = at + 2; p < end; p += 1 + b[p]!)
      names.push(text(b, p + 1, Math.min(end, p + 1 + b[p]!), 32));
    return names.join(', ');
  }
  if (type === 43) {
    const versions: string[] = [];
    const from = end - at === 2 ? at : at + 1;
    for (let p = from; p + 2 <= end; p += 2) if (!isGrease(u16(b, p))) versions.push(version(u16(b, p)));
    return versions.join(', ');
  }
  return end === at ? 'empty' : hexBytes(b, at, end);
}

/** DTLS (RFC 9147, RFC 6347). @returns whether a record begins here */
export function dtls(s: Sheet): boolean {
  const { b, at, limit } = s;
  if (!s.has(at, 13) || RECORDS[b[at]!] === undefined || b[at + 1] !== 0xfe) return false;
  const [type, length] = [b[at]!, u16(b, at + 11)];
  s.field('record', at, 3, () => `${RECORDS[type]!}, ${version(u16(b, at + 1))}`);
  s.field('epoch', at + 3, 2, (b, o) => String(u16(b, o)));
  s.field('sequence', at + 5, 6, (b, o) => count(u16(b, o) * 2 ** 32 + u32(b, o + 2)));
  s.field('length', at + 11, 2, () => bytesOf(length));
  const end = Math.min(limit, at + 13 + length);
  const word = MESSAGES[b[at + 13]!];
  const clear = type === 22 && u16(b, at + 3) === 0 && s.has(at + 13, 12) && word !== undefined;
  if (clear) s.field(word, at + 13, 12, () => bytesOf(u24(b, at + 14)));
  s.upTo(limit);
  s.summary = clear ? word : RECORDS[type]!;
  if (clear && b[at + 13] === 1 && end > at + 25)
    s.summary = `${word} ${serverNameOf(s, at + 25, end)}`.trim();
  s.detail = s.summary;
  return true;
}

/** The server name of a DTLS ClientHello: behind its session id there is a cookie. */
function serverNameOf(s: Sheet, at: number, end: number): string {
  const { b } = s;
  let p = at + 34;
  for (let i = 0; i < 2; i++) {
    if (p >= end) return '';
    p += 1 + b[p]!;
  }
  if (p + 2 > end) return '';
  p += 2 + u16(b, p);
  if (p + 1 > end) return '';
  p += 1 + b[p]!;
  return extensions(s, p, end);
}

const QUIC_VERSIONS: Readonly<Record<number, string>> = { 0: 'negotiation', 1: '1', 1798521807: '2' };
const QUIC_TYPES = ['Initial', '0-RTT', 'Handshake', 'Retry'];

/** QUIC (RFC 9000, 17): what is not encrypted. */
export function quic(s: Sheet): boolean {
  const { b, at, limit } = s;
  if (!s.has(at, 1) || (b[at]! & 0xc0) === 0) return false;
  if ((b[at]! & 0x80) === 0) {
    s.field('first byte', at, 1, (b, o) => `short header, ${hex(b[o]!, 2)}`);
    s.field('encrypted', at + 1, limit - at - 1, () => bytesOf(limit - at - 1));
    s.summary = '1-RTT';
    s.detail = 'short header';
    return true;
  }
  if (!s.has(at, 7)) return false;
  const n = u32(b, at + 1);
  // Types are one further in version 2 (RFC 9369, 3.2).
  const type = QUIC_TYPES[(((b[at]! >> 4) & 3) + (n === 0x6b3343cf ? 3 : 0)) & 3]!;
  const word = n === 0 ? 'version negotiation' : type;
  s.field('first byte', at, 1, () => `long header, ${word}`);
  s.field('version', at + 1, 4, () => QUIC_VERSIONS[n] ?? hex(n, 8));
  const to = b[at + 5]!;
  s.field('destination id', at + 5, 1 + to, (b, o) => hexWord(b, o + 1, o + 1 + to) || 'none');
  const sourceAt = at + 6 + to;
  if (s.has(sourceAt, 1)) {
    const from = b[sourceAt]!;
    s.field('source id', sourceAt, 1 + from, (b, o) => hexWord(b, o + 1, o + 1 + from) || 'none');
  }
  const rest = limit - s.end;
  s.field(n === 0 ? 'versions' : 'encrypted', s.end, rest, () => bytesOf(rest));
  s.summary = `${word}${n === 0 ? '' : `, version ${QUIC_VERSIONS[n] ?? hex(n, 8)}`}`;
  s.detail = s.summary;
  return true;
}
