import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Words } from '../../src/sessions/words.js';

it('keeps one text for all that have it, until the last one gives it back', () => {
  const words = new Words(1000);
  const first = words.take('www.example.net');
  expect(words.take('www.example.net')).toBe(first);
  expect(words.text(first)).toBe('www.example.net');
  words.give(first);
  expect(words.text(first)).toBe('www.example.net');
  words.give(first);
  expect(words.count).toBe(0);
  expect(words.text(words.take('other'))).toBe('other');
  expect(words.take('')).toBe(0);
  expect(words.text(0)).toBe('');
});

it('refuses what does not fit, and takes more when others have gone', () => {
  const words = new Words(10 * 80);
  const ids = Array.from({ length: 20 }, (_, i) => words.take(`name ${i}`));
  expect(ids.filter((id) => id === 0)).toHaveLength(words.refused);
  expect(words.refused).toBeGreaterThan(5);
  // One that is there takes no room.
  expect(words.take('name 0')).toBe(ids[0]);
  words.give(ids[1]);
  expect(words.take('later')).toBeGreaterThan(0);
  expect(words.take('latest')).toBe(0);
});

it('gives each text its own number, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.boolean())), (steps) => {
      const words = new Words(100_000);
      const held = new Map<string, number[]>();
      for (const [n, takes] of steps) {
        const text = `text ${n}`;
        const ids = held.get(text) ?? [];
        held.set(text, ids);
        if (takes) ids.push(words.take(text));
        else if (ids.length > 0) words.give(ids.pop() as number);
      }
      const live = [...held].filter(([, ids]) => ids.length > 0);
      expect(words.count).toBe(live.length);
      for (const [text, ids] of live) for (const id of ids) expect(words.text(id)).toBe(text);
    }),
  );
});
