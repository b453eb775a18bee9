import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LONGEST_NAME, Texts } from '../../src/applications/engine/texts.js';

const bytes = (text: string, encoding: BufferEncoding = 'latin1') => Buffer.from(text, encoding);
const texts = new Texts(1);

it('are ASCII, and other bytes are escaped as in Zeek', () => {
  const b = bytes('Caf\xe9\r\n');
  expect(texts.ascii(b, 0, b.length)).toBe('Caf\\xe9\\x0d\\x0a');
  expect(texts.lower(b, 0, 4)).toBe('caf\\xe9');
  expect(texts.upper(b, 0, 3)).toBe('CAF');
  expect(texts.ascii(b, 2, 2)).toBe('');
});

it('of UTF-16 and UTF-8 keep their characters, but no controls and no halves of them', () => {
  const wide = bytes('J\u00f6rg \u{1f600}\u0007', 'utf16le');
  expect(texts.utf16(wide, 0, wide.length)).toBe('J\u00f6rg \u{1f600}\\u0007');
  expect(texts.utf16(bytes('plain', 'utf16le'), 0, 10)).toBe('plain');
  expect(texts.utf16(Uint8Array.of(0x41, 0, 0x00, 0xd8), 0, 4)).toBe('A\\ud800');
  const narrow = bytes('J\u00f6rg\u0085', 'utf8');
  expect(texts.utf8(narrow, 0, narrow.length)).toBe('J\u00f6rg\\u0085');
  expect(texts.utf8(Uint8Array.of(0x4a, 0xf6, 0x72), 0, 3)).toBe('J\\xf6r');
});

it('have a length', () => {
  const b = bytes('x'.repeat(5000));
  expect(texts.ascii(b, 0, b.length)).toHaveLength(LONGEST_NAME);
  expect(texts.ascii(b, 0, b.length, 1024)).toHaveLength(1024);
  expect(texts.ascii(bytes('\xff'.repeat(5000)), 0, 5000)).toHaveLength(LONGEST_NAME);
});

it('are put together from pieces', () => {
  texts.begin();
  texts.addWord('SELECT ');
  texts.addBytes(bytes('X\0'), 0, 2, true);
  texts.addNumber(42);
  expect(texts.added).toBe(14);
  expect(texts.take()).toBe('SELECT x\\x0042');
  texts.begin();
  for (let i = 0; i < 10_000; i++) texts.addWord('longer and longer');
  expect(texts.take(1024)).toHaveLength(1024);
});

it('are the same whether they were seen before or not', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 50 }), (all) => {
      const made = new Texts(7);
      for (const b of [...all, ...all]) {
        const expected = [...b].map((c) =>
          c < 0x20 || c > 0x7e ? `\\x${c.toString(16).padStart(2, '0')}` : String.fromCharCode(c),
        );
        expect(made.ascii(b, 0, b.length)).toBe(expected.join(''));
      }
    }),
  );
});
