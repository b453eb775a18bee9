import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LONGEST_LINE, textLines } from '../../src/model/text-lines.js';

async function linesOf(stream: AsyncIterable<Uint8Array | string>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of textLines(stream)) lines.push(line);
  return lines;
}

it('are the same however the bytes are cut into pieces', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ''));
  const text = fc.tuple(fc.array(line), fc.boolean());
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(8)), async ([lines, ends], cuts) => {
      // An empty last line is one only where it ends.
      const whole = lines.length > 0 && (ends || lines.at(-1) === '') ? [...lines, ''] : lines;
      const bytes = Buffer.from(whole.join('\n'));
      const pieces: Uint8Array[] = [];
      let start = 0;
      for (const length of cuts) {
        pieces.push(bytes.subarray(start, start + length));
        start += length;
      }
      pieces.push(bytes.subarray(start));
      expect(await linesOf(Readable.from(pieces, { objectMode: false }))).toEqual(lines);
    }),
  );
});

it('are separated by newlines alone', async () => {
  expect(await linesOf(Readable.from(['a\u2028b\r\n', 'c']))).toEqual(['a\u2028b\r', 'c']);
});

it('have a bound', async () => {
  const piece = Buffer.alloc(1 << 20, 'a');
  const endless = Readable.from(
    (function* () {
      for (;;) yield piece;
    })(),
    { objectMode: false },
  );
  await expect(linesOf(endless)).rejects.toThrow('longer than 64 MiB');
  const most = [...Array(LONGEST_LINE / piece.length).fill(piece), Buffer.from('\nb')];
  expect((await linesOf(Readable.from(most, { objectMode: false }))).map((line) => line.length)).toEqual([
    LONGEST_LINE,
    1,
  ]);
});

const ENDS: [string, (stream: PassThrough) => void, string][] = [
  ['destroyed', (stream) => stream.destroy(), 'Premature close'],
  [
    'destroyed with an error',
    (stream) => stream.destroy(new Error('the store is gone')),
    'the store is gone',
  ],
];
it.each(ENDS)(
  'of a stream that is %s throw, before they are asked for and between two',
  async (_, end, why) => {
    const before = new PassThrough().on('error', () => undefined);
    const closed = once(before, 'close').catch(() => undefined);
    end(before);
    await closed;
    await expect(linesOf(before)).rejects.toThrow(why);

    const during = new PassThrough();
    during.write('a\nb');
    const lines = textLines(during);
    expect(await lines.next()).toEqual({ done: false, value: 'a' });
    const next = lines.next();
    end(during);
    await expect(next).rejects.toThrow(why);
  },
);
