/** Builds messages of TLS, from the RFCs. */

type Part = number | Uint8Array | readonly Part[];

/** Bytes one after the other. */
export function bytes(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(flat));
}

function flat(part: Part): number[] {
  if (typeof part === 'number') return [part];
  return part instanceof Uint8Array ? [...part] : part.flatMap(flat);
}

export const u16 = (n: number) => bytes(n >> 8, n & 0xff);
export const u24 = (n: number) => bytes(n >> 16, (n >> 8) & 0xff, n & 0xff);
export const text = (s: string) => Uint8Array.from(Buffer.from(s, 'latin1'));

/** Bytes with their length in 1, 2 or 3 bytes before them. */
export const in1 = (...parts: Part[]) => bytes(bytes(...parts).length, ...parts);
export const in2 = (...parts: Part[]) => bytes(u16(bytes(...parts).length), ...parts);
export const in3 = (...parts: Part[]) => bytes(u24(bytes(...parts).length), ...parts);

export const extension = (type: number, ...parts: Part[]) => bytes(u16(type), in2(...parts));
export const serverName = (name: string) => extension(0, in2(0, in2(text(name))));
export const alpn = (...names: (string | Uint8Array)[]) =>
  extension(16, in2(names.map((n) => in1(typeof n === 'string' ? text(n) : n))));
export const algorithms = (...all: number[]) => extension(13, in2(all.map(u16)));
export const versions = (...all: number[]) => extension(43, in1(all.map(u16)));
export const chosenVersion = (version: number) => extension(43, u16(version));

export const message = (type: number, ...parts: Part[]) => bytes(type, in3(...parts));
export const record = (type: number, ...parts: Part[]) => bytes(type, 3, 3, in2(...parts));
export const handshake = (...parts: Part[]) => record(22, ...parts);
export const CHANGE = record(20, 1);
export const data = (length = 40) => record(23, new Uint8Array(length).fill(0x77));
/** A handshake record behind ChangeCipherSpec. */
export const finished = () => record(22, new Uint8Array(40).fill(0x99));
export const alert = (level: number, description: number) => record(21, level, description);

export interface Offer {
  version?: number;
  session?: Uint8Array;
  /** A cookie, in DTLS. */
  cookie?: Uint8Array;
  ciphers?: readonly number[];
  extensions?: readonly Uint8Array[];
}

const RANDOM = new Uint8Array(32).fill(0x5a);

/** A ClientHello (RFC 8446, 4.1.2), without its handshake header. */
export function clientHelloBody(offer: Offer = {}): Uint8Array {
  const { version = 0x0303, session = bytes(), cookie, ciphers = [0x1301, 0xc02f], extensions } = offer;
  return bytes(
    u16(version),
    RANDOM,
    in1(session),
    cookie === undefined ? [] : in1(cookie),
    in2(ciphers.map(u16)),
    in1(0),
    extensions === undefined ? [] : in2(...extensions),
  );
}

export const clientHello = (offer: Offer = {}) => message(1, clientHelloBody(offer));

export interface Choice {
  version?: number;
  random?: Uint8Array;
  session?: Uint8Array;
  cipher?: number;
  extensions?: readonly Uint8Array[];
}

/** A ServerHello (RFC 8446, 4.1.3), without its handshake header. */
export function serverHelloBody(choice: Choice = {}): Uint8Array {
  const { version = 0x0303, random = RANDOM, session = bytes(), cipher = 0xc02f, extensions } = choice;
  return bytes(
    u16(version),
    random,
    in1(session),
    u16(cipher),
    0,
    extensions === undefined ? [] : in2(...extensions),
  );
}

export const serverHello = (choice: Choice = {}) => message(2, serverHelloBody(choice));

/** SHA-256 of `HelloRetryRequest` (RFC 8446, 4.1.3). */
export const RETRY = Uint8Array.from(
  Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'),
);

/** A Certificate message (RFC 5246, 7.4.2). */
export const certificates = (...all: Uint8Array[]) => message(11, in3(...all.map((c) => in3(c))));

/** Each of DER's values: tag, length, content. */
export function der(tag: number, ...parts: Part[]): Uint8Array {
  const content = bytes(...parts);
  const { length } = content;
  if (length < 0x80) return bytes(tag, length, content);
  return length < 0x100 ? bytes(tag, 0x81, length, content) : bytes(tag, 0x82, u16(length), content);
}

export const oid = (hexadecimal: string) => der(6, Buffer.from(hexadecimal, 'hex'));
export const attribute = (kind: number, tag: number, value: Uint8Array | string) =>
  der(0x31, der(0x30, der(6, 0x55, 4, kind), der(tag, typeof value === 'string' ? text(value) : value)));
export const name = (...attributes: Uint8Array[]) => der(0x30, ...attributes);
const SHA256_RSA = der(0x30, oid('2a864886f70d01010b'), der(5));
/** A key of RSA with a modulus of 2048 bits. */
const RSA_KEY = der(
  0x30,
  der(0x30, oid('2a864886f70d010101'), der(5)),
  der(3, 0, der(0x30, der(2, 0, 0xc1, new Uint8Array(255).fill(0x35)), der(2, 1, 0, 1))),
);

export interface Subject {
  serial?: Uint8Array;
  issuer?: Uint8Array;
  subject?: Uint8Array;
  from?: Uint8Array;
  to?: Uint8Array;
  key?: Uint8Array;
  signature?: Uint8Array;
  /** GeneralNames. */
  names?: readonly Uint8Array[];
}

export const utcTime = (s: string) => der(0x17, text(s));
export const generalizedTime = (s: string) => der(0x18, text(s));

/** A certificate (RFC 5280, 4.1) with a signature of nobody's. */
export function certificate(s: Subject = {}): Uint8Array {
  const signature = s.signature ?? SHA256_RSA;
  const subject = s.subject ?? name(attribute(3, 0x0c, 'www.example.com'));
  const names = s.names ?? [der(0x82, text('www.example.com')), der(0x87, 192, 0, 2, 1)];
  const body = der(
    0x30,
    der(0xa0, der(2, 2)),
    der(2, s.serial ?? bytes(0x01, 0x02, 0xab)),
    signature,
    s.issuer ?? name(attribute(10, 0x13, 'Example'), attribute(3, 0x0c, 'Example CA')),
    der(0x30, s.from ?? utcTime('240102030405Z'), s.to ?? utcTime('340102030405Z')),
    subject,
    s.key ?? RSA_KEY,
    der(0xa3, der(0x30, der(0x30, oid('551d11'), der(4, der(0x30, ...names))))),
  );
  return der(0x30, body, signature, der(3, 0, new Uint8Array(256).fill(0x42)));
}
