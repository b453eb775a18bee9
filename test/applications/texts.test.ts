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

/** Plain characters for the most part, of which few have another case or stand at the edge of being plain. */
const character = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 5, arbitrary: fc.constantFrom(0x40, 0x41, 0x5a, 0x5b, 0x60, 0x61, 0x7a, 0x7b, 0x20, 0x7e) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xff }) },
);
const line = fc.oneof(
  fc.array(character, { maxLength: 40 }),
  fc.array(character, { minLength: 240, maxLength: 300 }),
);
const shown = (b: readonly number[], cased: (text: string) => string = (text) => text) =>
  b
    .map((c) =>
      c < 0x20 || c > 0x7e ? `\\x${c.toString(16).padStart(2, '0')}` : cased(String.fromCharCode(c)),
    )
    .join('');

it('are the same whether they were seen before or not', () => {
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.nat(5),
      fc.constantFrom(7, 255, 1024),
      (all, at, most) => {
        const made = new Texts(7);
        for (const c of [...all, ...all]) {
          // They begin anywhere, and what is around them says nothing.
          const b = Uint8Array.from([...new Array<number>(at).fill(0xff), ...c, 0xff, 0x41]);
          const end = at + c.length;
          expect(made.ascii(b, at, end, most)).toBe(shown(c).slice(0, most));
          expect(made.lower(b, at, end, most)).toBe(shown(c, (x) => x.toLowerCase()).slice(0, most));
          expect(made.upper(b, at, end, most)).toBe(shown(c, (x) => x.toUpperCase()).slice(0, most));
          made.begin();
          made.addBytes(b, at, end, true);
          made.addWord(String.fromCharCode(...c));
          expect(made.take(most)).toBe(`${shown(c, (x) => x.toLowerCase())}${shown(c)}`.slice(0, most));
        }
      },
    ),
  );
});

it('of UTF-16 that is cut in a character have its first byte', () => {
  const b = bytes('plain', 'utf16le');
  expect(texts.utf16(b, 0, 5)).toBe('pla');
  expect(texts.utf16(Uint8Array.of(0x41, 0, 0x07), 0, 3)).toBe('A\\x07');
  expect(texts.utf16(b, 0, b.length, 3)).toBe('pla');
});

it('that are alike but for their length or one character are told apart', () => {
  const made = new Texts(3);
  for (let length = 0; length <= 260; length++) {
    const plain = bytes('a'.repeat(length).concat('   '));
    expect(made.ascii(plain, 0, length)).toBe('a'.repeat(Math.min(length, LONGEST_NAME)));
    expect(made.ascii(plain, 0, length + 1, 1024)).toBe(`${'a'.repeat(length)} `);
  }
});
