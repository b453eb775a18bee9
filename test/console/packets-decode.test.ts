/** What the page makes of frames: of those that there are, and of any bytes. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeptFrame } from '../../src/console/contract/packets.js';
import { APPLICATION_NAMES } from '../../src/model/application-names.js';
import { frameStart } from '../../src/model/frame-start.js';
import { MIRROR_TYPE_NAMES } from '../../src/model/mirror-point.js';
import { PACKET_LAYER_NAMES } from '../../src/model/packet-layer.js';
import { decodeFrame, Frame, KNOWN_TUNNEL_PORTS, Walk } from '../../src/wire/walk/frame.js';
import { LAYER_ROWS } from '../../src/wire/walk/layer-table.js';
import { application } from '../../web/src/pages/packets/decode/application.js';
import { conversation } from '../../web/src/pages/packets/decode/conversation.js';
import { DESCRIPTIONS } from '../../web/src/pages/packets/decode/describe.js';
import { Decoder, layerOfBytes, type Packet, placeOf } from '../../web/src/pages/packets/decode/frame.js';
import { MOST_FIELDS, Sheet, type Shown } from '../../web/src/pages/packets/decode/layer.js';
import { type Followed, Streams } from '../../web/src/pages/packets/decode/streams.js';
import { FIXTURES as fixtures } from '../support/fixtures/all.js';
import { type Kept, keptFrames } from '../support/kept-frames.js';

const NONE = { sequenceFrom: undefined, acknowledgmentFrom: undefined };
/** What may not be in a text: controls, directions of writing, what cannot be seen. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** What is wrong with the layers of a frame: a comparison for each field takes long in a test's own words. */
function faults({ bytes, says, flags }: Packet, layers: readonly Shown[]): string[] {
  const wrong: string[] = [];
  const demand = (holds: boolean, what: () => string): void => {
    if (!holds) wrong.push(what());
  };
  demand(!UNSEEN.test(says) && !UNSEEN.test(flags), () => `unseen in ${JSON.stringify(says)}`);
  let end = 0;
  for (const layer of layers) {
    const { name, detail, fields } = layer;
    demand(name !== '' && !UNSEEN.test(detail), () => `${name}: ${JSON.stringify(detail)}`);
    demand(fields.length <= MOST_FIELDS + 1, () => `${name} has ${fields.length} fields`);
    const isInside = layer.at >= 0;
    // In order, one behind the other, inside of the frame.
    if (isInside) {
      demand(layer.at >= end && layer.end >= layer.at && layer.end <= bytes.length, () => `place of ${name}`);
      ({ end } = layer);
    }
    for (const field of fields) {
      const what = () => `${name}, ${field.name} (${JSON.stringify(field.value)}) at ${field.at}`;
      demand(field.value !== '' && !UNSEEN.test(field.value) && !UNSEEN.test(field.name), what);
      if (field.at < 0) continue;
      demand(isInside && field.length > 0 && field.at >= layer.at, what);
      demand(field.at + field.length <= layer.end, what);
    }
  }
  return wrong;
}

/** @returns what is wrong with what is shown of a frame */
function faultsOf(decoder: Decoder, frame: KeptFrame): { readonly packet: Packet; readonly wrong: string[] } {
  const packet = decoder.packet(frame);
  const layers = decoder.layers(packet, NONE);
  const wrong = faults(packet, layers);
  const of = layerOfBytes(layers, packet.bytes.length);
  for (const byte of [0, packet.bytes.length >> 1, packet.bytes.length - 1])
    if ((placeOf(layers, byte)?.layer ?? -1) !== (of[byte] ?? -1)) wrong.push(`layer of byte ${byte}`);
  return { packet, wrong };
}

/** A comparison for each frame takes longer than what it judges. */
function expectNone(wrong: readonly string[]): void {
  if (wrong.length > 0) expect(wrong).toEqual([]);
}

const walk = new Walk(KNOWN_TUNNEL_PORTS);
const fields = new Frame();

