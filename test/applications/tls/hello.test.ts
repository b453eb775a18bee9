import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListHash } from '../../../src/applications/tls/list-hash.js';
import { TlsReader } from '../../../src/applications/tls/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import {
  algorithms,
  alpn,
  bytes,
  chosenVersion,
  clientHello,
  clientHelloBody,
  extension,
  handshake,
  message,
  type Offer,
  serverHello,
  serverName,
  versions,
} from './build.js';

const TLS = { name: 'tls', tcp: { is: () => true }, newReader: () => new TlsReader() } as const;
const talk = () => new Conversation([TLS], { client: 50000, server: 443 });
const toldOf = (offer: Offer) => talk().ask(handshake(clientHello(offer))).told;

const numbers = (text: string) => text.split(',').map((n) => Number.parseInt(n, 16));
/** The example of JA4.md. */
const CIPHERS = numbers('002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9');
const EXTENSIONS = numbers('0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01');
const ALGORITHMS = numbers('0403,0804,0401,0503,0805,0501,0806,0601');

const ja4Example = (signed = ALGORITHMS): Offer => ({
  ciphers: [0xfafa, ...[...CIPHERS].reverse()],
  extensions: [
    extension(0x0a0a),
    ...EXTENSIONS.filter((type) => type !== 13 && type !== 43).map((type) => extension(type)),
    alpn('h2', 'http/1.1'),
    serverName('example.org'),
    versions(0xbaba, 0x0303, 0x0304),
    ...(signed.length > 0 ? [algorithms(...signed)] : []),
    extension(0x3a3a, 0),
  ],
});

/** JA4.md's words, with no other means than arrays and node:crypto. */
function ja4Of(version: number, ciphers: number[], types: number[], signed: number[], protocol = '') {
  const real = (list: number[]) => list.filter((n) => (n & 0x0f0f) !== 0x0a0a);
  const words = (list: number[]) => list.map((n) => n.toString(16).padStart(4, '0'));
  const hash = (text: string) =>
    text === '' ? '000000000000' : createHash('sha256').update(text).digest('hex').slice(0, 12);
  const count = (list: number[]) => String(real(list).length).padStart(2, '0');
  const hashed = words(real(types).filter((type) => type !== 0 && type !== 16)).sort();
  const last = signed.length > 0 && real(signed).length > 0 ? `_${words(real(signed)).join(',')}` : '';
  return [
    `t${{ 769: '10', 771: '12', 772: '13' }[version]}${types.includes(0) ? 'd' : 'i'}`,
    `${count(ciphers)}${count(types)}${protocol === '' ? '00' : `${protocol[0]}${protocol.at(-1)}`}_`,
    `${hash(words(real(ciphers)).sort().join(','))}_`,
    hash(hashed.length > 0 ? `${hashed.join(',')}${last}` : ''),
  ].join('');
}

