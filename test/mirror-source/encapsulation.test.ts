import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GreEncapsulation, type GreEncapsulationOptions } from '../../src/mirror-source/encapsulation.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { ErspanGranularity, ErspanHeader, parseErspan } from '../../src/wire/tunnel/erspan.js';
import { GreHeader, greChecksumOk, parseGre } from '../../src/wire/tunnel/gre.js';
import { ethernet, ipv4, udp } from '../support/frames.js';

const PACKET = ipv4('10.0.0.1', '10.0.0.2', 17, udp(1, 2, new Uint8Array(50)));
const FRAME = ethernet(0x0800, PACKET);
const tagged = (tci: number) => ethernet(0x0800, PACKET, [[0x8100, tci]]);

function options(over: Partial<GreEncapsulationOptions>): GreEncapsulationOptions {
  return {
    type: MirrorType.Erspan2,
    session: 7,
    index: undefined,
    hardware: 0,
    securityGroup: 0,
    granularity: ErspanGranularity.Microseconds100,
    key: undefined,
    sequence: false,
    checksum: false,
    ...over,
  };
}

interface Sent {
  gre: GreHeader;
  erspan: ErspanHeader;
  frame: Uint8Array;
  bytes: Uint8Array;
}

/** Encapsulates the first `length` bytes of a frame, and parses the result. */
function send(
  e: GreEncapsulation,
  frame = FRAME,
  length = frame.length,
  egress = false,
  sec = 0,
  nsec = 0,
): Sent {
  const buffer = new Uint8Array(2000);
  const n = e.emit(buffer, 100, frame, 0, length, frame.length, egress, sec, nsec);
  expect(n).toBe(e.overhead + length);
  const gre = new GreHeader();
  const erspan = new ErspanHeader();
  let o = 100 + parseGre(buffer, 100, 100 + n, gre);
  if (gre.protocol !== 0x6558) o += parseErspan(buffer, o, 100 + n, (gre.flags & 0x1000) !== 0, erspan);
  return { gre, erspan, frame: buffer.slice(o, 100 + n), bytes: buffer.slice(100, 100 + n) };
}

test('ERSPAN type I is GRE without a sequence number, and has no header', () => {
  const { gre, erspan, frame } = send(new GreEncapsulation(options({ type: MirrorType.Erspan1 })));
  expect([gre.flags, gre.protocol, erspan.type]).toEqual([0, 0x88be, 1]);
  expect(frame).toEqual(FRAME);
});

test('ERSPAN type II has session, index, tag and consecutive sequence numbers', () => {
  const e = new GreEncapsulation(options({ index: 0xabcde }));
  for (const sequence of [0, 1, 2]) {
    const { gre, erspan, frame } = send(e);
    expect(gre).toMatchObject({ flags: 0x1000, protocol: 0x88be, sequence });
    expect(erspan).toMatchObject({
      type: 2,
      session: 7,
      index: 0xabcde,
      encapsulation: 0,
      vlan: 0,
      truncated: 0,
    });
    expect(frame).toEqual(FRAME);
  }
  const frame = tagged(0x6000 | 100);
  expect(send(e, frame)).toMatchObject({ erspan: { vlan: 100, cos: 3, encapsulation: 3 }, frame });
  expect(send(e)).toMatchObject({ erspan: { vlan: 0, cos: 0, encapsulation: 0 } });
});

test('ERSPAN type III has hardware id, security group and direction, and no bso', () => {
  const e = new GreEncapsulation(options({ type: MirrorType.Erspan3, hardware: 33, securityGroup: 0xbeef }));
  const { gre, erspan } = send(e, tagged(5), undefined, true);
  expect(gre).toMatchObject({ flags: 0x1000, protocol: 0x22eb });
  expect(erspan).toMatchObject({
    type: 3,
    session: 7,
    hardware: 33,
    securityGroup: 0xbeef,
    direction: 1,
    frameType: 0,
    platform: 0,
    vlan: 5,
    encapsulation: 0,
  });
  expect(send(e).erspan.direction).toBe(0);
});

test('a frame cut to the snap length is marked as truncated', () => {
  for (const type of [MirrorType.Erspan2, MirrorType.Erspan3]) {
    const e = new GreEncapsulation(options({ type }));
    const { erspan, frame } = send(e, FRAME, 40);
    expect(erspan.truncated).toBe(1);
    expect(frame).toEqual(FRAME.slice(0, 40));
    expect(send(e).erspan.truncated).toBe(0);
  }
});

describe('timestamps', () => {
  const exact = {
    [ErspanGranularity.Microseconds100]: (ns: bigint) => ns / 100_000n,
    [ErspanGranularity.Nanoseconds100]: (ns: bigint) => ns / 100n,
    [ErspanGranularity.Ieee1588]: (ns: bigint) => ((ns / 1_000_000_000n) << 32n) | (ns % 1_000_000_000n),
  };
  test.each([
    ['100 µs', ErspanGranularity.Microseconds100],
    ['100 ns', ErspanGranularity.Nanoseconds100],
    ['IEEE 1588', ErspanGranularity.Ieee1588],
  ] as const)('%s', (_, granularity) => {
    const e = new GreEncapsulation(options({ type: MirrorType.Erspan3, granularity, index: 9 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer({ min: 0, max: 999_999_999 }),
        (sec, nsec) => {
          const { erspan } = send(e, FRAME, FRAME.length, false, sec, nsec);
          const value = exact[granularity](BigInt(sec) * 1_000_000_000n + BigInt(nsec));
          expect(erspan).toMatchObject({
            granularity,
            platformId: 7,
            sourceIndex: 9,
            timestamp: Number(value & 0xffffffffn),
            upperTimestamp: Number(value >> 32n),
          });
        },
      ),
    );
  });
});

test('GRE with Ethernet may have a key, a sequence number and a checksum', () => {
  const plain = send(new GreEncapsulation(options({ type: MirrorType.Gretap })));
  expect(plain.gre).toMatchObject({ flags: 0, protocol: 0x6558 });
  expect(plain.frame).toEqual(FRAME);
  const all = new GreEncapsulation(
    options({ type: MirrorType.Gretap, key: 0xdeadbeef, sequence: true, checksum: true }),
  );
  send(all);
  const { gre, frame, bytes } = send(all);
  expect(gre).toMatchObject({ flags: 0xb000, key: 0xdeadbeef, sequence: 1 });
  expect(greChecksumOk(bytes, 0, bytes.length)).toBe(true);
  expect(frame).toEqual(FRAME);
});