/** The layers of a frame as it is kept, which are those that the collector found in it. */
function kindsOf(frame: KeptFrame, b: Uint8Array): number[] {
  const { kind, type } = frameStart(frame.layer, frame.mirror_type, frame.gre_protocol);
  decodeFrame(walk, kind, type, b, 0, b.length, Math.max(b.length, frame.original_length), fields);
  return [...fields.layerKind.subarray(0, fields.layerCount)];
}

const FIXTURES = join(import.meta.dirname, '../fixtures');
const CAPTURES = readdirSync(FIXTURES)
  .filter((file) => /\.pcap(ng)?(\.gz|\.zst)?$/.test(file))
  .map((file) => join(FIXTURES, file));
const DEMO = join(import.meta.dirname, '../../lab/demo.pcapng.gz');

/** By capture: what carries mirrored traffic in it. */
const INPUTS = new Map(fixtures.map(({ file, inputs }) => [file, inputs]));

/** Read once: it is as long as all others. */
let demo: Promise<Kept[]> | undefined;
function framesOf(path: string): Promise<Kept[]> {
  if (path !== DEMO) return keptFrames(path, INPUTS.get(basename(path)));
  demo ??= keptFrames(path);
  return demo;
}

describe('frames of captures', () => {
  it.each([...CAPTURES, DEMO])('%s', async (path) => {
    const decoder = new Decoder('');
    const follow = new Streams();
    const kept = await framesOf(path);
    const all: { packet: Packet; followed: Followed }[] = [];
    for (const { frame, layers } of kept) {
      const { packet, wrong } = faultsOf(decoder, frame);
      if (kindsOf(frame, packet.bytes).join() !== layers.join())
        wrong.push('other layers than the collector');
      if (wrong.length > 0) expect({ number: frame.number, wrong }).toBeUndefined();
      all.push({ packet, followed: follow.take(packet) });
    }
    const { said, left } = conversation(all, true);
    expect(left >= 0 && said.every(({ bytes }) => bytes.length > 0)).toBe(true);
  });

  it('are read by the application that the conversation is of', async () => {
    const kept = await framesOf(DEMO);
    for (const app of ['http', 'dns', 'tls', 'mysql', 'smb', 'quic', 'snmp', 'kerberos', 'ldap', 'rtp']) {
      const decoder = new Decoder(app);
      for (const { frame } of kept.filter((_, i) => i % 29 === 0)) expectNone(faultsOf(decoder, frame).wrong);
    }
  });
});

/** A frame of which only what a test says counts. */
const SOME: KeptFrame = {
  number: 1,
  time: '2025-06-02T08:00:00.000000000Z',
  direction: 'client',
  length: 0,
  original_length: 0,
  data: '',
  layer: 'ethernet',
  mirror_type: 'erspan2',
  mirror_source: '10.0.0.11',
  mirror_target: '10.0.0.100',
  mirror_session: 1,
  gre_key: null,
  mirror_port: 24,
  mirror_direction: 'ingress',
  mirror_hardware: 0,
  security_group: 0,
  mirror_sensor: '',
  cos: 0,
  vlan: null,
  gre_protocol: 0x6558,
  truncated: false,
};
const EMPTY = new Decoder('').packet(SOME);

