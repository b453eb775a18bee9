/**
 * Applications whose messages begin with a line of text. The whole line must match the protocol, not only its
 * first word, which several protocols share.
 */
import { CODE } from '../applications/names.js';

const FTP_PORT = 21;
const SMTP_PORTS = new Set([25, 465, 587, 2525]);
const POP3_PORT = 110;
const IMAP_PORT = 143;
const REDIS_PORT = 6379;
/** The longest first line that is read completely. */
const LONGEST_LINE = 1024;
/** Methods that identify a request if the end of its line was not captured. */
const HTTP_METHODS = [
  'GET ',
  'POST ',
  'HEAD ',
  'PUT ',
  'DELETE ',
  'PATCH ',
  'OPTIONS ',
  'PROPFIND ',
  'REPORT ',
];
/** Commands of clients that do not wait for a greeting, on the protocols' ports. */
const FTP_COMMANDS = ['USER ', 'AUTH TLS', 'AUTH SSL', 'AUTH GSSAPI', 'FEAT', 'SYST'];
const POP3_COMMANDS = ['USER ', 'APOP ', 'CAPA', 'STLS', 'AUTH'];
const IMAP_COMMANDS = [
  'CAPABILITY',
  'STARTTLS',
  'LOGIN ',
  'AUTHENTICATE ',
  'ID (',
  'ID NIL',
  'SELECT ',
  'NOOP',
];
const SMTP_HELLOS = ['EHLO ', 'HELO ', 'LHLO '];
const MOST_TAG = 16;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** @returns an index in APPLICATION_NAMES, 0 if the line matches none */
export function textOverTcp(
  b: Uint8Array,
  o: number,
  end: number,
  client: boolean,
  serverPort: number,
): number {
  const line = lineEnd(b, o, end);
  if (startsWith(b, o, end, 'PRI * HTTP/2.0')) return CODE.http2;
  if (isHttp(b, o, end, line)) return CODE.http;
  if (isStatus(b, o, end, 'RTSP/') || isRequest(b, o, end, line, ' RTSP/', 'rtsp')) return CODE.rtsp;
  if (isSip(b, o, end, line)) return CODE.sip;
  if (o + 6 <= end && startsWith(b, o, end, 'SSH-') && isDigit(b[o + 4]) && b[o + 5] === 0x2e)
    return CODE.ssh;
  if (isRedis(b, o, end, line, client, serverPort)) return CODE.redis;
  return client ? command(b, o, end, serverPort) : greeting(b, o, line < 0 ? end : line, serverPort);
}

function isHttp(b: Uint8Array, o: number, end: number, line: number): boolean {
  if (isStatus(b, o, end, 'HTTP/')) return true;
  if (line >= 0) return isRequest(b, o, end, line, ' HTTP/', '');
  for (const method of HTTP_METHODS)
    if (startsWith(b, o, end, method)) {
      const target = o + method.length;
      return b[target] === 0x2f || startsWith(b, target, end, 'http');
    }
  return false;
}

export function isSip(b: Uint8Array, o: number, end: number, line: number): boolean {
  return (
    isStatus(b, o, end, 'SIP/') ||
    isRequest(b, o, end, line, ' SIP/', 'sip') ||
    (line < 0 && isRequest(b, o, end, line, ' SIP/', 'tel:'))
  );
}

/** A version and a status code of three digits, as in HTTP (RFC 9112 section 4). */
export function isStatus(b: Uint8Array, o: number, end: number, version: string): boolean {
  if (!startsWith(b, o, end, version)) return false;
  const p = o + version.length;
  return (
    p + 7 <= end &&
    isVersion(b, p) &&
    b[p + 3] === SPACE &&
    isDigit(b[p + 4]) &&
    isDigit(b[p + 5]) &&
    isDigit(b[p + 6])
  );
}

/**
 * A method, a target and a version, as in HTTP (RFC 9112 section 3). If the end of the line was not captured:
 * a method and a target of the scheme.
 */
function isRequest(
  b: Uint8Array,
  o: number,
  end: number,
  line: number,
  version: string,
  scheme: string,
): boolean {
  let p = o;
  while (p < end && p - o <= MOST_TAG && isMethod(b[p])) p++;
  if (p - o < 3 || p >= end || b[p] !== SPACE || b[p + 1] === SPACE) return false;
  if (line < 0) return startsWith(b, p + 1, end, scheme);
  const at = line - version.length - 3;
  return at > p + 1 && startsWith(b, at, line, version) && isVersion(b, line - 3);
}

/** Digit, point, digit. */
function isVersion(b: Uint8Array, o: number): boolean {
  return isDigit(b[o]) && b[o + 1] === 0x2e && isDigit(b[o + 2]);
}

