import { createCipheriv, createHmac } from 'node:crypto';

/** A version whose Initial packets can be made: its number, salt, labels, and bits of an Initial's type. */
export interface Version {
  readonly number: number;
  readonly salt: string;
  readonly label: string;
  readonly type: number;
}

export const V1: Version = {
  number: 1,
  salt: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a',
  label: 'quic',
  type: 0,
};
export const V2: Version = {
  number: 0x6b3343cf,
  salt: '0dede3def700a6db819381be6e269dcbf9bd2ed9',
  label: 'quicv2',
  type: 1,
};

const hmac = (key: Uint8Array, ...texts: Uint8Array[]) =>
  createHmac('sha256', key).update(Buffer.concat(texts)).digest();

/** HKDF-Expand-Label (RFC 8446, 7.1). */
function expand(secret: Uint8Array, label: string, length: number): Buffer {
  const text = Buffer.from(`tls13 ${label}`);
  return hmac(secret, Buffer.from([0, length, text.length]), text, Buffer.from([0, 1])).subarray(0, length);
}

/** Keys of Initial packets (RFC 9001, 5.2), by Node's own functions. */
export function keysOf(version: Version, id: Uint8Array, byClient: boolean) {
  const initial = hmac(Buffer.from(version.salt, 'hex'), id);
  const secret = expand(initial, byClient ? 'client in' : 'server in', 32);
  return {
    key: expand(secret, `${version.label} key`, 16),
    iv: expand(secret, `${version.label} iv`, 12),
    hp: expand(secret, `${version.label} hp`, 16),
  };
}

/** A variable-length integer (RFC 9000, 16), of 2 bytes up to 16383. */
export function varint(n: number): Buffer {
  if (n < 64) return Buffer.from([n]);
  if (n < 16384) return Buffer.from([0x40 | (n >> 8), n & 0xff]);
  return Buffer.from([0x80 | (n >>> 24), (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff]);
}

export function crypto(offset: number, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([6]), varint(offset), varint(data.length), data]);
}

export interface InitialOptions {
  readonly version?: Version;
  readonly byClient?: boolean;
  /** The id that keys are made of; the packet's destination and source. */
  readonly keyId: Uint8Array;
  readonly to?: Uint8Array;
  readonly from?: Uint8Array;
  readonly token?: Uint8Array;
  readonly number?: number;
  /** Bytes of the packet number. */
  readonly numberLength?: number;
}

/** The beginning of a long header: flags, version, ids. */
export function longHeader(version: Version, flags: number, to: Uint8Array, from: Uint8Array): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(version.number);
  return Buffer.concat([
    Buffer.from([flags]),
    number,
    Buffer.from([to.length]),
    to,
    Buffer.from([from.length]),
    from,
  ]);
}

/** An Initial packet with these frames (RFC 9000, 17.2.2). */
export function initial(frames: Uint8Array, o: InitialOptions): Buffer {
  const { version = V1, byClient = true, number = 0, numberLength = 1 } = o;
  const { key, iv, hp } = keysOf(version, o.keyId, byClient);
  const flags = 0xc0 | (version.type << 4) | (numberLength - 1);
  const token = o.token ?? Buffer.alloc(0);
  const full = Buffer.alloc(4);
  full.writeUInt32BE(number);
  const header = Buffer.concat([
    longHeader(version, flags, o.to ?? o.keyId, o.from ?? Buffer.alloc(4, 7)),
    varint(token.length),
    token,
    varint(numberLength + frames.length + 16),
    full.subarray(4 - numberLength),
  ]);
  const nonce = Buffer.from(iv);
  nonce.writeInt32BE(nonce.readInt32BE(8) ^ number, 8);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  cipher.setAAD(header);
  const packet = Buffer.concat([header, cipher.update(frames), cipher.final(), cipher.getAuthTag()]);
  const at = header.length - numberLength;
  const ecb = createCipheriv('aes-128-ecb', hp, null);
  const mask = ecb.update(packet.subarray(at + 4, at + 20));
  packet[0] ^= mask[0] & 0x0f;
  for (let i = 0; i < numberLength; i++) packet[at + i] ^= mask[1 + i];
  return packet;
}

/** Frames filled up with PADDING. */
export function padded(length: number, ...frames: Uint8Array[]): Buffer {
  const all = Buffer.concat(frames);
  return Buffer.concat([all, Buffer.alloc(Math.max(0, length - all.length))]);
}

const vector = (lengthBytes: number, ...parts: Uint8Array[]): Buffer => {
  const all = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(all.length);
  return Buffer.concat([length.subarray(4 - lengthBytes), all]);
};
const extension = (type: number, data: Uint8Array) =>
  Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, data)]);

/** A client's hello (RFC 8446, 4.1.2) with a name, h3, and as many bytes of key share. */
export function clientHello(name: string, share = 32): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 0x5a),
    vector(1),
    vector(2, Buffer.from('130113021303', 'hex')),
    vector(1, Buffer.from([0])),
    vector(
      2,
      extension(51, vector(2, Buffer.from('001d', 'hex'), vector(2, Buffer.alloc(share, 0x77)))),
      extension(0, vector(2, Buffer.from([0]), vector(2, Buffer.from(name)))),
      extension(16, vector(2, vector(1, Buffer.from('h3')))),
      extension(13, vector(2, Buffer.from('04030804', 'hex'))),
      extension(43, vector(1, Buffer.from('0304', 'hex'))),
    ),
  ]);
  return Buffer.concat([Buffer.from([1]), vector(3, body)]);
}

/** A server's hello (RFC 8446, 4.1.3): TLS 1.3, AES-128; or one that asks for another hello of the client. */
export function serverHello(isRetry = false): Buffer {
  const random = isRetry
    ? Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')
    : Buffer.alloc(32, 0x33);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    random,
    vector(1),
    Buffer.from('130100', 'hex'),
    vector(
      2,
      extension(51, Buffer.concat([Buffer.from('001d', 'hex'), vector(2, Buffer.alloc(32, 0x66))])),
      extension(43, Buffer.from('0304', 'hex')),
    ),
  ]);
  return Buffer.concat([Buffer.from([2]), vector(3, body)]);
}
