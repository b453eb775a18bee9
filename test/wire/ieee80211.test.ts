import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BAD } from '../../src/wire/bytes.js';
import {
  AmsduCursor,
  emitIeee80211,
  FC_FROM_DS,
  FC_HTC,
  FC_SUBTYPE_QOS,
  FC_TO_DS,
  FC_TYPE_DATA,
  Ieee80211Header,
  isAmsdu,
  isIeee80211Protocol,
  nextAmsdu,
  parseIeee80211,
  startAmsdu,
} from '../../src/wire/link/ieee80211.js';
import { codecProperties, mac, u16 } from '../support/codec.js';
import { hex } from '../support/hex.js';

/** Every combination of the bits that shape the header. Absent fields are 0. */
const fields = fc
  .record({
    toDs: fc.boolean(),
    fromDs: fc.boolean(),
    qos: fc.boolean(),
    htc: fc.boolean(),
    duration: u16,
    address1: mac,
    address2: mac,
    address3: mac,
    sequenceControl: u16,
    address4: mac,
    qosControl: u16,
    htControlLow: u16,
    htControlHigh: u16,
  })
  .map(({ toDs, fromDs, qos, htc, ...v }) => ({
    ...v,
    frameControl:
      FC_TYPE_DATA |
      (toDs ? FC_TO_DS : 0) |
      (fromDs ? FC_FROM_DS : 0) |
      (qos ? FC_SUBTYPE_QOS : 0) |
      (htc ? FC_HTC : 0),
    address4: toDs && fromDs ? v.address4 : 0,
    qosControl: qos ? v.qosControl : 0,
    htControlLow: qos && htc ? v.htControlLow : 0,
    htControlHigh: qos && htc ? v.htControlHigh : 0,
  }));

codecProperties('ieee80211', {
  make: () => new Ieee80211Header(),
  parse: parseIeee80211,
  emit: emitIeee80211,
  fields,
});

test('beacons and acknowledgments are no data frames', () => {
  const b = new Uint8Array(40);
  for (const fc of ['8000', 'd400', '0901']) {
    b.set(hex(fc));
    expect(parseIeee80211(b, 0, 40, new Ieee80211Header())).toBe(BAD);
  }
});

test.each([
  ['within a cell', 0, 4, 10],
  ['to the distribution system', FC_TO_DS, 16, 10],
  ['from the distribution system', FC_FROM_DS, 4, 16],
  ['between access points', FC_TO_DS | FC_FROM_DS, 16, 24],
])('addresses of a frame %s', (_, bits, destination, source) => {
  const h = new Ieee80211Header();
  h.frameControl = FC_TYPE_DATA | bits;
  const b = new Uint8Array(40);
  const n = emitIeee80211(h, b, 0);
  parseIeee80211(b, 0, n, h);
  expect([h.destination, h.source]).toEqual([destination, source]);
});

test("Aruba's GRE protocol types are recognised", () => {
  expect([0x8200, 0x8210, 0x8370, 0x9000, 0x90ff].every(isIeee80211Protocol)).toBe(true);
  expect([0x0800, 0x8201, 0x8380, 0x86dd, 0x8fff, 0x9100, 0x6558].some(isIeee80211Protocol)).toBe(false);
});

test('the subframes of an A-MSDU are padded to four bytes, and the last one may be cut', () => {
  const qos = Object.assign(new Ieee80211Header(), {
    frameControl: FC_TYPE_DATA | FC_SUBTYPE_QOS,
    qosControl: 0x80,
  });
  expect(isAmsdu(qos)).toBe(true);
  const one = `020000000001020000000002 0003 aabbcc 000000`;
  const two = `020000000001020000000002 0002 aabb`;
  const three = `020000000001020000000002 0009 aabb`;
  const b = hex(one + two + three);
  const c = new AmsduCursor();
  startAmsdu(0, c);
  const found: number[][] = [];
  while (nextAmsdu(b, b.length, c)) found.push([c.offset, c.end, c.wireEnd]);
  expect(found).toEqual([
    [0, 17, 17],
    [20, 36, 36],
    [36, 52, 59],
  ]);
});

test('no bytes make the subframe walk throw, run backwards or reach beyond the end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (b) => {
      const c = new AmsduCursor();
      startAmsdu(0, c);
      let last = -1;
      while (nextAmsdu(b, b.length, c)) {
        expect(c.offset).toBeGreaterThan(last);
        expect(c.end).toBeLessThanOrEqual(b.length);
        last = c.offset;
      }
    }),
  );
});
