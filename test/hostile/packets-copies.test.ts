/** Segments made to be taken for copies of others, so that they are not counted. */
import { describe, expect, it } from 'vitest';
import { setU32 } from '../../src/wire/bytes.js';
import { expectCpu } from '../support/cpu.js';
import { bytes, erspan2, ethernet, ipv4, ipv6, tcp } from '../support/frames.js';
import { Random } from '../support/traffic/random.js';
import { batchesOf, copiesOf, type PathOptions, START, taking, WatchedPath } from './support/packet-path.js';

const OPTIONS: PathOptions = { mirrors: [{ name: 'both', source: '10.0.0.1', deduplicate: '1ms' }] };
const PAYLOAD = new Random(3).bytes(1400);

interface Sent {
  /** Milliseconds from the first packet; bytes captured of the frame; what surrounds the segment. */
  readonly at?: number;
  readonly captured?: number;
  readonly vlans?: readonly [number, number][];
  readonly port?: number;
}

/** A segment in its packet, over IPv4 or IPv6. */
function segment(six: boolean, payload: Uint8Array): Uint8Array {
  const inner = tcp(1000, 80, 16, 1, new Uint8Array(payload));
  return six ? ipv6('2001:db8::1', '2001:db8::2', 6, inner) : ipv4('192.168.1.2', '192.168.1.3', 6, inner);
}

/** What a path counts for packets that a switch mirrors; what surrounds them is never the same twice. */
function count(packets: readonly [Uint8Array, Sent?][]): [packets: number, duplicates: number] {
  const path = new WatchedPath(OPTIONS);
  const captured = packets.map(([packet, o = {}], i) => {
    const frame = ethernet(packet[0] >>> 4 === 6 ? 0x86dd : 0x0800, packet, o.vlans);
    const outer = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, i, frame, o.port), { id: i });
    outer[8] = 64 - (i & 31);
    const length = outer.length;
    const cut = o.captured === undefined ? length : length - frame.length + o.captured;
    return { bytes: outer.subarray(0, cut), length, sec: START, nsec: Math.round((o.at ?? 0.1 * i) * 1e6) };
  });
  path.process(batchesOf(captured));
  const rows = path.finish();
  expect(rows.length).toBe(1);
  return [rows[0].packets, rows[0].duplicates];
}

/** The packet with the byte at `at` changed. */
function differing(packet: Uint8Array, at: number): Uint8Array {
  const other = packet.slice();
  other[at] ^= 0x40;
  return other;
}

describe.each([
  ['IPv4', false],
  ['IPv6', true],
])('a segment over %s', (_, six) => {
  const packet = segment(six, PAYLOAD);
  const last = packet.length - 1;

  it('is counted whatever it has in common with the one before it', () => {
    for (const alike of [96, 97, 256, 1000, 1023, last])
      expect([alike, ...count([[packet], [differing(packet, alike)]])]).toEqual([alike, 2, 0]);
    expect(
      count([[packet], [bytes(packet.subarray(0, -8), packet.subarray(-4), packet.subarray(-8, -4))]]),
    ).toEqual([2, 0]);
  });

  it('is counted each time if its later bytes differ', () => {
    const random = new Random(5);
    const all = Array.from({ length: 1000 }, (_, i): [Uint8Array, Sent] => {
      const other = packet.slice();
      setU32(other, random.int(24, last >>> 2) * 4 - 4, i);
      return [other, { at: i / 1000 }];
    });
    expect(count(all)).toEqual([1000, 0]);
  });

  it('is a copy if only a router, a tag and the mirror differ', () => {
    const routed = packet.slice();
    routed[six ? 7 : 8]--;
    if (!six) routed[10] ^= 0x55;
    const tags: [number, number][] = [
      [0x88a8, 7],
      [0x8100, 9],
    ];
    expect(
      count([[packet], [routed], [packet, { vlans: tags }], [routed, { vlans: tags, port: 77 }]]),
    ).toEqual([1, 3]);
  });

  it('is a copy only within the time limit', () => {
    expect(
      count([
        [packet, { at: 0 }],
        [packet, { at: 1 }],
        [packet, { at: 2.5 }],
      ]),
    ).toEqual([2, 1]);
  });

  it('that the capture cut is a copy only of one that was cut to the same length', () => {
    const cut = (captured: number): [Uint8Array, Sent] => [packet, { captured }];
    expect(count([cut(200), cut(200)])).toEqual([1, 1]);
    expect(count([cut(200), cut(201), cut(300), [packet]])).toEqual([4, 0]);
    const zeros = segment(six, new Uint8Array(1400));
    expect(count([200, 201, 202, 204, 208].map((captured) => [zeros, { captured }]))).toEqual([5, 0]);
    // Bytes that were not captured cannot distinguish them; their lengths can.
    expect(count([cut(200), [differing(packet, 1000), { captured: 200 }]])).toEqual([1, 1]);
    expect(count([cut(200), [segment(six, PAYLOAD.subarray(0, 1399)), { captured: 200 }]])).toEqual([2, 0]);
  });
});

it('packets that agree up to their last bytes cost what others do', () => {
  const template = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 0, ethernet(0x0800, segment(false, PAYLOAD))));
  const at = (where: number) =>
    copiesOf(template, 10_000, (p, i) => {
      setU32(p, 24, i);
      setU32(p, where, Math.imul(i, 0x9e3779b1) >>> 0);
    });
  const check = (path: WatchedPath): void => expect(path.snapshot.duplicates).toBe(0);
  const alike = taking(at(template.length - 4), OPTIONS, check);
  expectCpu(alike, taking(at(template.length - PAYLOAD.length), OPTIONS, check), 4);
});
