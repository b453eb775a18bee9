/**
 * The first messages of TLS and QUIC as clients and servers of several kinds send them. The sizes span what
 * is common; values that change with every connection come from a random number generator.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import { ascii, be16, concat, hex, sized16, tlsExtension, tlsHandshake, tlsRecord } from './payloads.js';
import type { Random } from './random.js';

/** What a kind of client sends. */
interface Client {
  /** Bytes of the record with its hello. */
  readonly size: number;
  /** How many of a hundred clients are of this kind. */
  readonly share: number;
  readonly ciphers: string;
  readonly alpn: readonly string[];
  /** Extensions besides the server's name and ALPN, with their bodies. */
  readonly extensions: (random: Random) => [type: number, body: Uint8Array][];
  /** Whether it sends reserved values (RFC 8701), and its extensions in another order each time. */
  readonly greases?: boolean;
  readonly isTls12?: boolean;
}

const GROUPS = hex('001d 0017 0018');
const SIGNATURES = hex('0403 0804 0401 0503 0805 0501 0806 0601');
const MORE_SIGNATURES = hex('0403 0503 0603 0807 0808 0809 080a 080b 0804 0805 0806 0401 0501 0601');
const share = (random: Random) => concat(hex('001d'), sized16(random.bytes(32)));

/** IoT with mbedTLS, Go, Windows, Java, curl with OpenSSL 3, Firefox, Chrome with ML-KEM. */
const CLIENTS: readonly Client[] = [
  {
    size: 237,
    share: 7,
    isTls12: true,
    ciphers: 'c02c c02b c030 c02f 009d 009c',
    alpn: [],
    extensions: () => [
      [10, sized16(GROUPS)],
      [11, hex('01 00')],
      [13, sized16(SIGNATURES)],
      [22, hex('')],
      [23, hex('')],
    ],
  },
  {
    size: 252,
    share: 10,
    ciphers: 'c02b c02f c02c c030 cca9 cca8 1301 1302 1303',
    alpn: ['h2', 'http/1.1'],
    extensions: (random) => [
      [5, hex('01 0000 0000')],
      [10, sized16(hex('001d 0017'))],
      [11, hex('01 00')],
      [13, sized16(SIGNATURES)],
      [0xff01, hex('00')],
      [18, hex('')],
      [43, hex('04 0304 0303')],
      [51, sized16(share(random))],
    ],
  },
  {
    size: 289,
    share: 20,
    ciphers: '1302 1301 c02c c02b c030 c02f c024 c023 c028 c027 c00a c009 c014 c013 009d 009c',
    alpn: ['h2', 'http/1.1'],
    extensions: (random) => [
      [5, hex('01 0000 0000')],
      [10, sized16(GROUPS)],
      [11, hex('01 00')],
      [13, sized16(SIGNATURES)],
      [35, hex('')],
      [23, hex('')],
      [43, hex('04 0304 0303')],
      [45, hex('01 01')],
      [51, sized16(share(random))],
    ],
  },
  {
    size: 398,
    share: 8,
    ciphers:
      '1302 1301 1303 c02c c02b cca9 c030 cca8 c02f 009f ccaa 00a3 009e 00a2 c024 c028 c023 c027 006b 006a ' +
      '0067 0040 c00a c014 c009 c013 0039 0038 0033 0032 009d 009c 003d 003c 0035 002f 00ff',
    alpn: [],
    extensions: (random) => [
      [5, hex('01 0000 0000')],
      [10, sized16(hex('001d 0017 0018 0019 001e 0100 0101 0102 0103 0104'))],
      [13, sized16(MORE_SIGNATURES)],
      [50, sized16(MORE_SIGNATURES)],
      [17, hex('0007 02 0004 0000 0000')],
      [23, hex('')],
      [43, hex('04 0304 0303')],
      [45, hex('01 01')],
      [51, sized16(share(random))],
    ],
  },
  {
    size: 517,
    share: 10,
    ciphers: '1302 1303 1301 c02c c030 009f cca9 cca8 ccaa c02b c02f 009e c024 c028 006b c023 c027 0067 00ff',
    alpn: ['h2', 'http/1.1'],
    extensions: (random) => [
      [11, hex('03 00 01 02')],
      [10, sized16(hex('001d 0017 001e 0019 0018'))],
      [35, hex('')],
      [22, hex('')],
      [23, hex('')],
      [13, sized16(MORE_SIGNATURES)],
      [43, hex('04 0304 0303')],
      [45, hex('01 01')],
      [51, sized16(share(random))],
    ],
  },
  {
    size: 661,
    share: 10,
    ciphers: '1301 1303 1302 c02b c02f cca9 cca8 c02c c030 c00a c009 c013 c014 009c 009d 002f 0035',
    alpn: ['h2', 'http/1.1'],
    extensions: (random) => [
      [23, hex('')],
      [0xff01, hex('00')],
      [10, sized16(hex('001d 0017 0018 0019 0100 0101'))],
      [11, hex('01 00')],
      [35, hex('')],
      [5, hex('01 0000 0000')],
      [34, sized16(hex('0403 0503 0603 0203'))],
      [51, sized16(concat(share(random), hex('0017'), sized16(random.bytes(65))))],
      [43, hex('04 0304 0303')],
      [13, sized16(MORE_SIGNATURES)],
      [45, hex('01 01')],
      [28, hex('4001')],
    ],
  },
  {
    size: 1756,
    share: 35,
    greases: true,
    ciphers: '1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035',
    alpn: ['h2', 'http/1.1'],
    extensions: (random) => [
      [23, hex('')],
      [0xff01, hex('00')],
      [10, sized16(concat(grease(random), hex('11ec 001d 0017 0018')))],
      [11, hex('01 00')],
      [35, hex('')],
      [5, hex('01 0000 0000')],
      [13, sized16(SIGNATURES)],
      [18, hex('')],
      [51, sized16(concat(hex('11ec'), sized16(random.bytes(1216)), share(random)))],
      [45, hex('01 01')],
      [43, concat(hex('06'), grease(random), hex('0304 0303'))],
      [27, hex('02 0002')],
      [0x44cd, hex('0003 02 6832')],
      [0xfe0d, concat(hex('00 0001 0001 7a'), sized16(random.bytes(32)), sized16(random.bytes(144)))],
    ],
  },
];

