/** The properties assert with Node.js where they can: `expect` takes ten times as long. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BAD } from '../../src/wire/bytes.js';

/** A codec as the properties see it: a header of numbers, with a parse and an emit like those of src/wire. */
export interface Codec<H extends object> {
  make: () => H;
  parse: (b: Uint8Array, o: number, end: number, h: H) => number;
  emit: (h: H, b: Uint8Array, o: number) => number;
  /** Every field that emit writes, with its possible values. */
  fields: fc.Arbitrary<Partial<H>>;
  /** The number of header bytes that the caller writes, for these fields. */
  tail?: (h: H) => number;
  /** False for headers that do not keep all their bits (reserved bytes are written as zero). */
  wholeBytes?: boolean;
}

export const bit = fc.integer({ min: 0, max: 1 });
export const u8 = bits(8);
export const u16 = bits(16);
export const u24 = bits(24);
export const u32 = bits(32);
export const mac = fc.integer({ min: 0, max: 2 ** 48 - 1 });

export function bits(n: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 2 ** n - 1 });
}

const ROOM = 2100;
/** Random bytes from a seed: fast-check is slow at thousands of single bytes. */
const noise = fc.integer().map((seed) => {
  let state = seed | 1;
  return new Uint8Array(ROOM).map(() => {
    // Marsaglia's xorshift.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
});

/**
 * The properties of every codec: parse undoes emit, at any offset; a truncated header is SHORT; emit undoes
 * parse; no bytes make parse throw, or claim more bytes than there are.
 */
export function codecProperties<H extends object>(name: string, codec: Codec<H>): void {
  const { make, parse, emit, fields, tail = () => 0, wholeBytes = true } = codec;
  describe(name, () => {
    test('parse undoes emit', () => {
      fc.assert(
        fc.property(fields, fc.nat(40), noise, (values, o, b) => {
          const given = Object.assign(make(), values);
          const written = emit(given, b, o);
          const length = Math.max(written, parse(b, o, b.length, make()));
          assert.ok(length >= written, `${length} bytes of ${written} written`);
          assert.ok(length <= written + tail(given), `${length} bytes of ${written + tail(given)}`);
          const read = make();
          assert.equal(parse(b, o, o + length, read), length);
          expect(read).toMatchObject(values);
          if (length > 0) assert.ok(parse(b, o, o + length - 1, make()) < length, 'one byte is missing');
        }),
      );
    });

    if (wholeBytes) {
      test('emit undoes parse', () => {
        fc.assert(
          fc.property(noise, fc.option(fields), (b, values) => {
            // Noise is seldom a valid header of some protocols: mostly, write one into it first.
            if (values !== null) emit(Object.assign(make(), values), b, 0);
            const h = make();
            if (parse(b, 0, b.length, h) < 0) return;
            const copy = b.slice();
            emit(h, copy, 0);
            // As text, which a failure shows.
            assert.equal(Buffer.from(copy).toString('hex'), Buffer.from(b).toString('hex'));
          }),
        );
      });
    }

    test('no bytes make parse throw or claim more than there is', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(20), (b, o) => {
          const end = Math.max(o, b.length);
          const n = parse(b, o, end, make());
          assert.ok(n >= BAD && n <= end - o, `${n} of ${end - o} bytes`);
        }),
        { numRuns: 500 },
      );
    });
  });
}
