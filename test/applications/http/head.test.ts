import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Texts } from '../../../src/applications/engine/texts.js';
import { Found, Head } from '../../../src/applications/http/head.js';
import { Field } from '../../../src/applications/http/names.js';

const NAMES: readonly (readonly [name: string, field: Field])[] = [
  ['host', Field.Host],
  ['user-agent', Field.UserAgent],
  ['referer', Field.Referer],
  ['x-forwarded-for', Field.XForwardedFor],
  ['authorization', Field.Authorization],
  ['proxy-authorization', Field.ProxyAuthorization],
  ['content-type', Field.ContentType],
  ['content-length', Field.ContentLength],
  ['transfer-encoding', Field.TransferEncoding],
  ['location', Field.Location],
  ['server', Field.Server],
  ['upgrade', Field.Upgrade],
];

/** What a field's value should be: of the first line with its name, without white space around it. */
function valueIn(lines: readonly string[], name: string): string | undefined {
  const line = lines.find((l) => l.slice(0, name.length + 1).toLowerCase() === `${name}:`);
  return line?.slice(name.length + 1).replace(/^[ \t]+|[ \t]+$/g, '');
}

const cased = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => [...name].map((c, i) => (upper[i] ? c.toUpperCase() : c)).join(''));
/** Names, and what is nearly one: a character less, more, or another. */
const name = fc
  .constantFrom(...NAMES.map(([word]) => word), 'accept', 'cookie', 'date', 'via')
  .chain((word) =>
    fc.oneof(
      { weight: 6, arbitrary: cased(word) },
      fc.constant(word.slice(0, -1)),
      fc.constant(`${word}s`),
      fc.constant(word.replace('-', '\r')),
      fc.constant(`${word} `),
      fc.nat(word.length - 1).map((i) => `${word.slice(0, i)}*${word.slice(i + 1)}`),
    ),
  );
const value = fc.stringMatching(/^[ \t]{0,3}([!-~]([ -~]{0,40}[!-~])?)?[ \t]{0,3}$/);
const field = fc.tuple(name, fc.constantFrom(':', ': ', '', ' : '), value).map((parts) => parts.join(''));

it('has the first value of each field, whatever the case of its name', () => {
  const head = new Head();
  const texts = new Texts(1);
  fc.assert(
    fc.property(fc.array(field, { maxLength: 12 }), fc.constantFrom('\r\n', '\n'), (fields, lineEnd) => {
      const lines = fields.filter((l) => l.trim() !== '');
      const whole = ['GET / HTTP/1.1', ...lines, '', 'behind: it'].join(lineEnd);
      const b = Buffer.from(`host: before\n${whole}`, 'latin1');
      const at = 'host: before\n'.length;
      expect(head.find(b, at, b.length, false)).toBe(Found.Request);
      expect(head.isWhole).toBe(true);
      expect(head.end).toBe(b.length - 'behind: it'.length);
      for (const [word, place] of NAMES) {
        const expected = valueIn(lines, word);
        expect([word, head.has(place)]).toEqual([word, expected !== undefined]);
        expect(head.value(texts, b, place)).toBe(expected ?? '');
        expect(head.valueEnd(place) - head.valueAt(place)).toBe(expected?.length ?? 0);
      }
    }),
    { numRuns: 300 },
  );
});

it('is not read beyond the bytes that are there', () => {
  const b = Buffer.from('HTTP/1.1 200 OK\r\nServer: one\r\nContent-Length: 1234', 'latin1');
  const head = new Head();
  for (let end = 0; end < b.length; end++) {
    expect(head.find(b, 0, end, false)).toBe(Found.Incomplete);
    const cut = b.indexOf('Content-Length:') + 'Content-Length:'.length;
    const found = head.find(b, 0, end, true);
    if (found === Found.Response) expect(head.has(Field.ContentLength)).toBe(end >= cut);
    expect(head.valueEnd(Field.ContentLength)).toBeLessThanOrEqual(end);
  }
});
