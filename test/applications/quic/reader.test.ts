import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuicReader } from '../../../src/applications/quic/reader.js';
import type { Application } from '../../../src/applications/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import {
  clientHello,
  crypto,
  initial,
  keysOf,
  longHeader,
  padded,
  serverHello,
  V1,
  V2,
  type Version,
} from './packets.js';

const QUIC: Application = { name: 'quic', udp: { is: () => true }, newReader: () => new QuicReader() };
const talk = () => new Conversation([QUIC], { client: 50000, server: 443 });

const ID = hex('8394c8f03e515708');
const SERVER_ID = hex('c15d62c70884f4b5');
const ACK = hex('02 00 00 00 00');
const NAME = { ServerName: 'www.example.org', Alpn: 'h3', QuicVersion: '1' };
const SERVER = { TlsVersion: 'TLS 1.3', TlsCipher: 'TLS_AES_128_GCM_SHA256' };
const HELLO = clientHello('www.example.org');
const ANSWER = initial(padded(300, ACK, crypto(0, serverHello())), {
  keyId: ID,
  to: Buffer.alloc(4, 7),
  from: SERVER_ID,
  byClient: false,
});

describe('keys', () => {
  it('are those of RFC 9001, A.1, and RFC 9369, A.1', () => {
    expect(keysOf(V1, ID, true).key.toString('hex')).toBe('1f369613dd76d5467730efcbe3b1a22d');
    expect(keysOf(V1, ID, false).hp.toString('hex')).toBe('c206b8d9b9f0f37644430b490eeaa314');
    expect(keysOf(V2, ID, true).key.toString('hex')).toBe('8b1a0bc121284290a29e0971b5cd045d');
  });

  it('open the packet of RFC 9001, A.2', () => {
    const packet = hex(readFileSync(new URL('rfc9001-a2.hex', import.meta.url), 'latin1'));
    const c = talk().datagram(0, packet).end();
    expect(c.told).toMatchObject({ ServerName: 'example.com', Alpn: 'alpn', QuicVersion: '1' });
    expect(c.told.Ja4).toMatch(/^q13d02/);
    expect(c.told.Partial).toBeUndefined();
  });

  it('are made for every version', () => {
    const draft22 = '7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a';
    const draft23 = 'c3eef712c72ebb5a11a7d2432bb46365bef9f502';
    const draft29 = 'afbfec289993d24c9e9786f19c6111e04390a899';
    const versions: [number, string, string][] = [
      [0xff000016, draft22, 'draft-22'],
      [0xff000017, draft23, 'draft-23'],
      [0xff00001c, draft23, 'draft-28'],
      [0xff00001d, draft29, 'draft-29'],
      [0xff000020, draft29, 'draft-32'],
      [0xff000021, V1.salt, 'draft-33'],
      [0xff000022, V1.salt, 'draft-34'],
      [0xfaceb001, draft22, '0xfaceb001'],
      [0xfaceb002, draft23, '0xfaceb002'],
      [0x54303531, '7a4edef4e7ccee5fa4506c19124fc8ccda6e033d', '0x54303531'],
    ];
    const all: [Version, string][] = versions.map(([number, salt, word]) => [
      { number, salt, label: 'quic', type: 0 },
      word,
    ]);
    all.push([V2, '2']);
    const salt = 'a707c203a59b47184a1d62ca570406ea7ae3e5d3';
    all.push([{ ...V2, number: 0x709a50c4, salt }, '0x709a50c4']);
    for (const [version, word] of all) {
      const o = { version, keyId: ID };
      const c = talk()
        .datagram(0, initial(padded(1100, crypto(0, HELLO)), o))
        .datagram(
          1,
          initial(padded(300, crypto(0, serverHello())), { ...o, byClient: false, to: SERVER_ID }),
        );
      expect(c.told).toMatchObject({ ...NAME, ...SERVER, QuicVersion: word });
      expect(c.isOver).toBe(true);
    }
  });
});

