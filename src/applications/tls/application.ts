import { u16 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { TlsReader } from './reader.js';

const FIRST_TYPE = 20;
const LAST_TYPE = 23;
const ALERT = 21;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
/** A record's header, and its most bytes: 2^14 and what encryption adds (RFC 5246 section 6.2.3). */
const HEADER = 5;
const LONGEST = 16_640;
/** The head of an SSLv2 record of two bytes, whose length is below 512. */
const SSL2 = [0x80, 0x81];
/** An SSLv2 hello's fixed part. */
const SSL2_FIXED = 9;

/** Of HTTPS, SMTP, LDAP, DNS, FTP, IRC, IMAP, POP3, SIP, XMPP, AMQP, syslog and MQTT. */
const PORTS = [443, 465, 636, 853, 989, 990, 993, 994, 995, 3269, 5061, 5223, 5671, 6514, 8443, 8883];

export const TLS: Application = {
  name: 'tls',
  newReader: () => new TlsReader(),
  tcp: { ports: PORTS, is: isTlsOnPort, elsewhere: isTls, firstBytes: [ALERT, HANDSHAKE, ...SSL2] },
};

/** Also a record of a connection whose beginning was not seen: it ends here, or another one follows. */
function isTlsOnPort(m: Opening): boolean {
  if (isTls(m)) return true;
  const { bytes, start, end } = m;
  if (end - start < HEADER || !isRecord(m, start)) return false;
  const next = start + HEADER + u16(bytes, start + 3);
  return next >= end || isRecord(m, next);
}

/** A record's type, version and length, as far as they are here. */
function isRecord({ bytes: b, end }: Opening, o: number): boolean {
  if (b[o] < FIRST_TYPE || b[o] > LAST_TYPE) return false;
  if (end - o < HEADER) return o + 3 > end || b[o + 1] === 3;
  return b[o + 1] === 3 && b[o + 2] <= 4 && u16(b, o + 3) >= 1 && u16(b, o + 3) <= LONGEST;
}

/** A hello, or an alert in clear (RFC 8446 section 5.1). */
function isTls({ bytes: b, start: o, end }: Opening): boolean {
  const n = end - o;
  if (b[o] >= SSL2[0]) return n >= 2 + SSL2_FIXED && isSsl2Hello(b, o);
  if (n <= HEADER || b[o + 1] !== 3 || b[o + 2] > 4) return false;
  const length = u16(b, o + 3);
  if (b[o] === ALERT) return length === 2 && n >= HEADER + 2 && (b[o + HEADER] === 1 || b[o + HEADER] === 2);
  if (length < 4 || length > LONGEST) return false;
  return b[o + HEADER] === CLIENT_HELLO || b[o + HEADER] === SERVER_HELLO;
}

/** RFC 5246 appendix E.2: a version, and lengths that add up to the record's. */
function isSsl2Hello(b: Uint8Array, o: number): boolean {
  if (b[o + 2] !== CLIENT_HELLO) return false;
  const version = u16(b, o + 3);
  if (version !== 0x0002 && (version < 0x0300 || version > 0x0303)) return false;
  const ciphers = u16(b, o + 5);
  const session = u16(b, o + 7);
  const challenge = u16(b, o + 9);
  if (ciphers === 0 || ciphers % 3 !== 0 || (session !== 0 && session !== 16)) return false;
  return (
    challenge >= 16 && challenge <= 32 && SSL2_FIXED + ciphers + session + challenge === (u16(b, o) & 0x7fff)
  );
}
