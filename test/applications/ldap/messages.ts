/** Builds messages of LDAP (RFC 4511), for tests. */
import { der, derInteger } from '../../support/der.js';

const OCTETS = 0x04;
const ENUMERATED = 0x0a;
const octets = (content: Uint8Array | string) => der(OCTETS, content);

/** An LDAPMessage with an operation. */
export const message = (id: number, operation: Uint8Array) => der(0x30, derInteger(id), operation);

export const simpleBind = (id: number, dn: string, password: string) =>
  message(id, der(0x60, derInteger(3), octets(dn), der(0x80, password)));

export const saslBind = (id: number, mechanism: string, token?: Uint8Array, dn = '') =>
  message(
    id,
    der(
      0x60,
      derInteger(3),
      octets(dn),
      der(0xa3, octets(mechanism), ...(token === undefined ? [] : [octets(token)])),
    ),
  );

/** Sicily: 10 begins, 11 ends it. */
export const sicilyBind = (id: number, step: 10 | 11, dn: string, token: Uint8Array) =>
  message(id, der(0x60, derInteger(3), octets(dn), der(0x80 | step, token)));

export const unbind = (id: number) => message(id, der(0x42));
export const abandon = (id: number) => message(id, der(0x50, Buffer.from([2])));

export function search(id: number, base: string, scope: number, what: Uint8Array): Buffer {
  return message(
    id,
    der(
      0x63,
      octets(base),
      derInteger(scope, ENUMERATED),
      derInteger(0, ENUMERATED),
      derInteger(1000),
      derInteger(0),
      der(0x01, Buffer.from([0])),
      what,
      der(0x30, octets('cn'), octets('mail')),
    ),
  );
}

/** An operation by its tag, with a DN first. */
export const change = (id: number, tag: number, dn: string) => message(id, der(tag, octets(dn), der(0x30)));
export const remove = (id: number, dn: string) => message(id, der(0x4a, dn));
export const extended = (id: number, oid: string) => message(id, der(0x77, der(0x80, oid)));

/** Responses, by their tag, with a result code. */
export const result = (id: number, tag: number, code: number, ...more: Uint8Array[]) =>
  message(id, der(tag, derInteger(code, ENUMERATED), octets(''), octets('as is'), ...more));
export const entry = (id: number, dn: string, length = 20) =>
  message(
    id,
    der(0x64, octets(dn), der(0x30, der(0x30, octets('cn'), der(0x31, octets(Buffer.alloc(length, 0x78)))))),
  );
export const reference = (id: number, url: string) => message(id, der(0x73, octets(url)));
export const responseName = (oid: string) => der(0x8a, oid);

// Filters (4.5.1.7).
const pair = (tag: number, attribute: string, value: Uint8Array | string) =>
  der(tag, octets(attribute), octets(value));
export const and = (...filters: Uint8Array[]) => der(0xa0, ...filters);
export const or = (...filters: Uint8Array[]) => der(0xa1, ...filters);
export const not = (what: Uint8Array) => der(0xa2, what);
export const equal = (attribute: string, value: Uint8Array | string) => pair(0xa3, attribute, value);
export const atLeast = (attribute: string, value: string) => pair(0xa5, attribute, value);
export const atMost = (attribute: string, value: string) => pair(0xa6, attribute, value);
export const present = (attribute: string) => der(0x87, attribute);
export const like = (attribute: string, value: string) => pair(0xa8, attribute, value);
/** Pieces by their tags: 0x80 at the beginning, 0x81 within, 0x82 at the end. */
export const substrings = (attribute: string, ...pieces: [number, string][]) =>
  der(0xa4, octets(attribute), der(0x30, ...pieces.map(([tag, s]) => der(tag, s))));
export const extensible = (rule: string, type: string, value: string, ofDn = false) =>
  der(
    0xa9,
    ...(rule === '' ? [] : [der(0x81, rule)]),
    ...(type === '' ? [] : [der(0x82, type)]),
    der(0x83, value),
    ...(ofDn ? [der(0x84, Buffer.from([0xff]))] : []),
  );

/** A buffer of SASL (RFC 4422, 3.7): what is in it behind its length. */
export function buffer(...content: Uint8Array[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.reduce((n, c) => n + c.length, 0));
  return Buffer.concat([length, ...content]);
}

/** The header of a wrap token of Kerberos (RFC 4121, 4.2.6.2): flags, checksum's length, rotation. */
export function wrapToken(flags: number, checksum: number, rotation: number): Buffer {
  const b = Buffer.alloc(16, 0);
  b.set([5, 4, flags, 0xff]);
  b.writeUInt16BE(checksum, 4);
  b.writeUInt16BE(rotation, 6);
  return b;
}

/** NTLM's signature (MS-NLMP 2.2.2.9.1). */
export const signature = () => Buffer.from('01000000aabbccddeeff001100000000', 'hex');
