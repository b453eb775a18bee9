import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setU16, setU24, setU32, u16, u24, u32 } from '../../src/wire/bytes.js';
import { checksum, foldChecksum, sumWords } from '../../src/wire/checksum.js';
import { hex } from '../support/hex.js';

test('the example of RFC 1071 has the published checksum', () => {
  expect(checksum(hex('0001 f203 f4f5 f6f7'), 0, 8)).toBe(0xffff - 0xddf2);
});

test('bytes followed by their checksum sum to zero, and parts sum to the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
      const even = bytes.length & ~1;
      const b = new Uint8Array(even + 2);
      b.set(bytes.subarray(0, even));
      setU16(b, even, checksum(b, 0, even));
      expect(checksum(b, 0, b.length)).toBe(0);
      const cut = Math.min(at & ~1, bytes.length & ~1);
      expect(foldChecksum(sumWords(bytes, cut, bytes.length, sumWords(bytes, 0, cut)))).toBe(
        checksum(bytes, 0, bytes.length),
      );
    }),
  );
});

test('a last odd byte counts as the high one', () => {
  expect(checksum(hex('12'), 0, 1)).toBe(0xffff - 0x1200);
});

test('reading reverses writing', () => {
  const b = new Uint8Array(6);
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      fc.nat(0xffffff),
      fc.integer({ min: 0, max: 0xffffffff }),
      (two, three, four) => {
        setU16(b, 1, two);
        expect(u16(b, 1)).toBe(two);
        setU24(b, 1, three);
        expect(u24(b, 1)).toBe(three);
        setU32(b, 1, four);
        expect(u32(b, 1)).toBe(four);
        expect([b[0], b[5]]).toEqual([0, 0]);
      },
    ),
  );
});