describe('the hellos', () => {
  it('are read, and then nothing more', () => {
    const c = talk()
      .datagram(0, initial(padded(1100, crypto(0, HELLO)), { keyId: ID }))
      .datagram(1, ANSWER);
    expect(c.told).toMatchObject({ ...NAME, ...SERVER });
    expect(c.isOver).toBe(true);
  });

  it('come in pieces of any order, with other frames between, and one of them late', () => {
    const long = clientHello('www.example.org', 1184);
    const pieces = [0, 3, 100, 700, 1000, long.length].flatMap((at, i, all) =>
      i + 1 < all.length ? [crypto(at, long.subarray(at, all[i + 1]))] : [],
    );
    const [a, b, c, d, e] = pieces;
    const ping = Buffer.from([1]);
    const ecn = hex('03 05 4064 01 02 00 01 01 02 03');
    const packets = [
      initial(padded(1100, ping, d, ecn, b), { keyId: ID, token: Buffer.alloc(70, 1) }),
      initial(padded(900, e, ping), { keyId: ID, number: 300, numberLength: 2 }),
      initial(padded(1100, c, Buffer.alloc(9), a), { keyId: ID, number: 2, numberLength: 4 }),
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 1, 0, 0, 2],
    ]) {
      const t = talk();
      for (const i of order) t.datagram(0, packets[i]);
      expect(t.told).toMatchObject(NAME);
      expect(t.told.Ja4).toMatch(/^q13d0305h3_/);
      expect(t.told.Partial).toBeUndefined();
    }
  });

  it('go on under the id that the server gave, also if that packet overtakes', () => {
    const long = clientHello('www.example.org', 1400);
    const first = initial(padded(1100, crypto(0, long.subarray(0, 1000))), { keyId: ID });
    const second = initial(padded(1100, crypto(1000, long.subarray(1000))), { keyId: ID, to: SERVER_ID });
    expect(talk().datagram(0, first).datagram(0, second).told).toMatchObject(NAME);
    const c = talk().datagram(0, second).datagram(0, first).datagram(1, ANSWER);
    expect(c.told).toMatchObject({ ...NAME, ...SERVER });
  });

  it('say who is the client, also if the answer comes first', () => {
    const c = talk()
      .datagram(0, ANSWER)
      .datagram(1, initial(padded(1100, crypto(0, HELLO)), { keyId: ID }));
    expect(c.told).toMatchObject({ ...NAME, ...SERVER });
    expect(c.client).toBe(1);
  });

  it('are found behind early data, and before other packets', () => {
    const early = Buffer.concat([longHeader(V1, 0xd0, ID, SERVER_ID), hex('0a 00112233445566778899')]);
    const handshake = Buffer.concat([longHeader(V1, 0xe0, SERVER_ID, ID), hex('0a 00112233445566778899')]);
    const hello = initial(padded(1000, crypto(0, HELLO)), { keyId: ID });
    const c = talk()
      .datagram(0, Buffer.concat([early, hello]))
      .datagram(1, Buffer.concat([ANSWER, handshake, hex('40 0102')]));
    expect(c.told).toMatchObject({ ...NAME, ...SERVER });
  });

  it('come again after a Retry, with keys of the id that it gave', () => {
    const half = padded(1100, crypto(0, HELLO.subarray(0, 100)));
    const retry = Buffer.concat([longHeader(V1, 0xf0, Buffer.alloc(4, 7), SERVER_ID), Buffer.alloc(40, 3)]);
    const c = talk()
      .datagram(0, initial(half, { keyId: ID }))
      .datagram(1, retry)
      .datagram(0, initial(padded(1100, crypto(0, HELLO)), { keyId: SERVER_ID, number: 1 }))
      .datagram(1, initial(crypto(0, serverHello()), { keyId: SERVER_ID, to: ID, byClient: false }));
    expect(c.told).toMatchObject({ ...NAME, ...SERVER });
  });

  it('of a server may ask for another one of the client first', () => {
    const retry = serverHello(true);
    const o = { keyId: ID, to: Buffer.alloc(4, 7), byClient: false };
    const c = talk()
      .datagram(0, initial(padded(1100, crypto(0, HELLO)), { keyId: ID }))
      .datagram(1, initial(crypto(0, retry), o));
    expect(c.told.TlsCipher).toBeUndefined();
    c.datagram(1, initial(crypto(retry.length, serverHello()), { ...o, number: 1 }));
    expect(c.told).toMatchObject(SERVER);
  });

  it('may be answered in another version (RFC 9368)', () => {
    const c = talk()
      .datagram(0, initial(padded(1100, crypto(0, HELLO)), { keyId: ID }))
      .datagram(
        1,
        initial(crypto(0, serverHello()), { keyId: ID, to: SERVER_ID, byClient: false, version: V2 }),
      );
    expect(c.told).toMatchObject({ ...NAME, ...SERVER });
  });
});

