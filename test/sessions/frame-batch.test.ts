import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { Mirrored } from '../../src/model/mirrored.js';
import { FRAME_WORDS, moveFrame, packFrame, unpackFrame } from '../../src/sessions/frame-batch.js';
import { Frame } from '../../src/wire/walk/frame.js';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const nat = fc.integer({ min: 0, max: 0x7fffffff });
const offset = fc.integer({ min: -1, max: 1 << 22 });

const points = [3, 0, 9].map(
  (session, i) =>
    new MirrorPoint(i, MirrorType.Erspan2, new Uint8Array(16), new Uint8Array(16), session, null),
);

const word = fc.integer({ min: -0x80000000, max: 0x7fffffff });

/** The fields that a session takes from a frame. */
const fields = fc.record({
  sec: u32,
  nsec: fc.integer({ min: 0, max: 999_999_999 }),
  mac: offset,
  macSource: offset,
  ip: offset,
  source: offset,
  destination: offset,
  sourceWord: word,
  destinationWord: word,
  payload: offset,
  end: nat,
  ipLength: nat,
  payloadLength: nat,
  sourcePort: u16,
  destinationPort: u16,
  tcpSequence: u32,
  tcpAcknowledgment: u32,
  tcpWindow: u16,
  transport: offset,
  protocol: u8,
  ipVersion: fc.constantFrom(0, 4, 6),
  tcpFlags: u8,
  ttl: u8,
  etherType: u16,
  subType: u16,
  dscp: fc.integer({ min: 0, max: 63 }),
  truncated: fc.boolean(),
  moreFragments: fc.boolean(),
  icmpType: u8,
  icmpCode: u8,
  fragmentOffset: fc.integer({ min: 0, max: 65528 }),
  fragmentId: u32,
  vni: fc.integer({ min: -1, max: 0xffffff }),
  teid: u32,
});
const mirror = fc.record({
  port: u32,
  direction: fc.constantFrom(0 as const, 1 as const, 2 as const),
  hardware: fc.integer({ min: 0, max: 63 }),
  securityGroup: u16,
  cos: fc.integer({ min: 0, max: 7 }),
  vlan: fc.integer({ min: -1, max: 4095 }),
  sensor: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
});

it('a frame batch gives back every field that a session takes', () => {
  const vlans = fc.array(u16, { maxLength: 4 });
  const pick = fc.integer({ min: 0, max: 2 });
  fc.assert(
    fc.property(fields, mirror, vlans, pick, (f, m, vlanIds, point) => {
      const words = new Int32Array(3 * FRAME_WORDS);
      const frame = Object.assign(new Frame(), f, { vlanCount: vlanIds.length });
      frame.vlanIds.set(vlanIds);
      packFrame(frame, Object.assign(new Mirrored(), m, { point: points[point] }), words, 1);
      const out = new Frame();
      const mirrored = new Mirrored();
      unpackFrame(words, 1, points, out, mirrored);
      expect(out).toMatchObject(f);
      expect([...out.vlanIds.subarray(0, out.vlanCount)]).toEqual(vlanIds);
      expect(mirrored).toMatchObject(m);
      expect(mirrored.point).toBe(points[point]);
    }),
  );
});

it('a frame batch shifts offsets, but not those that mean there is none', () => {
  const words = new Int32Array(FRAME_WORDS);
  const frame = Object.assign(new Frame(), {
    mac: -1,
    ip: 10,
    source: 22,
    destination: 26,
    payload: 50,
    end: 60,
  });
  packFrame(frame, Object.assign(new Mirrored(), { point: points[0] }), words, 0);
  moveFrame(words, 0, 1000);
  const out = new Frame();
  unpackFrame(words, 0, points, out, new Mirrored());
  expect(out).toMatchObject({
    mac: -1,
    macSource: -1,
    ip: 1010,
    source: 1022,
    destination: 1026,
    payload: 1050,
    end: 1060,
  });
});
