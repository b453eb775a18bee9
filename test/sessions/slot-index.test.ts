import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROBES, SlotIndex } from '../../src/sessions/slot-index.js';
import { expectCpu } from '../support/cpu.js';

function find(index: SlotIndex, hash: number, slot: number): boolean {
  let bucket = index.start(hash);
  for (let n = 0; n < PROBES; n++) {
    const at = index.slotAt(bucket);
    if (at < 0) return false;
    if (at === slot && index.hashAt(bucket) === hash) return true;
    bucket = index.next(bucket);
  }
  return false;
}

describe('the slot index', () => {
  it('finds what was inserted and not removed, through collisions and growth', () => {
    // Few hashes for many slots give long probes, which backward shifts must keep whole.
    const hash = fc.constantFrom(0, 1, 2, 7, 8, 15, 16, 0x7fffffff, 0x7ffffff0);
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
            expect(index.insert(h, slot)).toBe(true);
            there.set(slot, h);
          }
          for (const [s, known] of there) expect(find(index, known, s)).toBe(true);
          if (remove) expect(find(index, h, slot)).toBe(false);
        }
      }),
    );
  });

  it('finds what it accepted when more hashes collide than it accepts', () => {
    // Runs of many times PROBES buckets, from adjacent and equal hashes, with holes in them.
    const hash = fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constantFrom(0, 1, 300), fc.nat(0x7fffffff));
    const step = fc.tuple(hash, fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { minLength: 500, maxLength: 3000 }), (steps) => {
        const index = new SlotIndex(1 << 11);
        const there = new Map<number, number>();
        let next = 0;
        for (const [h, remove] of steps) {
          if (remove && there.size > 400) {
            const [slot, known] = [...there][h % there.size];
            index.remove(known, slot);
            there.delete(slot);
            expect(find(index, known, slot)).toBe(false);
          } else if (index.insert(h, next)) there.set(next++, h);
          else {
            const replaced = index.replace(h, next);
            expect(there.delete(replaced)).toBe(true);
            there.set(next++, h);
          }
        }
        for (const [slot, known] of there) expect(find(index, known, slot)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('takes no longer to remove the first of a long run', () => {
    const rounds = 2000;
    const removing = (spread: number) => () => {
      const index = new SlotIndex(1 << 15);
      // Each is in the bucket behind its own: removing the first would move all of them.
      index.insert(0, 0);
      for (let n = 0; n < 14_000; n++) index.insert(n * spread, n + 1);
      return () => {
        for (let n = 0; n < rounds; n++) {
          index.remove(0, 0);
          index.insert(0, 0);
        }
      };
    };
    expectCpu(removing(1), removing(2), 100);
  });
});