/** Beginnings of payloads that are something. */
const bytes = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const PAYLOADS: readonly (readonly number[])[] = [
  bytes('GET / HTTP/1.1\r\nHost: example.com\r\nUser-Agent: x\r\n\r\nbody'),
  bytes('HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 3\r\n\r\nabc'),
  bytes(
    '\x12\x34\x81\x80\0\x01\0\x02\0\0\0\x01\x03www\x07example\x03com\0\0\x01\0\x01\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01a\xc0\x10\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\0',
  ),
  bytes(
    `\x16\x03\x01\0\x50\x01\0\0\x4c\x03\x03${'r'.repeat(32)}\0\0\x04\x13\x01\xc0\x2f\x01\0\0\x1f\0\0\0\x10\0\x0e\0\0\x0bexample.com\0\x2b\0\x03\x02\x03\x04\x00\x10\0\0`,
  ),
  bytes('\x13\0\0\0\x03SELECT * FROM users'),
  bytes('Q\0\0\0\x0eSELECT 1;\0P\0\0\0\x10st\0SELECT $1\0\0'),
  bytes('*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n'),
  bytes('0\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x05\x02\x01\0\x02\x01\0'),
  bytes(`\x02\x01\x06\0${'\0'.repeat(232)}\x63\x82\x53\x63\x35\x01\x05\x33\x04\0\0\x0e\x10\xff`),
  bytes(`\0\0\0\x44\xfeSMB\x40\0${'\0'.repeat(58)}`),
  bytes('\xc3\0\0\0\x01\x08abcdefgh\0\0\x40\x10data'),
];

describe('any bytes', () => {
  const frame = fc.record({
    data: fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b).toString('base64')),
    layer: fc.constantFrom(...PACKET_LAYER_NAMES),
    mirror_type: fc.constantFrom(...MIRROR_TYPE_NAMES),
    gre_protocol: fc.oneof(fc.nat(0xffff), fc.constantFrom(...etherTypes())),
    original_length: fc.nat(2000),
    direction: fc.constantFrom('client' as const, 'server' as const, '' as const),
    truncated: fc.boolean(),
  });

  it('are shown, whatever they are said to be', () => {
    fc.assert(
      fc.property(frame, fc.constantFrom(...APPLICATION_NAMES), (given, app) => {
        expectNone(faultsOf(new Decoder(app), { ...SOME, ...given }).wrong);
      }),
      { numRuns: 3000 },
    );
  });

  it('are shown by every description, cut anywhere', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom(...Object.entries(DESCRIPTIONS)),
        (b, [, { describe: say, kind, name }]) => {
          const s = new Sheet(kind, name, b, Math.min(3, b.length), b.length);
          say(s);
          expectNone(faults({ ...EMPTY, bytes: b }, [s.shown()]));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are shown by every application, cut anywhere and damaged', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.constantFrom(...PAYLOADS), damage, fc.nat(600)).map(([text, hits, cut]) => {
        const b = Uint8Array.from(text).slice(0, cut);
        for (const [at, value] of hits) if (b.length > 0) b[at % b.length] = value;
        return b;
      }),
    );
    fc.assert(
      fc.property(
        payload,
        fc.constantFrom(...APPLICATION_NAMES),
        fc.boolean(),
        fc.boolean(),
        (b, app, isTcp, client) => {
          const s = application(b, 0, b.length, { app, isTcp, fromClient: client });
          expectNone(faults({ ...EMPTY, bytes: b, says: s.summary }, [s.shown()]));
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('long payloads', () => {
  it.each([
    ['pointers', [0xc0]],
    ['zeros', [0]],
    ['empty records', [22, 3, 3, 0, 0]],
    ['line ends', [10]],
    ['nothing but arrays', bytes('*1\r\n')],
    ['fields', bytes('a: b\r\n')],
    ['lengths', [0x30, 0]],
    ['ones', [1, 0, 0]],
  ])('of %s are read to their end, and shown in part', (_, pattern) => {
    const b = Uint8Array.from({ length: 65_535 }, (__, i) => pattern[i % pattern.length]);
    const request = Buffer.from('GET / HTTP/1.1\r\n');
    for (const app of APPLICATION_NAMES)
      for (const start of [0, request.length]) {
        b.set(start === 0 ? [] : request);
        const s = application(b, 0, b.length, { app, isTcp: true, fromClient: true });
        expect(s.fields.length).toBeLessThanOrEqual(MOST_FIELDS);
        expect(faults({ ...EMPTY, bytes: b, says: s.summary }, [s.shown()])).toEqual([]);
      }
  });
});

function etherTypes(): number[] {
  return LAYER_ROWS.flatMap(({ etherTypes: of = [] }) => [...of]);
}