describe('JA4', () => {
  it('is the one that is published', () => {
    expect(toldOf(ja4Example()).Ja4).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });

  it('has the hashes that are published', () => {
    const lists = new ListHash();
    const hash = (first: number, ...list: number[]) => {
      lists.begin();
      for (const n of list) lists.add(n);
      return lists.hash(first);
    };
    expect(hash(15, ...CIPHERS)).toBe('8daaf6152771');
    expect(hash(14, ...EXTENSIONS, ...ALGORITHMS)).toBe('e5627efa2ab1');
    expect(hash(14, ...EXTENSIONS)).toBe('6d807ffa2a79');
    expect(hash(13, ...EXTENSIONS, ...ALGORITHMS)).not.toBe('e5627efa2ab1');
  });

  it('is the same each time, whatever was remembered of other offers', () => {
    const reader = new TlsReader();
    const all = { ...TLS, newReader: () => reader };
    // Few numbers, so that offers often are the same but for one of them, and the same ones come again.
    const some = <T>(most: number, ...of: T[]) =>
      fc.array(fc.constantFrom<T>(...of), { minLength: 0, maxLength: most });
    const offers = fc.record({
      version: fc.constantFrom(0x0301, 0x0303),
      ciphers: some(3, 0x0a0a, 0x1301, 0x1302, 0xc02f),
      signed: some(2, 0x0403, 0x0804, 0x2a2a),
      protocols: some(2, 'h2', 'http/1.1', 'a protocol that is so long'),
      types: some(4, 0, 10, 23, 31, 32, 63, 64, 65, 0x1a1a, 0xff01, 0xfe0d),
      highest: fc.constantFrom(0, 0x0303, 0x0304),
    });
    fc.assert(
      fc.property(offers, fc.nat(), ({ version, ciphers, signed, protocols, types, highest }, turn) => {
        const extensions = types.map((type) => (type === 0 ? serverName('a.example') : extension(type)));
        if (signed.length > 0) extensions.push(algorithms(...signed));
        if (protocols.length > 0) extensions.push(alpn(...protocols));
        if (highest > 0) extensions.push(versions(highest));
        const at = turn % (extensions.length + 1);
        const turned = [...extensions.slice(at), ...extensions.slice(0, at)];
        const c = new Conversation([all], { client: 50000, server: 443 });
        c.ask(handshake(clientHello({ version, ciphers, extensions: turned })));
        const sent = turned.map((e) => (e[0] << 8) | e[1]);
        expect(c.told.Ja4).toBe(ja4Of(highest || version, ciphers, sent, signed, protocols[0]));
        expect(c.told.Alpn).toBe(protocols.length > 0 ? protocols.join(',') : undefined);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['ab', 'ab'],
    ['20', '20'],
    ['abcd', 'ad'],
    ['2061', '21'],
    ['30ab', '3b'],
    ['6120', '60'],
    ['3031abcd', '3d'],
    ['30abcd31', '01'],
    ['6832', 'h2'],
    ['687474702f312e31', 'h1'],
    ['68', 'hh'],
    ['', '00'],
    ['baad', 'bd'],
  ])('has of the ALPN %s the characters %s', (protocol, characters) => {
    const told = toldOf({ extensions: [alpn(hex(protocol))] });
    expect(told.Ja4?.slice(8, 10)).toBe(characters);
  });

  it.each<[string, Offer]>([
    ['t12i020000_', {}],
    ['t10i020000_', { version: 0x0301 }],
    ['ts3i020000_', { version: 0x0300 }],
    ['t00i020100_', { extensions: [versions(0x0304, 0xfb1a)] }],
    ['t12d020100_', { extensions: [serverName('a.example')] }],
  ])('begins with %s', (beginning, offer) => {
    expect(toldOf(offer).Ja4).toMatch(new RegExp(`^${beginning}`));
  });

  it('has zeros for lists in which there is nothing', () => {
    expect(toldOf({ ciphers: [], extensions: [serverName('a.example')] }).Ja4).toBe(
      't12d000100_000000000000_000000000000',
    );
    expect(toldOf({ ciphers: [0x0a0a] }).Ja4).toBe('t12i000000_000000000000_000000000000');
  });

  it('counts no more than 99, and is left out where more than 256 are offered', () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => i);
    expect(toldOf({ ciphers: many(120) }).Ja4).toMatch(/^t12i990000_/);
    expect(toldOf({ ciphers: many(256) }).Ja4).toMatch(/^t12i990000_/);
    expect(toldOf({ ciphers: many(257), extensions: [serverName('a.example')] })).toEqual({
      ServerName: 'a.example',
    });
  });
});

describe('a ClientHello', () => {
  it('tells the name and the protocols that its client asks for', () => {
    const c = talk().ask(
      handshake(clientHello({ extensions: [serverName('WWW.Example.COM'), alpn('h2', hex('baad'))] })),
    );
    expect(c.told).toMatchObject({ ServerName: 'www.example.com', Alpn: 'h2,\\xba\\xad' });
    expect(c.flags.ech).toBe(false);
  });

  it('takes the first host name of several', () => {
    const list = bytes(9, 0, 1, 0x78, 0, 0, 1, 0x61, 0, 0, 1, 0x62);
    expect(toldOf({ extensions: [extension(0, 0, list.length, list)] }).ServerName).toBe('a');
  });

  it.each([0xfe0d, 0xffce])('shows that it offers encrypted hellos, extension %i', (type) => {
    expect(talk().ask(handshake(clientHello({ extensions: [extension(type, 0)] }))).flags.ech).toBe(true);
  });

  it('tells what is there where the frame was cut', () => {
    const whole = handshake(
      clientHello({
        extensions: [serverName('www.example.com'), alpn('h2'), extension(21, new Uint8Array(50))],
      }),
    );
    const nameEnd = Buffer.from(whole).indexOf('www.example.com') + 15;
    for (let captured = 6; captured < whole.length; captured++) {
      const { told } = talk().segment(0, 0, whole, captured);
      expect(told).toEqual({
        Partial: 'cut',
        ...(captured >= nameEnd ? { ServerName: 'www.example.com' } : {}),
        ...(captured >= nameEnd + 9 ? { Alpn: 'h2' } : {}),
      });
    }
  });

  it('whose lengths contradict each other is said to be malformed', () => {
    const body = clientHelloBody({ extensions: [serverName('a.example')] });
    for (const [at, value] of [
      [34, 200],
      [35, 0x7f],
      [body.length - 20, 0x10],
      [body.length - 16, 0xff],
    ]) {
      const wrong = Uint8Array.from(body);
      wrong[at] = value;
      const { told } = talk().ask(handshake(message(1, wrong)));
      expect(told.Partial).toBe('malformed');
      expect(told.Ja4).toBeUndefined();
    }
  });
});

describe('a ServerHello', () => {
  const answered = (hello: Uint8Array) =>
    talk()
      .ask(handshake(clientHello({ extensions: [] })))
      .answer(handshake(hello));

  it.each<[string, number, Uint8Array[]]>([
    ['SSL 3.0', 0x0300, []],
    ['TLS 1.0', 0x0301, []],
    ['TLS 1.1', 0x0302, []],
    ['TLS 1.2', 0x0303, []],
    ['TLS 1.3', 0x0303, [chosenVersion(0x0304)]],
    ['TLS 1.3', 0x0303, [chosenVersion(0x7f1c)]],
  ])('chooses %s', (word, version, extensions) => {
    const { told } = answered(serverHello({ version, extensions }));
    expect(told).toMatchObject({ TlsVersion: word, TlsCipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' });
  });

  it('of a draft before 22 has no session id', () => {
    const hello = message(2, 0x7f, 0x12, new Uint8Array(32), 0x13, 1, 0, 0);
    expect(answered(hello).told).toMatchObject({
      TlsVersion: 'TLS 1.3',
      TlsCipher: 'TLS_AES_128_GCM_SHA256',
    });
  });

  it('names the ciphers of the registry, and numbers others', () => {
    const cipher = (n: number) => answered(serverHello({ cipher: n })).told.TlsCipher;
    expect(cipher(0x0005)).toBe('TLS_RSA_WITH_RC4_128_SHA');
    expect(cipher(0xcca8)).toBe('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256');
    expect(cipher(0xd005)).toBe('TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256');
    expect(cipher(0xabcd)).toBe('0xabcd');
  });

  it('tells the protocol chosen', () => {
    expect(answered(serverHello({ extensions: [alpn('http/1.1')] })).told.AlpnChosen).toBe('http/1.1');
  });

  it('tells nothing wrong where the frame was cut', () => {
    for (const [cipher, extensions, version] of [
      [0x1301, [extension(51, new Uint8Array(36)), chosenVersion(0x0304)], 'TLS 1.3'],
      [0xc02f, [alpn('h2')], 'TLS 1.2'],
    ] as const) {
      const whole = handshake(serverHello({ cipher, extensions }));
      for (let captured = 6; captured < whole.length; captured++) {
        const c = talk().ask(handshake(clientHello()));
        const { told } = c.segment(1, 0, whole, captured);
        expect(told.TlsVersion).toBe(captured < 46 ? undefined : version);
        expect(told.AlpnChosen).toBeUndefined();
      }
    }
  });
});
