import { Outcome, Told } from '../../model/told.js';
import { u16 } from '../../wire/bytes.js';
import { u16le, u32le } from '../little-endian.js';
import { type Dialogue, Read, type Reader, STATELESS, type State } from '../reader.js';

/** TPKT (RFC 1006, 6): version, reserved, length in 2 bytes, high byte first. */
const TPKT_BYTES = 4;
const TPKT_VERSION = 3;
/** Of a TPDU of X.224 (13.3, 13.4): length indicator, code, two references of 2 bytes, class. */
const TPDU_BYTES = 7;
const CONNECTION_REQUEST = 0xe0;
const CONNECTION_CONFIRM = 0xd0;
const DATA = 0xf0;
/** Longer requests are none: a routing token or cookie, and 44 bytes of negotiation. */
const LONGEST = 1024;

/** Negotiation (MS-RDPBCGR 2.2.1.1.1, 2.2.1.2): type, flags, length in 2 bytes, 4 bytes, low byte first. */
const NEGOTIATION_BYTES = 8;
const NEGOTIATION_RESPONSE = 2;
const NEGOTIATION_FAILURE = 3;
/** `Cookie: mstshash=` */
const COOKIE = [
  0x43, 0x6f, 0x6f, 0x6b, 0x69, 0x65, 0x3a, 0x20, 0x6d, 0x73, 0x74, 0x73, 0x68, 0x61, 0x73, 0x68, 0x3d,
] as const;

/** Words of failureCode (2.2.1.2.2), from 1 on. */
const FAILURES = [
  'SSL_REQUIRED_BY_SERVER',
  'SSL_NOT_ALLOWED_BY_SERVER',
  'SSL_CERT_NOT_ON_SERVER',
  'INCONSISTENT_FLAGS',
  'HYBRID_REQUIRED_BY_SERVER',
  'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER',
] as const;

/**
 * RDP's connection (MS-RDPBCGR 2.2.1.1, 2.2.1.2): who connects, and which security is chosen. Where that is
 * TLS, what follows is TLS.
 */
export class RdpReader implements Reader {
  readonly inTurns = true;
  newState(): State {
    return STATELESS;
  }

  stream(d: Dialogue, b: Uint8Array, o: number, end: number): number {
    if (end - o < TPKT_BYTES + 2) return d.ending === '' ? Read.More : Read.Turn;
    const length = u16(b, o + 2);
    const at = o + TPKT_BYTES;
    const code = b[at + 1] & 0xf0;
    // Without TLS, what is told is told.
    if (b[o] === TPKT_VERSION && code === DATA) return Read.Over;
    if (b[o] !== TPKT_VERSION || (code !== CONNECTION_REQUEST && code !== CONNECTION_CONFIRM))
      return d.malformed();
    if (length < TPKT_BYTES + TPDU_BYTES || length > LONGEST) return d.malformed();
    if (end - o < length && d.ending === '') return Read.More;
    const stop = Math.min(end, o + length);
    if (code === CONNECTION_REQUEST) ask(d, b, at + TPDU_BYTES, stop);
    else answer(d, b, at + TPDU_BYTES, stop);
    return length;
  }
}

function ask(d: Dialogue, b: Uint8Array, o: number, end: number): void {
  d.sentByClient(true);
  const q = d.ask();
  q.method = 'connect';
  q.userName = userOf(d, b, o, end);
  d.tell(Told.UserName, q.userName);
}

function answer(d: Dialogue, b: Uint8Array, o: number, end: number): void {
  d.sentByClient(false);
  const asked = d.oldest;
  const q = asked ?? d.unasked();
  q.method = 'connect';
  const type = end - o >= NEGOTIATION_BYTES && u16le(b, o + 2) === NEGOTIATION_BYTES ? b[o] : 0;
  const code = type === 0 ? 0 : u32le(b, o + 4);
  const isRefused = type === NEGOTIATION_FAILURE;
  if (isRefused) q.status = FAILURES[code - 1] ?? hexadecimal(code);
  // Old servers, and those that were asked for nothing, answer without negotiation: RDP's own security.
  else if (d.ending === '' || type === NEGOTIATION_RESPONSE) q.status = protocolOf(code);
  if (asked !== undefined) d.answer(q, isRefused ? Outcome.ClientError : Outcome.Ok);
  if (type === NEGOTIATION_RESPONSE && code !== 0) d.become('tls');
}

/** The word of selectedProtocol (2.2.1.2.1). */
function protocolOf(code: number): string {
  switch (code) {
    case 0:
      return 'RDP';
    case 1:
      return 'TLS';
    case 2:
      return 'CredSSP';
    case 4:
      return 'RDSTLS';
    case 8:
      return 'CredSSP_EX';
    case 16:
      return 'RDSAAD';
    default:
      return hexadecimal(code);
  }
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).padStart(8, '0')}`;
}

/** NAME of `Cookie: mstshash=NAME`, up to CR LF, without spaces and NULs at its end; '' if there is none. */
function userOf(d: Dialogue, b: Uint8Array, o: number, end: number): string {
  if (end - o < COOKIE.length) return '';
  for (let i = 0; i < COOKIE.length; i++) if (b[o + i] !== COOKIE[i]) return '';
  const from = o + COOKIE.length;
  let to = from;
  while (to < end && b[to] !== 0x0d) to++;
  if (to === end) return '';
  while (to > from && (b[to - 1] === 0x20 || b[to - 1] === 0)) to--;
  return d.texts.utf8(b, from, to);
}