/** What a client says first, or before it has waited for the server's greeting. */
function command(b: Uint8Array, o: number, end: number, serverPort: number): number {
  if (startsWithOneOf(b, o, end, SMTP_HELLOS)) return CODE.smtp;
  switch (serverPort) {
    case FTP_PORT:
      return startsWithOneOf(b, o, end, FTP_COMMANDS) ? CODE.ftp : 0;
    case POP3_PORT:
      return startsWithOneOf(b, o, end, POP3_COMMANDS) ? CODE.pop3 : 0;
    case IMAP_PORT: {
      // Preceded by the client's own tag (RFC 9051 section 2.2.1).
      let p = o;
      while (p < end && p - o < MOST_TAG && b[p] !== SPACE) p++;
      return b[p] === SPACE && startsWithOneOf(b, p + 1, end, IMAP_COMMANDS) ? CODE.imap : 0;
    }
    default:
      return 0;
  }
}

/** Greetings of servers: "220 …" (SMTP, FTP), "+OK" (POP3), "* OK" (IMAP). */
function greeting(b: Uint8Array, o: number, line: number, serverPort: number): number {
  if (startsWith(b, o, line, '220') && (b[o + 3] === SPACE || b[o + 3] === 0x2d)) {
    if (serverPort === FTP_PORT) return CODE.ftp;
    if (SMTP_PORTS.has(serverPort) || contains(b, o, line, 'SMTP')) return CODE.smtp;
    return contains(b, o, line, 'FTP') ? CODE.ftp : 0;
  }
  // A timestamp in angle brackets is for APOP (RFC 1939 section 7).
  if (startsWith(b, o, line, '+OK') && (line === o + 3 || b[o + 3] === SPACE))
    return serverPort === POP3_PORT || contains(b, o, line, 'POP') || b[line - 1] === 0x3e ? CODE.pop3 : 0;
  if (startsWith(b, o, line, '* OK ') || startsWith(b, o, line, '* PREAUTH '))
    return serverPort === IMAP_PORT || contains(b, o, line, 'IMAP') ? CODE.imap : 0;
  return 0;
}

/** RESP: an array of bulk strings from the client; on Redis' own port also a server's answers. */
function isRedis(
  b: Uint8Array,
  o: number,
  end: number,
  line: number,
  client: boolean,
  serverPort: number,
): boolean {
  if (client) {
    if (b[o] !== 0x2a || !isDigit(b[o + 1])) return false;
    return serverPort === REDIS_PORT || contains(b, o, Math.min(end, o + 8), '\r\n$');
  }
  if (serverPort !== REDIS_PORT || line < 0) return false;
  // A status, or an error in capitals; a number, or the length of a string, a list or a map.
  const of = b[o] === 0x2b || b[o] === 0x2d ? isCapital : isDigit;
  if (of === isDigit && !REDIS_LENGTHS.has(b[o])) return false;
  const minus = of === isDigit && b[o + 1] === 0x2d ? 1 : 0;
  return of(b[o + 1 + minus]);
}

/** ":", "$", "*" and "%". */
const REDIS_LENGTHS = new Set([0x3a, 0x24, 0x2a, 0x25]);

export function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isCapital(c: number): boolean {
  return c >= 0x41 && c <= 0x5a;
}

/** Characters of methods: capitals, and in some of RTSP's and SSDP's an underscore or a dash. */
function isMethod(c: number): boolean {
  return isCapital(c) || c === 0x5f || c === 0x2d;
}

/** Letters, digits and punctuation. */
export function isPrintable(c: number): boolean {
  return c >= SPACE && c < 0x7f;
}

/** The end of the first line, without its terminator; -1 if it was not captured, or is far away. */
export function lineEnd(b: Uint8Array, o: number, end: number): number {
  const last = Math.min(end, o + LONGEST_LINE);
  for (let i = o; i < last; i++) if (b[i] === CR || b[i] === LF) return i;
  return -1;
}

export function startsWith(b: Uint8Array, o: number, end: number, word: string): boolean {
  if (end - o < word.length) return false;
  for (let i = 0; i < word.length; i++) if (b[o + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Whether a message starts with one of these words, in any case. */
function startsWithOneOf(b: Uint8Array, o: number, end: number, words: readonly string[]): boolean {
  for (const word of words) {
    if (end - o < word.length) continue;
    let i = 0;
    while (i < word.length && capital(b[o + i]) === word.charCodeAt(i)) i++;
    if (i === word.length) return true;
  }
  return false;
}

function capital(c: number): number {
  return c >= 0x61 && c <= 0x7a ? c - SPACE : c;
}

/** Whether the first 256 bytes contain a word. */
export function contains(b: Uint8Array, o: number, end: number, word: string): boolean {
  const last = Math.min(end, o + 256) - word.length;
  for (let i = o; i <= last; i++) {
    let j = 0;
    while (j < word.length && b[i + j] === word.charCodeAt(j)) j++;
    if (j === word.length) return true;
  }
  return false;
}
