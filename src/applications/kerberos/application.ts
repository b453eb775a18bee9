import { u24, u32 } from '../../wire/bytes.js';
import { afterLength, berLength } from '../ber.js';
import type { Application } from '../reader.js';
import { KerberosReader } from './reader.js';

/** RFC 4120 section 5.10: the tags of requests, answers and errors. */
const TAGS = [0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x7e];
const SEQUENCE = 0x30;
/** The first member's tag (AS and TGS count from 1, others from 0), and the integer 5 in it. */
const MEMBERS: ReadonlySet<number> = new Set([0xa0, 0xa1]);
const VERSION = 0x030201;

export const KERBEROS: Application = {
  name: 'kerberos',
  newReader: () => new KerberosReader(),
  tcp: {
    ports: [88],
    is: ({ bytes: b, start: o, end }) => lengthFits(b, o, end),
    elsewhere: ({ bytes: b, start: o, end }) => lengthFits(b, o, end) && hasVersion(b, o + 4, end),
    firstBytes: [0],
  },
  udp: {
    ports: [88],
    is: ({ bytes: b, start: o, end }) => isTag(b[o]) && afterLength(b, o + 1, end) > 0,
    elsewhere: ({ bytes: b, start: o, end, length }) => isMessage(b, o, end, length) && hasVersion(b, o, end),
    firstBytes: TAGS,
  },
};

/** RFC 4120 section 7.2.2: a length, possibly beyond this segment, and a message of that length. */
function lengthFits(b: Uint8Array, o: number, end: number): boolean {
  return end - o >= 8 && isMessage(b, o + 4, end, u32(b, o));
}

/** A tag, and a length that makes up the message's. */
function isMessage(b: Uint8Array, o: number, end: number, length: number): boolean {
  if (!isTag(b[o])) return false;
  const content = afterLength(b, o + 1, end);
  return content > 0 && content - o + berLength(b, o + 1) === length;
}

/** A sequence that begins with the protocol's version. */
function hasVersion(b: Uint8Array, o: number, end: number): boolean {
  const sequence = afterLength(b, o + 1, end);
  if (sequence < 0 || b[sequence] !== SEQUENCE) return false;
  const member = afterLength(b, sequence + 1, end);
  return (
    member > 0 &&
    member + 5 <= end &&
    MEMBERS.has(b[member]) &&
    u24(b, member + 1) === VERSION &&
    b[member + 4] === 5
  );
}

function isTag(tag: number): boolean {
  return (tag >= TAGS[0] && tag <= 0x6f) || tag === 0x7e;
}
