import { u32 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { isDigit } from '../text.js';
import { QuicReader } from './reader.js';
import { isReserved, versionOf } from './versions.js';

/** Of Facebook: 0xfaceb000 to 0xfaceb00f. */
const MVFST = 0xfaceb00;
/** Of Google: "Q0" or "T0" and two digits. */
const GOOGLE = 0x5130;
const GOOGLE_TLS = 0x5430;
const LONG_HEADER = 0xc0;
const LONGEST_ID = 20;
/** The least that a client's first datagrams take (RFC 9000 section 14.1). */
const PADDED = 1200;
/** Google's public header until Q043: bits of a version and of an 8-byte id; and what others there may be. */
const GOOGLE_FLAGS = 0x09;
const GOOGLE_OTHERS = 0x34;
const GOOGLE_VERSION = 9;
const MOST_VERSIONS = 32;

export const QUIC: Application = {
  name: 'quic',
  newReader: () => new QuicReader(),
  udp: { is: isQuic },
};

/** A packet with a long header (RFC 9000 section 17.2, RFC 9369), or one of Google's first versions. */
function isQuic({ bytes: b, start: o, end, length, fromClient }: Opening): boolean {
  if (length < 20 || end - o < 8) return false;
  if ((b[o] & 0x80) === 0) return isGoogle(b, o, end);
  const version = u32(b, o + 1);
  if (version === 0) return isNegotiation(b, o, end);
  if ((b[o] & LONG_HEADER) !== LONG_HEADER) return false;
  if (isGoogleVersion(version)) return true;
  if (!hasIds(b, o, end)) return false;
  if (isKnown(version)) return true;
  // A version that asks for negotiation (RFC 9000 section 15).
  return fromClient && isReserved(version) && length >= PADDED && b[o + 5] >= 8;
}

function isKnown(version: number): boolean {
  return versionOf(version | 0) !== undefined || version >>> 4 === MVFST;
}

/** The lengths of the two connection ids. */
function hasIds(b: Uint8Array, o: number, end: number): boolean {
  const destination = b[o + 5];
  if (destination > LONGEST_ID) return false;
  const source = o + 6 + destination;
  return source >= end || b[source] <= LONGEST_ID;
}

/** A server's list of versions (RFC 9000 section 17.2.1), of which one is known. */
function isNegotiation(b: Uint8Array, o: number, end: number): boolean {
  if (!hasIds(b, o, end)) return false;
  const source = o + 6 + b[o + 5];
  if (source >= end) return false;
  let p = source + 1 + b[source];
  for (let i = 0; i < MOST_VERSIONS && p + 4 <= end; i++, p += 4) {
    const version = u32(b, p);
    if (isKnown(version) || isGoogleVersion(version)) return true;
  }
  return false;
}

function isGoogle(b: Uint8Array, o: number, end: number): boolean {
  if ((b[o] & ~GOOGLE_OTHERS) !== GOOGLE_FLAGS || end - o < GOOGLE_VERSION + 4) return false;
  return isGoogleVersion(u32(b, o + GOOGLE_VERSION));
}

function isGoogleVersion(version: number): boolean {
  const letters = version >>> 16;
  return (
    (letters === GOOGLE || letters === GOOGLE_TLS) &&
    isDigit((version >> 8) & 0xff) &&
    isDigit(version & 0xff)
  );
}
