import { u24 } from '../../wire/bytes.js';
import type { Application, Opening } from '../reader.js';
import { SmbReader } from './reader.js';

/** "SMB". */
const PROTOCOL = 0x534d42;
/** Packets of the NetBIOS session service (RFC 1002 section 4.3). */
const MESSAGE = 0;
const SESSION_REQUEST = 0x81;
const POSITIVE = 0x82;
const NEGATIVE = 0x83;
/** Two encoded names, which begin with their length. */
const REQUEST_LENGTH = 68;
const NAME_LENGTH = 32;

export const SMB: Application = {
  name: 'smb',
  newReader: () => new SmbReader(),
  tcp: { ports: [139, 445], is: isSmb, elsewhere: isMessage, firstBytes: [MESSAGE] },
};

/** A message, or the session service's request or answer before it. */
function isSmb(m: Opening): boolean {
  const { bytes: b, start: o, end, fromClient } = m;
  if (isMessage(m)) return true;
  if (end - o < 4) return false;
  const length = u24(b, o + 1);
  if (b[o] === SESSION_REQUEST)
    return fromClient && length === REQUEST_LENGTH && (end - o === 4 || b[o + 4] === NAME_LENGTH);
  if (fromClient) return false;
  return (b[o] === POSITIVE && length === 0) || (b[o] === NEGATIVE && length === 1);
}

/**
 * A zero byte and a 24-bit length, then the protocol's name behind 0xff (SMB 1), 0xfe (2 and 3), 0xfd (3,
 * encrypted) or 0xfc (3, compressed): MS-SMB2 2.1 and 2.2.
 */
function isMessage({ bytes: b, start: o, end }: Opening): boolean {
  return end - o >= 8 && b[o] === MESSAGE && b[o + 4] >= 0xfc && u24(b, o + 5) === PROTOCOL;
}
