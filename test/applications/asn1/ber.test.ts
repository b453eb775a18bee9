import { describe, expect, it } from 'vitest';
import { application, Ber, context, oidOf, Tag } from '../../../src/applications/asn1/ber.js';
import { Texts } from '../../../src/applications/engine/texts.js';
import { hex } from '../../support/conversation.js';

const texts = new Texts(1);
const over = (digits: string, partial = false) => {
  const b = hex(digits);
  return new Ber().set(b, 0, b.length, partial);
};

describe('elements', () => {
  it('come one after the other, and within each other', () => {
    const ber = over('30 0a 02 01 05 a1 05 04 03 61 62 63 05 00');
    const { end } = ber;
    expect(ber.expect(Tag.Set)).toBe(false);
    expect(ber.into(Tag.Sequence)).toBe(true);
    expect(ber.nextInteger()).toBe(5);
    const outer = ber.end;
    expect(ber.into(context(1))).toBe(true);
    expect(ber.expect(Tag.OctetString)).toBe(true);
    expect(texts.ascii(ber.bytes, ber.start, ber.stop)).toBe('abc');
    expect(ber.next()).toBe(false);
    ber.leave(outer);
    expect(ber.next()).toBe(false);
    ber.leave(end);
    expect([ber.next(), ber.tag, ber.start - ber.stop]).toEqual([true, Tag.Null, 0]);
    expect([ber.next(), ber.bad]).toEqual([false, false]);
  });

  it('have lengths of up to four octets', () => {
    for (const length of ['05', '81 05', '82 00 05', '83 00 00 05', '84 00 00 00 05']) {
      const ber = over(`04 ${length} 01 02 03 04 05`);
      expect([ber.next(), ber.stop - ber.start, ber.bad]).toEqual([true, 5, false]);
    }
  });

  it('are bad where they cannot be', () => {
    for (const digits of [
      '04',
      '04 05 00',
      '04 80 00 00',
      '04 85 00 00 00 00 01 00',
      '1f 20 01 00',
      '04 82 01',
    ])
      expect([over(digits).next(), digits]).toEqual([false, digits]);
    const ber = over('04 84 ff ff ff ff 00');
    expect([ber.next(), ber.bad]).toEqual([false, true]);
  });

  it('end with the bytes where these are known to be a part', () => {
    const ber = over('30 82 10 00 04 03 61', true);
    expect([ber.into(Tag.Sequence), ber.cut]).toEqual([true, true]);
    expect([ber.next(), ber.cut, ber.stop - ber.start]).toEqual([true, true, 1]);
    expect([ber.next(), ber.bad]).toEqual([false, false]);
    const header = over('04 82 01', true);
    expect([header.next(), header.bad]).toEqual([false, false]);
  });
});

it('tells integers', () => {
  for (const [digits, n] of [
    ['02 01 00', 0],
    ['02 01 7f', 127],
    ['02 01 80', -128],
    ['02 02 00 80', 128],
    ['02 02 ff 7f', -129],
    ['02 05 00 ff ff ff ff', 0xffff_ffff],
    ['02 00', Number.NaN],
    ['02 07 01 02 03 04 05 06 07', Number.NaN],
    ['04 01 00', Number.NaN],
  ] as const)
    expect(over(digits).nextInteger()).toBe(n);
});

it('tells object identifiers (X.690, 8.19.5)', () => {
  const oid = (digits: string) => oidOf(texts, hex(digits), 0, hex(digits).length);
  expect(oid('2a 86 48 86 f7 12 01 02 02')).toBe('1.2.840.113554.1.2.2');
  expect(oid('88 37 03')).toBe('2.999.3');
  expect(oid('2b 06 01 05 05 02')).toBe('1.3.6.1.5.5.2');
  expect(oid('')).toBe('');
  expect(oid('2a 86')).toBe('');
  expect(oid('ff ff ff ff ff ff ff ff 7f')).toBe('');
  const ber = over('06 03 2a 03 04');
  expect([ber.next(), ber.oid(texts), ber.is([0x2a, 3, 4]), ber.is([0x2a, 3])]).toEqual([
    true,
    '1.2.3.4',
    true,
    false,
  ]);
});

it('names the octets of tags', () => {
  expect([context(0), context(3, false), application(10), application(2, false)]).toEqual([
    0xa0, 0x83, 0x6a, 0x42,
  ]);
});
