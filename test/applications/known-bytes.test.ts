import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KnownBytes } from '../../src/applications/known-bytes.js';

/** What was made of bytes: they themselves, in hexadecimal. */
class Made {
  text = '';
}

it('has what was made of the same bytes, and of no others', () => {
  // Few places for many bytes, which differ in one of them, or in how many there are.
  const stretches = fc.tuple(fc.nat(40), fc.nat(40), fc.nat(3));
  fc.assert(
    fc.property(fc.array(stretches, { maxLength: 200 }), (all) => {
      let made = 0;
      const known = new KnownBytes(3, 32, () => new Made());
      for (const [at, length, value] of all) {
        const bytes = new Uint8Array(100);
        bytes[3 + at] = value;
        const found = known.find(bytes, 3, 3 + length);
        const text = Buffer.from(bytes.subarray(3, 3 + length)).toString('hex');
        if (known.isNew) {
          found.text = text;
          made++;
        }
        expect(found.text).toBe(text);
        const again = known.find(bytes, 3, 3 + length);
        expect(known.isNew).toBe(length > 32);
        if (!known.isNew) expect(again).toBe(found);
      }
      expect(made).toBeLessThanOrEqual(all.length);
    }),
    { numRuns: 200 },
  );
});
