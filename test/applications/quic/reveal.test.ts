import fc from 'fast-check';
import { expect, it } from 'vitest';
import { QuicReader } from '../../../src/applications/quic/reader.js';
import { type Application, type Dialogue, STATELESS } from '../../../src/applications/reader.js';
import { ClientHello } from '../../../src/applications/tls/hello.js';
import { ServerHello } from '../../../src/applications/tls/server-hello.js';
import { tellClientHello, tellServerHello } from '../../../src/applications/tls/tell.js';
import { Conversation, hex } from '../../support/conversation.js';
import { clientHello, crypto, initial, padded, serverHello, V1, V2 } from './packets.js';

const QUIC: Application = { name: 'quic', udp: { is: () => true }, newReader: () => new QuicReader() };
const ID = hex('8394c8f03e515708');
const OTHER_ID = hex('c15d62c70884f4b5');

/** Reads datagrams that are hellos in clear. */
const CLEAR: Application = {
  name: 'quic',
  udp: { is: () => true },
  newReader: () => ({
    newState: () => STATELESS,
    datagram(d: Dialogue, b: Uint8Array, o: number, end: number) {
      const client = new ClientHello();
      const server = new ServerHello();
      if (b[o] === 1 && client.read(b, o, end)) tellClientHello(d, client, 'q');
      if (b[o] === 2 && server.read(b, o, end)) tellServerHello(d, server);
    },
  }),
};

const ports = { client: 50000, server: 443 };

/** What is told of hellos in clear; the version is QUIC's. */
const ofClear = (...hellos: [0 | 1, Uint8Array][]) => {
  const c = new Conversation([CLEAR], ports);
  for (const [side, bytes] of hellos) c.datagram(side, bytes);
  return { told: c.told, flags: c.flags };
};

/** Where a message is cut, shuffled by the numbers: pieces as CRYPTO frames of packets. */
function pieces(message: Uint8Array, cuts: readonly number[], order: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...cuts.map((n) => n % message.length), message.length])].sort((a, b) => a - b);
  const all = at.slice(1).map((end, i) => crypto(at[i], message.subarray(at[i], end)));
  // The first packet has to show that it is the client's.
  const [first, ...others] = all;
  others.sort((a, b) => order[a.length % order.length] - order[b.length % order.length]);
  return [first, ...others];
}

const block = (lengthBytes: number, body: Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length.subarray(4 - lengthBytes), body]);
};

const name = hex('0000 0e 00 00 0b 6578616d706c652e6f7267');
/** Extensions that are read, short and long, and others, of which some are not looked into. */
const read: readonly [number, Uint8Array][] = [
  [0, hex('000e 00 000b 6578616d706c652e6f7267')],
  [0, hex(`002e 00 002b ${'61'.repeat(42)}62`)],
  [16, hex('0003 02 6833')],
  [16, hex(`0030 2f 68${'33'.repeat(46)}`)],
  [43, hex(`28 ${'0303'.repeat(19)} 0304`)],
  [43, hex(`0304 ${'00'.repeat(60)}`)],
  [13, hex('0004 0403 0804')],
  [13, hex(`0050 ${'0403'.repeat(40)}`)],
  [35, hex('01')],
];
const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 100, maxLength: 700 }),
  fc.constant(name),
);
const extension = fc.oneof(
  fc.constantFrom(...read),
  fc.tuple(fc.constantFrom(51, 21, 0xfe0d, 41, 51, 57, 0x1a1a, 43, 16, 10), body),
);
const extensions = fc.array(extension, { maxLength: 20, size: 'max' });
const hello = fc
  .tuple(extensions, fc.integer({ min: 0, max: 40 }), fc.boolean(), fc.constantFrom(3, 3, 3, 3, 3, 0x7f))
  .map(([list, session, ofClient, version]) => {
    const bodies = list.map(([type, body]) =>
      Buffer.concat([Buffer.from([type >> 8, type]), block(2, body)]),
    );
    const body = Buffer.concat([
      Buffer.from([version, 3]),
      Buffer.alloc(32, 0x5a),
      block(1, Buffer.alloc(session, 9)),
      ofClient ? Buffer.concat([block(2, hex('1301 1302 0a0a')), hex('01 00')]) : hex('1301 00'),
      block(2, Buffer.concat(bodies)),
    ]);
    return { ofClient, message: Buffer.concat([Buffer.from([ofClient ? 1 : 2]), block(3, body)]) };
  })
  .filter(({ message }) => message.length < 3000);
const changes = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 1 });
const numbers = fc.array(fc.nat(4000), { minLength: 1, maxLength: 60, size: 'max' });

it('tells of hellos what is told of them in clear, in whatever pieces they come', () => {
  fc.assert(
    fc.property(hello, changes, numbers, numbers, ({ ofClient, message }, all, cuts, order) => {
      // Whatever is damaged, but for its type and length.
      for (const [at, value] of all) message[4 + (at % (message.length - 4))] = value;
      const expected = ofClear(
        [0, ofClient ? message : clientHello('a.example')],
        [1, ofClient ? serverHello() : message],
      );
      const c = new Conversation([QUIC], ports);
      const options = { keyId: ID, byClient: ofClient };
      const client = initial(padded(1100, crypto(0, clientHello('a.example'))), { keyId: ID });
      if (!ofClient) c.datagram(0, client);
      const packets: Buffer[][] = [[]];
      for (const frame of pieces(message, cuts, order)) {
        const last = packets[packets.length - 1];
        if (last.length > 12) packets.push([frame]);
        else last.push(Buffer.alloc(last.length % 3), frame);
      }
      packets.forEach((frames, number) => {
        c.datagram(ofClient ? 0 : 1, initial(padded(300, ...frames), { ...options, number }));
      });
      if (ofClient) c.datagram(1, initial(crypto(0, serverHello()), { keyId: ID, byClient: false }));
      c.end();
      const { QuicVersion, Partial: _, ...told } = c.told;
      expect(QuicVersion).toBe('1');
      expect({ told, flags: c.flags }).toEqual(expected);
    }),
    { numRuns: 250 },
  );
});

it('reads a hello whose pieces have other keys, as after a Retry or in another version', () => {
  const message = clientHello('www.example.org', 700);
  const half = message.length >> 1;
  for (const [later, version] of [
    [OTHER_ID, V1],
    [ID, V2],
  ] as const) {
    const c = new Conversation([QUIC], ports)
      .datagram(0, initial(padded(900, crypto(0, message.subarray(0, half))), { keyId: ID }))
      .datagram(
        0,
        initial(padded(900, crypto(half, message.subarray(half))), { keyId: later, version, number: 1 }),
      );
    const { QuicVersion: _, ...told } = c.told;
    expect(told).toEqual(ofClear([0, message]).told);
  }
});

it('says that a hello is missing when only what follows it came', () => {
  const message = clientHello('www.example.org', 700);
  const packet = initial(padded(900, crypto(600, message.subarray(600))), { keyId: ID });
  for (const before of [clientHello('a.example'), message.subarray(0, 300)]) {
    const c = new Conversation([QUIC], ports);
    c.datagram(0, initial(padded(900, crypto(0, before)), { keyId: OTHER_ID })).end();
    expect(c.beside(ports).datagram(0, packet).end().told).toEqual({ Partial: 'gap', QuicVersion: '1' });
  }
});
