import { afterLength, berLength } from '../ber.js';
import type { Application, Opening } from '../reader.js';
import { LdapReader } from './reader.js';

const SEQUENCE = 0x30;
const INTEGER = 2;
const OCTETS = 4;
const ENUMERATED = 10;
/** Tags of operations: of the application class (RFC 4511 section 4.2 and following). */
const APPLICATION_CLASS = 0x40;
const BIND_REQUEST = 0x60;
const BIND_RESPONSE = 0x61;
const SEARCH_REQUEST = 0x63;
const FIRST_VERSION = 2;
const LAST_VERSION = 3;

export const LDAP: Application = {
  name: 'ldap',
  newReader: () => new LdapReader(),
  tcp: { ports: [389, 3268], is: isLdap, elsewhere: isBindOrSearch, firstBytes: [SEQUENCE] },
  udp: { ports: [389], is: isLdap, elsewhere: isBindOrSearch, firstBytes: [SEQUENCE] },
};

/** RFC 4511 section 4.1.1: a sequence with a message's number and an operation. */
function isLdap({ bytes: b, start: o, end }: Opening): boolean {
  const operation = operationOf(b, o, end);
  return operation >= end || (operation > 0 && (b[operation] & 0xc0) === APPLICATION_CLASS);
}

/** A bind with a version, its answer with a result, or a search with a base. */
function isBindOrSearch({ bytes: b, start: o, end }: Opening): boolean {
  const operation = operationOf(b, o, end);
  if (operation < 0) return false;
  const p = afterLength(b, operation + 1, end);
  if (p < 0 || p + 4 > end) return false;
  switch (b[operation]) {
    case BIND_REQUEST:
      return (
        isInteger(b, p, INTEGER) &&
        b[p + 2] >= FIRST_VERSION &&
        b[p + 2] <= LAST_VERSION &&
        b[p + 3] === OCTETS
      );
    case BIND_RESPONSE:
      return isInteger(b, p, ENUMERATED) && b[p + 3] === OCTETS;
    case SEARCH_REQUEST: {
      if (b[p] !== OCTETS) return false;
      const scope = p + 2 + b[p + 1];
      return (
        b[p + 1] < 0x80 &&
        scope + 6 <= end &&
        isInteger(b, scope, ENUMERATED) &&
        isInteger(b, scope + 3, ENUMERATED)
      );
    }
    default:
      return false;
  }
}

function isInteger(b: Uint8Array, o: number, tag: number): boolean {
  return b[o] === tag && b[o + 1] === 1;
}

/** Where the operation's tag stands, maybe behind `end`; -1 if no message begins here. */
function operationOf(b: Uint8Array, o: number, end: number): number {
  if (b[o] !== SEQUENCE) return -1;
  const id = afterLength(b, o + 1, end);
  if (id < 0 || id + 2 >= end || b[id] !== INTEGER || b[id + 1] < 1 || b[id + 1] > 4) return -1;
  const operation = id + 2 + b[id + 1];
  return operation + 2 > id + berLength(b, o + 1) ? -1 : operation;
}
