import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlotIndex } from '../../src/sessions/slot-index.js';

function find(index: SlotIndex, hash: number, slot: number): boolean {
  for (let bucket = index.start(hash); ; bucket = index.next(bucket)) {
    const at = index.slotAt(bucket);
    if (at < 0) return false;
    if (at === slot && index.hashAt(bucket) === hash) return true;
  }
}

it('finds what was inserted and not removed, through collisions and growth', () => {
  // Few hashes for many slots: long probes, which backward shifts must keep whole.
  const hash = fc.constantFrom(0, 1, 2, 7, 8, 15, 16, 0xffffffff, 0xfffffff0);
  const step = fc.tuple(hash, fc.integer({ min: 0, max: 60 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new SlotIndex(8);
      const there = new Map<number, number>();
      for (const [h, slot, remove] of steps) {
        if (remove) {
          const known = there.get(slot);
          if (known !== undefined) index.remove(known, slot);
          there.delete(slot);
        } else if (!there.has(slot)) {
          index.insert(h, slot);
          there.set(slot, h);
        }
        for (const [s, known] of there) expect(find(index, known, s)).toBe(true);
        if (remove) expect(find(index, h, slot)).toBe(false);
      }
    }),
  );
});