/** Each client as often as its share. */
const BY_SHARE = CLIENTS.flatMap((client) => Array.from({ length: client.share }, () => client));

function grease(random: Random): Uint8Array {
  const byte = (random.int(0, 15) << 4) | 0x0a;
  return Uint8Array.of(byte, byte);
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

/** A ClientHello without its record; padded to `size` bytes, if it is shorter. */
function hello(client: Client, serverName: string, random: Random, more: [number, Uint8Array][]): Uint8Array {
  const name = tlsExtension(0, sized16(concat(hex('00'), sized16(ascii(serverName)))));
  const protocols = client.alpn.map((p) => concat(Uint8Array.of(p.length), ascii(p)));
  const alpn = protocols.length === 0 ? hex('') : tlsExtension(16, sized16(concat(...protocols)));
  let extensions = [...client.extensions(random), ...more].map(([type, body]) => tlsExtension(type, body));
  extensions = [name, alpn, ...extensions];
  if (client.greases) {
    const reserved = () => concat(grease(random), hex('0000'));
    extensions = [reserved(), ...shuffled(random, extensions), reserved()];
  }
  const ciphers = concat(client.greases ? grease(random) : hex(''), hex(client.ciphers));
  const head = concat(
    hex('0303'),
    random.bytes(32),
    client.isTls12 ? hex('00') : concat(hex('20'), random.bytes(32)),
    sized16(ciphers),
    hex('01 00'),
  );
  const body = concat(...extensions);
  const room = client.size - 5 - 4 - head.length - 2 - body.length - 4;
  const padding = room >= 0 ? tlsExtension(21, new Uint8Array(room)) : hex('');
  const message = concat(head, sized16(concat(body, padding)));
  return concat(hex('01 00'), be16(message.length), message);
}

/** A ClientHello of one of the clients, by their shares, and whether it speaks TLS 1.2 only. */
export function clientHello(serverName: string, random: Random): { hello: Uint8Array; isTls12: boolean } {
  const client = random.pick(BY_SHARE);
  return { hello: tlsRecord(22, hello(client, serverName, random, [])), isTls12: client.isTls12 === true };
}

/** The server's flight of TLS 1.2: its hello, a certificate of this many bytes, the key exchange, its end. */
export function serverFlight12(certificate: Uint8Array, random: Random): Uint8Array {
  const extensions = concat(tlsExtension(0xff01, hex('00')), tlsExtension(11, hex('01 00')));
  const serverHello = concat(hex('0303'), random.bytes(32), hex('00 c02f 00'), sized16(extensions));
  const sized24 = (b: Uint8Array) => concat(Uint8Array.of(b.length >> 16), be16(b.length & 0xffff), b);
  return concat(
    tlsHandshake(2, serverHello),
    tlsHandshake(11, sized24(sized24(certificate))),
    tlsHandshake(12, concat(hex('03 001d 20'), random.bytes(32), hex('0804'), sized16(random.bytes(256)))),
    tlsHandshake(14, hex('')),
  );
}

/** The client's second flight of TLS 1.2, and the server's answer to it. */
export function finished12(random: Random, fromClient: boolean): Uint8Array {
  const exchange = fromClient ? tlsHandshake(16, concat(hex('20'), random.bytes(32))) : hex('');
  return concat(exchange, tlsRecord(20, hex('01')), tlsRecord(22, random.bytes(40)));
}

/** RFC 9001 section 5.2, version 1. */
const SALT = hex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');

const hmac = (key: Uint8Array, data: Uint8Array) => createHmac('sha256', key).update(data).digest();

/** HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1), for at most 32 bytes. */
function expand(secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = ascii(`tls13 ${label}`);
  const info = concat(be16(length), Uint8Array.of(name.length), name, hex('00 01'));
  return hmac(secret, info).subarray(0, length);
}

/**
 * A QUIC version 1 Initial packet with a CRYPTO frame, encrypted and padded to 1,200 bytes (RFC 9001 section
 * 5).
 */
function initial(
  keysOf: Uint8Array,
  to: Uint8Array,
  from: Uint8Array,
  number: number,
  offset: number,
  crypto: Uint8Array,
  fromClient: boolean,
): Uint8Array {
  const secret = expand(hmac(SALT, keysOf), fromClient ? 'client in' : 'server in', 32);
  const key = expand(secret, 'quic key', 16);
  const iv = Uint8Array.from(expand(secret, 'quic iv', 12));
  const protection = expand(secret, 'quic hp', 16);
  const header = (length: number) =>
    concat(
      hex('c0 00000001'),
      Uint8Array.of(to.length),
      to,
      Uint8Array.of(from.length),
      from,
      hex('00'),
      be16(0x4000 | length),
      Uint8Array.of(number),
    );
  const frame = concat(hex('06'), be16(0x4000 | offset), be16(0x4000 | crypto.length), crypto);
  const plain = concat(frame, new Uint8Array(Math.max(0, 1200 - header(0).length - 16 - frame.length)));
  const head = header(1 + plain.length + 16);
  iv[11] = iv[11]! ^ number;
  const cipher = createCipheriv('aes-128-gcm', key, iv);
  cipher.setAAD(head);
  const body = concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
  const packet = concat(head, body);
  const at = head.length - 1;
  const mask = createCipheriv('aes-128-ecb', protection, null).update(packet.subarray(at + 4, at + 20));
  packet[0] = packet[0]! ^ (mask[0]! & 0x0f);
  packet[at] = packet[at]! ^ mask[1]!;
  return packet;
}

/** The first datagrams of a QUIC connection: the browser's hello, in as many as it takes, and the answer. */
export function quicHandshake(
  serverName: string,
  random: Random,
): { asks: Uint8Array[]; answer: Uint8Array } {
  const to = random.bytes(8);
  const from = random.bytes(4);
  const client = { ...CLIENTS.at(-1)!, size: 0, alpn: ['h3'] };
  const parameters: [number, Uint8Array][] = [
    [57, concat(hex('01 04 8001 d4c0 04 04 8010 0000 0f 04'), from)],
  ];
  const message = hello(client, serverName, random, parameters);
  const asks: Uint8Array[] = [];
  for (let o = 0; o < message.length; o += 1100)
    asks.push(initial(to, to, from, asks.length, o, message.subarray(o, o + 1100), true));
  const extensions = concat(tlsExtension(43, hex('0304')), tlsExtension(51, share(random)));
  const body = concat(hex('0303'), random.bytes(32), hex('00 1301 00'), sized16(extensions));
  const serverHello = concat(hex('02 00'), be16(body.length), body);
  return { asks, answer: initial(to, from, random.bytes(8), 0, 0, serverHello, false) };
}
