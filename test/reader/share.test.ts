import { expect, it } from 'vitest';
import { shareOf } from '../../src/reader/share.js';
import { Frame } from '../../src/wire/walk/frame-fields.js';

/** A frame between two addresses of 4 or 16 bytes, or two MACs. */
function frameOf(source: readonly number[], destination: readonly number[]): Frame {
  const f = new Frame();
  f.bytes = Uint8Array.from([...destination, ...source]);
  const view = new DataView(f.bytes.buffer);
  const n = source.length;
  if (n === 6) {
    f.mac = 0;
    f.macSource = 6;
    return f;
  }
  f.ipVersion = n === 4 ? 4 : 6;
  f.destination = 0;
  f.source = n;
  f.destinationWord = view.getInt32(n - 4);
  f.sourceWord = view.getInt32(2 * n - 4);
  return f;
}

/** Pairs of addresses that differ in one byte only, as those of one network do. */
const pairs = [4, 6, 16].flatMap((length) =>
  Array.from({ length: 200 }, (_, i) => {
    const address = (last: number) => [...new Array<number>(length - 1).fill(10), last];
    return [length, address(i), address(250)] as const;
  }),
);

it.each([2, 3, 4, 64])('both directions of a conversation have the same share of %i', (shares) => {
  for (const [, a, b] of pairs) {
    const share = shareOf(frameOf(a, b), shares);
    expect(share).toBe(shareOf(frameOf(b, a), shares));
    expect(Number.isInteger(share) && share >= 0 && share < shares).toBe(true);
  }
});

it('ports do not matter, nor whether a frame is a fragment', () => {
  for (const [, a, b] of pairs) {
    const f = frameOf(a, b);
    const share = shareOf(f, 4);
    f.sourcePort = 4000;
    f.destinationPort = 53;
    f.moreFragments = true;
    expect(shareOf(f, 4)).toBe(share);
  }
});

it.each([4, 6, 16])('pairs of neighbouring addresses of %i bytes are spread evenly', (length) => {
  const counts = [0, 0, 0, 0];
  for (const [of, a, b] of pairs) if (of === length) counts[shareOf(frameOf(a, b), 4)]++;
  for (const count of counts) expect(count).toBeGreaterThan(40);
});

it('IPv6 addresses that differ in their network only are spread, too', () => {
  const counts = [0, 0];
  const address = (subnet: number) => [0x20, 1, 0xd, 0xb8, 0, 0, 0, subnet, 0, 0, 0, 0, 0, 0, 0, 1];
  for (let i = 0; i < 100; i++) counts[shareOf(frameOf(address(i), address(200)), 2)]++;
  for (const count of counts) expect(count).toBeGreaterThan(40);
});
