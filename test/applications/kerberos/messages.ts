/** Builds messages of Kerberos 5 (RFC 4120, 5.4 to 5.9), for tests. */
import { der, derInteger } from '../../support/der.js';

const SEQUENCE = 0x30;
const field = (n: number, ...content: Uint8Array[]) => der(0xa0 | n, ...content);
const text = (s: string) => der(0x1b, s);
const time = (s: string) => der(0x18, s);
const octets = (length: number) => der(0x04, Buffer.alloc(length, 0x7a));

const principal = (name: string) =>
  der(SEQUENCE, field(0, derInteger(1)), field(1, der(SEQUENCE, ...name.split('/').map(text))));

const encrypted = (etype: number, length: number) =>
  der(SEQUENCE, field(0, derInteger(etype)), field(1, derInteger(2)), field(2, octets(length)));

const ticket = (realm: string, service: string, etype: number, length: number) =>
  der(
    0x61,
    der(
      SEQUENCE,
      field(0, derInteger(5)),
      field(1, text(realm)),
      field(2, principal(service)),
      field(3, encrypted(etype, length)),
    ),
  );

interface Names {
  realm?: string;
  client?: string;
  service?: string;
}

export function request(
  type: 10 | 12,
  {
    realm = 'EXAMPLE.ORG',
    client,
    service = 'krbtgt/EXAMPLE.ORG',
    nonce = 4711,
    padata = 40,
  }: Names & {
    nonce?: number;
    padata?: number;
  },
): Buffer {
  const body = der(
    SEQUENCE,
    field(0, der(0x03, Buffer.from([0, 0x40, 0x81, 0, 0x10]))),
    ...(client === undefined ? [] : [field(1, principal(client))]),
    field(2, text(realm)),
    field(3, principal(service)),
    field(5, time('20370913024805Z')),
    field(7, derInteger(nonce)),
    field(8, der(SEQUENCE, derInteger(18), derInteger(23))),
  );
  const preauth = der(SEQUENCE, field(1, derInteger(128)), field(2, octets(padata)));
  return der(
    0x60 | type,
    der(
      SEQUENCE,
      field(1, derInteger(5)),
      field(2, derInteger(type)),
      field(3, der(SEQUENCE, preauth)),
      field(4, body),
    ),
  );
}

export function reply(
  type: 11 | 13,
  {
    realm = 'EXAMPLE.ORG',
    client = 'alice',
    service = 'krbtgt/EXAMPLE.ORG',
    etype = 18,
    length = 60,
  }: Names & {
    etype?: number;
    length?: number;
  },
): Buffer {
  return der(
    0x60 | type,
    der(
      SEQUENCE,
      field(0, derInteger(5)),
      field(1, derInteger(type)),
      field(3, text(realm)),
      field(4, principal(client)),
      field(5, ticket(realm, service, etype, length)),
      field(6, encrypted(17, 50)),
    ),
  );
}

export function apRequest({ realm = 'EXAMPLE.ORG', service = 'host/db.example.org' }: Names): Buffer {
  return der(
    0x6e,
    der(
      SEQUENCE,
      field(0, derInteger(5)),
      field(1, derInteger(14)),
      field(2, der(0x03, Buffer.alloc(5))),
      field(3, ticket(realm, service, 18, 60)),
      field(4, encrypted(18, 60)),
    ),
  );
}

export function apReply(): Buffer {
  return der(
    0x6f,
    der(SEQUENCE, field(0, derInteger(5)), field(1, derInteger(15)), field(2, encrypted(18, 40))),
  );
}

export function refusal(code: number, { realm = 'EXAMPLE.ORG', client, service = 'x/y' }: Names): Buffer {
  return der(
    0x7e,
    der(
      SEQUENCE,
      field(0, derInteger(5)),
      field(1, derInteger(30)),
      field(4, time('20260101000000Z')),
      field(5, derInteger(123_456)),
      field(6, derInteger(code)),
      ...(client === undefined ? [] : [field(7, text(realm)), field(8, principal(client))]),
      field(9, text(realm)),
      field(10, principal(service)),
      field(12, octets(20)),
    ),
  );
}

/** A message as over TCP: behind its length. */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}
