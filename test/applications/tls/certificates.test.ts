import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TlsReader } from '../../../src/applications/tls/reader.js';
import { Conversation, hex } from '../../support/conversation.js';
import {
  attribute,
  bytes,
  certificate,
  certificates,
  clientHello,
  der,
  generalizedTime,
  handshake,
  message,
  name,
  oid,
  type Subject,
  serverHello,
  serverName,
  text,
  utcTime,
} from './build.js';

const TLS = { name: 'tls', tcp: { is: () => true }, newReader: () => new TlsReader() } as const;

/** What is kept of a server's certificates, of which so many bytes of the message came. */
function keptOf(list: readonly Uint8Array[], captured?: number) {
  const c = new Conversation([TLS], { client: 50000, server: 443 });
  c.ask(handshake(clientHello({ extensions: [serverName('www.example.com')] })));
  const hello = handshake(serverHello());
  const flight = handshake(certificates(...list));
  c.segment(1, 0, hello).segment(1, hello.length, flight, captured ?? flight.length);
  return c.end().certificates;
}
const keptOfOne = (s: Subject) => keptOf([certificate(s)])[0];
const seconds = (s: string) => Date.parse(s) / 1000;

describe('a certificate', () => {
  it('is kept as node:crypto reads it', () => {
    const leaf = certificate();
    const other = new X509Certificate(leaf);
    const [c, ...more] = keptOf([leaf, certificate({ serial: bytes(9) })]);
    expect(more).toEqual([]);
    expect(c).toEqual({
      fingerprint: Uint8Array.from(createHash('sha256').update(leaf).digest()),
      serverName: 'www.example.com',
      subject: 'www.example.com',
      issuer: 'Example CA',
      names: ['www.example.com', '192.0.2.1'],
      serial: '0102ab',
      notBefore: seconds('2024-01-02T03:04:05Z'),
      notAfter: seconds('2034-01-02T03:04:05Z'),
      keyType: 'rsa',
      keyBits: 2048,
      signature: 'sha256WithRSAEncryption',
      chain: 2,
      partial: '',
    });
    expect(other.serialNumber.toLowerCase()).toBe(c.serial);
    expect(Date.parse(other.validFrom) / 1000).toBe(c.notBefore);
    expect(other.subject).toBe(`CN=${c.subject}`);
    expect(other.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
      Buffer.from(c.fingerprint).toString('hex'),
    );
  });

  it.each<[string, number[]]>([
    ['00', [0]],
    ['7f', [0x7f]],
    ['80', [0, 0x80]],
    ['-01', [0xff]],
    ['-80', [0x80]],
    ['-0100', [0xff, 0]],
    ['-81', [0xff, 0x7f]],
    ['-70ff', [0x8f, 0x01]],
  ])('has the serial number %s', (serial, content) => {
    expect(keptOfOne({ serial: bytes(content) }).serial).toBe(serial);
  });

  it.each<[string, Uint8Array]>([
    ['2049-12-31T23:59:59Z', utcTime('491231235959Z')],
    ['1950-01-01T00:00:00Z', utcTime('500101000000Z')],
    ['1999-02-28T23:59:00Z', utcTime('9902282359Z')],
    ['2000-02-29T12:00:00Z', utcTime('000229140000+0200')],
    ['1969-12-31T23:59:59Z', generalizedTime('19691231235959Z')],
    ['2100-03-01T00:00:00Z', generalizedTime('21000301000000.5Z')],
    ['9999-12-31T23:59:59Z', generalizedTime('99991231235959Z')],
    ['1970-01-01T00:00:00Z', utcTime('no time is it')],
  ])('is valid from %s on', (time, from) => {
    expect(keptOfOne({ from }).notBefore).toBe(seconds(time));
  });

  it.each<[string, Uint8Array]>([
    [
      'b.example',
      name(attribute(3, 0x13, 'a.example'), attribute(3, 0x0c, 'b.example'), attribute(11, 0x13, 'Unit')),
    ],
    [
      'Unit',
      name(attribute(6, 0x13, 'DE'), attribute(10, 0x13, 'Organization'), attribute(11, 0x13, 'Unit')),
    ],
    ['Bücher', name(attribute(3, 0x1e, hex('0042 00fc 0063 0068 0065 0072')))],
    ['Bücher', name(attribute(3, 0x0c, Buffer.from('Bücher')))],
    ['B\\xfccher', name(attribute(3, 0x14, 'Bücher'))],
    ['', name(attribute(6, 0x13, 'DE'))],
    ['', name()],
  ])('is of %s', (subject, built) => {
    expect(keptOfOne({ subject: built }).subject).toBe(subject);
  });

  const point = (length: number) => der(3, 0, 4, new Uint8Array(length).fill(1));
  const ec = (curve: string, length: number) =>
    der(0x30, der(0x30, oid('2a8648ce3d0201'), oid(curve)), point(length));
  it.each<[string, number, Uint8Array]>([
    ['ec', 256, ec('2a8648ce3d030107', 64)],
    ['ec', 384, ec('2b81040022', 96)],
    ['ec', 521, ec('2b81040023', 132)],
    ['ed25519', 256, der(0x30, der(0x30, oid('2b6570')), der(3, 0, new Uint8Array(32)))],
    [
      'dsa',
      1024,
      der(0x30, der(0x30, oid('2a8648ce380401'), der(0x30, der(2, 0, 0x80, new Uint8Array(127)))), point(8)),
    ],
    ['1.2.3', 0, der(0x30, der(0x30, oid('2a03')), point(8))],
  ])('has a key of %s with %i bits', (type, bits, key) => {
    expect(keptOfOne({ key })).toMatchObject({ keyType: type, keyBits: bits });
  });

  it.each([
    ['ecdsa-with-SHA384', '2a8648ce3d040303'],
    ['ed25519', '2b6570'],
    ['1.2.643.7.1.1.3.2', '2a850307010103 02'.replace(' ', '')],
    ['2.999.1', '883701'],
  ])('is signed with %s', (word, identifier) => {
    expect(keptOfOne({ signature: der(0x30, oid(identifier)) }).signature).toBe(word);
  });

  it('has at most 64 names: of hosts, and addresses', () => {
    const address = der(0x87, hex('20010db8000000000000000000000001'));
    expect(
      keptOfOne({ names: [der(0x81, text('a@b')), address, der(0x82, text('*.Example.org'))] }).names,
    ).toEqual(['2001:db8::1', '*.example.org']);
    const many = Array.from({ length: 100 }, (_, i) => der(0x82, text(`${i}.example`)));
    expect(keptOfOne({ names: many }).names.length).toBe(64);
  });

  it('that was shown before is kept as it was, and not taken for another', () => {
    const reader = new TlsReader();
    const again = { ...TLS, newReader: () => reader };
    const leaf = certificate();
    const longer = certificate({ names: [der(0x82, text(`${'a'.repeat(60)}.example`.repeat(30)))] });
    const signed = Uint8Array.from(leaf).fill(1, leaf.length - 1);
    const all = [leaf, signed, longer, certificate({ serial: bytes(9, 2, 0xab) })];
    for (let i = 0; i < 3; i++)
      for (const shown of all) {
        const c = new Conversation([again], { client: 50000, server: 443 });
        c.ask(handshake(clientHello()));
        c.answer(bytes(handshake(serverHello()), handshake(certificates(shown))));
        const [kept] = c.end().certificates;
        expect(kept.fingerprint).toEqual(Uint8Array.from(createHash('sha256').update(shown).digest()));
        expect(kept.serial).toBe(new X509Certificate(shown).serialNumber.toLowerCase());
        expect(kept.names.length).toBe(shown === longer ? 1 : 2);
      }
  });

  it('is read as far as it is there', () => {
    const leaf = certificate();
    const other = certificate();
    const flight = handshake(certificates(leaf, other));
    for (let captured = 5; captured < flight.length; captured += captured < 700 ? 3 : 29) {
      const [c] = keptOf([leaf, other], captured);
      if (c === undefined) {
        expect(captured).toBeLessThan(15);
        continue;
      }
      expect(c.partial).toBe('cut');
      expect(['', '0102ab']).toContain(c.serial);
      expect(['', 'www.example.com']).toContain(c.subject);
      expect([[], ['www.example.com'], ['www.example.com', '192.0.2.1']]).toContainEqual(c.names);
      expect(c.fingerprint.some((x) => x !== 0)).toBe(captured >= 15 + leaf.length);
      expect(c.chain).toBe(captured >= 15 + leaf.length + 3 ? 2 : 1);
    }
  });

  it('that is none is said to be malformed', () => {
    for (const leaf of [
      text('no certificate'),
      der(0x30, der(0x30, der(4, 1))),
      bytes(0x30, 0x84, 1, 1, 1, 1, 1),
    ]) {
      const [c] = keptOf([leaf]);
      expect(c.partial).toBe('malformed');
      expect(c.serial).toBe('');
    }
    expect(keptOf([])).toEqual([]);
  });

  it('of a client is not kept', () => {
    const c = new Conversation([TLS], { client: 50000, server: 443 });
    c.ask(handshake(clientHello())).answer(bytes(handshake(serverHello()), handshake(message(14))));
    c.ask(handshake(certificates(certificate()))).end();
    expect(c.certificates).toEqual([]);
  });
});
