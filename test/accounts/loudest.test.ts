import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LOUDEST, LoudestRefused } from '../../src/accounts/loudest.js';
import { KEY, KIND, POINT_WORDS, TYPE_SHIFT } from '../../src/accounts/point-gate.js';

function words(sender: number): Uint32Array {
  const w = new Uint32Array(POINT_WORDS);
  w[2] = 0xffff;
  w[3] = sender;
  w[KIND] = 2 << TYPE_SHIFT;
  w[KEY] = 7;
  return w;
}

it('every refused sender above its fair share is kept, with bounds that hold', () => {
  const sender = fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 3, arbitrary: fc.integer({ min: 4, max: 400 }) },
  );
  fc.assert(
    fc.property(fc.array(sender, { maxLength: 3000 }), (senders) => {
      const loudest = new LoudestRefused();
      const counts = new Map<number, number>();
      for (const s of senders) {
        loudest.count(words(s));
        counts.set(s, (counts.get(s) ?? 0) + 1);
      }
      const list = loudest.list();
      expect(list.length).toBe(Math.min(counts.size, LOUDEST));
      const found = new Set<number>();
      for (const r of list) {
        const s = new DataView(r.source.buffer).getUint32(12);
        found.add(s);
        expect([r.type, r.session, r.key]).toEqual([2, 7, null]);
        expect(r.atLeast).toBeGreaterThan(0);
        expect(r.atLeast).toBeLessThanOrEqual(counts.get(s)!);
        expect(r.atMost).toBeGreaterThanOrEqual(counts.get(s)!);
        expect(r.atMost - r.atLeast).toBeLessThanOrEqual(senders.length / LOUDEST);
      }
      for (const [s, n] of counts) if (n > senders.length / LOUDEST) expect(found).toContain(s);
      expect(list.reduce((sum, r) => sum + r.atMost, 0)).toBe(senders.length);
    }),
  );
});
