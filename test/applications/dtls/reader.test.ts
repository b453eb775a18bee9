import { describe, expect, it } from 'vitest';
import { DtlsReader } from '../../../src/applications/dtls/reader.js';
import { Conversation } from '../../support/conversation.js';
import {
  algorithms,
  alpn,
  bytes,
  chosenVersion,
  clientHelloBody,
  extension,
  RETRY,
  serverHelloBody,
  serverName,
  versions,
} from '../tls/build.js';
import { ENCRYPTED, fragment, record } from './build.js';

const DTLS = { name: 'dtls', udp: { is: () => true }, newReader: () => new DtlsReader() } as const;
const talk = () => new Conversation([DTLS], { client: 50000, server: 4433 });

const offer = {
  version: 0xfefd,
  ciphers: [0xc02b, 0xc02f],
  extensions: [
    serverName('a.example'),
    algorithms(0x0403),
    alpn('webrtc'),
    extension(21, new Uint8Array(100)),
  ],
};
const first = clientHelloBody({ ...offer, cookie: bytes() });
const second = clientHelloBody({ ...offer, cookie: bytes(9, 9, 9, 9) });
const chosen = serverHelloBody({ version: 0xfefd, cipher: 0xc02b });
const hello = (body: Uint8Array, number = 0) => record(22, 0, fragment(1, body, 0, body.length, number));
const ALL = talk().datagram(0, hello(first)).told;

describe('DTLS', () => {
  it('tells what its hellos do, with and without a cookie', () => {
    expect(ALL).toMatchObject({ ServerName: 'a.example', Alpn: 'webrtc' });
    expect(ALL.Ja4).toMatch(/^dd2d0204wc_/);
    const c = talk()
      .datagram(0, hello(first))
      .datagram(1, record(22, 0, fragment(3, bytes(0xfe, 0xff, 4, 9, 9, 9, 9))));
    c.datagram(0, hello(second, 1));
    c.datagram(1, bytes(record(22, 0, fragment(2, chosen)), record(22, 0, fragment(14, bytes(), 0, 0, 2))));
    expect(c.told).toEqual({
      ...ALL,
      TlsVersion: 'DTLS 1.2',
      TlsCipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    });
    expect(talk().datagram(0, hello(second)).told).toEqual(ALL);
  });

  it('is established when both sides have encrypted something', () => {
    const c = talk()
      .datagram(0, hello(first))
      .datagram(1, record(22, 0, fragment(2, chosen)));
    c.datagram(0, bytes(record(20, 0, bytes(1)), ENCRYPTED));
    expect(c.flags.established).toBe(false);
    c.datagram(1, bytes(0x2e, 1, 2, 3));
    expect(c.flags.established).toBe(true);
    expect(c.isOver).toBe(true);
  });

  it('of which only one side is seen is not looked at for ever', () => {
    const c = talk().datagram(0, hello(first));
    for (let i = 0; i < 64; i++) c.datagram(0, ENCRYPTED);
    expect(c.isOver).toBe(true);
  });

  it('1.3 says so in its extensions', () => {
    const body = clientHelloBody({
      version: 0xfefd,
      cookie: bytes(),
      ciphers: [0x1301],
      extensions: [versions(0xfefc)],
    });
    const c = talk().datagram(0, hello(body));
    expect(c.told.Ja4).toMatch(/^dd3i010100_/);
    const choice = { version: 0xfefd, cipher: 0x1301, extensions: [chosenVersion(0xfefc)] };
    c.datagram(1, record(22, 0, fragment(2, serverHelloBody({ ...choice, random: RETRY }))));
    expect(c.told.TlsVersion).toBeUndefined();
    c.datagram(1, record(22, 0, fragment(2, serverHelloBody(choice))));
    expect(c.told).toMatchObject({ TlsVersion: 'DTLS 1.3', TlsCipher: 'TLS_AES_128_GCM_SHA256' });
  });

  it('has alerts in clear', () => {
    const c = talk()
      .datagram(0, hello(first))
      .datagram(1, record(21, 0, bytes(1, 90)));
    c.datagram(1, record(21, 0, bytes(2, 40)));
    expect(c.end().told.TlsAlert).toBe('fatal:handshake_failure');
    expect(
      talk()
        .datagram(0, hello(first))
        .datagram(1, record(21, 0, bytes(1, 90)))
        .end().told.TlsAlert,
    ).toBe('warning:user_canceled');
  });
});

describe('fragments', () => {
  const cuts = [0, 60, 61, 150, first.length];
  const parts = cuts.slice(1).map((to, i) => record(22, 0, fragment(1, first, cuts[i], to)));

  it('are put together in any order, in datagrams or in one, again and again', () => {
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 2, 3, 0, 1],
    ]) {
      const c = talk();
      for (const i of order) c.datagram(0, parts[i]);
      expect(c.told).toEqual(ALL);
    }
    expect(talk().datagram(0, bytes(...parts)).told).toEqual(ALL);
  });

  it('of which one is missing tell nothing wrong', () => {
    for (let lost = 0; lost < parts.length; lost++) {
      const c = talk();
      parts.forEach((part, i) => {
        if (i !== lost) c.datagram(0, part);
      });
      const { Partial, ...told } = c.end().told;
      expect(Partial).toBe('gap');
      expect(ALL).toMatchObject(told);
      expect(told.Ja4).toBeUndefined();
      if (lost === 3) expect(told.ServerName).toBe('a.example');
    }
  });

  it("of many conversations take each other's places", () => {
    const reader = new DtlsReader();
    const shared = { ...DTLS, newReader: () => reader };
    const all = Array.from({ length: 70 }, () => new Conversation([shared], { client: 50000, server: 4433 }));
    for (const c of all) c.datagram(0, bytes(parts[0], parts[1]));
    for (const c of all.slice(10)) expect(c.datagram(0, bytes(parts[2], parts[3])).told).toEqual(ALL);
    expect(all[0].datagram(0, bytes(parts[2], parts[3])).end().told.Ja4).toBeUndefined();
  });

  it('that contradict themselves are malformed', () => {
    const wrong = Uint8Array.from(fragment(1, first, 60));
    wrong[8] = 200;
    expect(talk().datagram(0, record(22, 0, wrong)).told).toEqual({ Partial: 'malformed' });
  });
});

it('a hello that was cut tells what is there', () => {
  const whole = hello(first);
  for (let captured = 1; captured < whole.length; captured++) {
    const { Partial, ...told } = talk().datagram(0, whole, captured).end().told;
    expect(Partial).toBe('cut');
    expect(ALL).toMatchObject(told);
    expect(told.Ja4).toBeUndefined();
  }
});
