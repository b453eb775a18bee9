import { u16 } from '../../wire/bytes.js';
import { afterLength, berLength } from '../ber.js';
import type { Application, Opening } from '../reader.js';
import { SnmpReader } from './reader.js';

const SEQUENCE = 0x30;
const INTEGER_OF_ONE = 0x0201;
const OCTETS = 4;
const VERSION3 = 3;
/** Kinds of messages: the first and last tags (RFC 3416 section 3). */
const FIRST_PDU = 0xa0;
const LAST_PDU = 0xa8;

export const SNMP: Application = {
  name: 'snmp',
  newReader: () => new SnmpReader(),
  udp: { ports: [161, 162], is: isSnmp, elsewhere: isWhole, firstBytes: [SEQUENCE] },
};

/** A sequence that begins with a version: 1, 2c, 2u or 3 (RFC 1157, RFC 3416, RFC 3412). */
function isSnmp({ bytes: b, start: o, end }: Opening): boolean {
  return versionAt(b, o, end) > 0;
}

/** A sequence as long as the datagram: a community and a message, or version 3's header (RFC 3412). */
function isWhole({ bytes: b, start: o, end, length }: Opening): boolean {
  const p = versionAt(b, o, end);
  if (p < 0 || p - 2 - o + berLength(b, o + 1) !== length) return false;
  const next = p + 1;
  if (next + 2 > end) return false;
  if (b[p] === VERSION3) {
    const id = afterLength(b, next + 1, end);
    return b[next] === SEQUENCE && id > 0 && b[id] === 2;
  }
  const message = next + 2 + b[next + 1];
  return (
    b[next] === OCTETS &&
    b[next + 1] < 0x80 &&
    message < end &&
    b[message] >= FIRST_PDU &&
    b[message] <= LAST_PDU
  );
}

/** Where the version's number stands; -1 if there is none. */
function versionAt(b: Uint8Array, o: number, end: number): number {
  if (b[o] !== SEQUENCE) return -1;
  const version = afterLength(b, o + 1, end);
  return version > 0 && version + 2 < end && u16(b, version) === INTEGER_OF_ONE && b[version + 2] <= VERSION3
    ? version + 2
    : -1;
}