describe('what is missing', () => {
  it('of a frame that was cut: the beginning is read', () => {
    const hello = clientHello('www.example.org', 400);
    const packet = initial(padded(1100, crypto(0, hello)), { keyId: ID });
    const c = talk()
      .datagram(0, packet, hello.length + 15)
      .datagram(1, ANSWER);
    expect(c.told).toMatchObject({ ...NAME, ...SERVER, Partial: 'cut' });
    expect(c.told.Ja4).toBeUndefined();
  });

  it('of a hello: what is there is told at the end', () => {
    const long = clientHello('www.example.org', 100);
    const c = talk()
      .datagram(0, initial(padded(1100, crypto(0, long.subarray(0, long.length - 12))), { keyId: ID }))
      .end();
    expect(c.told).toMatchObject({ ...NAME, Partial: 'gap' });
    expect(c.told.Ja4).toBeUndefined();
  });

  it('is not waited for without an end', () => {
    const c = talk().datagram(0, initial(padded(1100, crypto(0, HELLO)), { keyId: ID }));
    for (let i = 0; i < 12; i++) c.datagram(0, hex('40 010203'));
    expect(c.isOver).toBe(true);
    const d = talk();
    for (let i = 0; i < 16; i++) d.datagram(0, initial(padded(1100, ACK), { keyId: ID, number: i }));
    expect(d.isOver).toBe(true);
    expect(d.told).toEqual({ QuicVersion: '1' });
  });

  it('of the first packet leaves the version', () => {
    const c = talk().datagram(1, ANSWER).end();
    expect(c.told).toEqual({ QuicVersion: '1' });
  });

  it('when a hello is longer than what is kept', () => {
    const long = Buffer.from(clientHello('www.example.org', 6000));
    const c = talk();
    for (let at = 0; at < long.length; at += 1000)
      c.datagram(
        0,
        initial(padded(1100, crypto(at, long.subarray(at, at + 1000))), { keyId: ID, number: at / 1000 }),
      );
    expect(c.told.Partial).toBe('limit');
  });
});

describe('versions', () => {
  const unknown = (word: string, id = ID) =>
    Buffer.concat([Buffer.from([0xc3]), hex(word), Buffer.from([id.length]), id, Buffer.alloc(300, 9)]);

  it('that are not known are told when both sides speak them', () => {
    const c = talk().datagram(0, unknown('abcdef01'));
    expect(c.told).toEqual({});
    c.datagram(1, unknown('abcdef01'));
    expect(c.told).toEqual({ QuicVersion: '0xabcdef01' });
    expect(c.isOver).toBe(true);
  });

  it("of Google's own are told by name", () => {
    expect(talk().datagram(0, unknown('51303436')).told).toEqual({ QuicVersion: 'Q046' });
    const q043 = Buffer.concat([hex('0d'), ID, Buffer.from('Q043'), Buffer.alloc(200, 1)]);
    expect(talk().datagram(0, q043).told).toEqual({ QuicVersion: 'Q043' });
  });

  it('that were refused are not told, nor those that stand for none', () => {
    const negotiation = Buffer.concat([longHeader({ ...V1, number: 0 }, 0x80, ID, ID), hex('00000001')]);
    const c = talk()
      .datagram(0, unknown('abcdef01'))
      .datagram(1, negotiation)
      .datagram(0, initial(padded(1100, crypto(0, HELLO)), { keyId: SERVER_ID }));
    expect(c.told).toMatchObject(NAME);
    expect(talk().datagram(0, unknown('1a2a3a4a')).end().told).toEqual({});
  });
});

it('takes any bytes', () => {
  const packet = initial(padded(1100, crypto(0, HELLO)), { keyId: ID });
  const changes = fc.array(fc.tuple(fc.nat(packet.length - 1), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(changes, fc.integer({ min: 1, max: packet.length }), fc.boolean(), (all, length, isCut) => {
      const bytes = Buffer.from(packet);
      for (const [at, value] of all) bytes[at] = value;
      const c = talk();
      if (isCut) c.datagram(0, bytes, length);
      else c.datagram(0, bytes.subarray(0, length));
      c.datagram(1, ANSWER).datagram(0, bytes).end();
    }),
    { numRuns: 300 },
  );
});
