import { describe, expect, it } from 'vitest';
import { MirrorPoints } from '../../src/accounts/mirror-points.js';
import { NO_KEY, openGate } from '../../src/accounts/point-gate.js';
import { MirrorType } from '../../src/model/mirror-point.js';
import { outer } from '../demux/outer.js';

describe('mirror points whose hashes all collide', () => {
  const points = new MirrorPoints(openGate(1000), () => {}, { words: () => 7 });
  const find = (n: number): number =>
    points.find(MirrorType.Erspan2, outer(`2001:db8::${n.toString(16)}`, '2001:db8:1::1'), 5, NO_KEY);
  const first = Array.from({ length: 128 }, (_, n) => find(n));

  it('get a place if one is free within 128 steps; the others share one, and are counted', () => {
    expect(new Set(first).size).toBe(128);
    expect(points.overflowed).toBe(0);
    const shared = find(128);
    expect(points.isShared(shared)).toBe(true);
    expect(find(129)).toBe(shared);
    expect(points.overflowed).toBe(2);
    for (const [n, index] of first.entries()) expect(find(n)).toBe(index);
    expect(points.overflowed).toBe(2);
  });

  it('leave their places to others when they are forgotten', () => {
    points.remove(first[40]);
    const own = find(200);
    expect(points.isShared(own)).toBe(false);
    expect(find(200)).toBe(own);
    for (const [n, index] of first.entries()) if (n !== 40) expect(find(n)).toBe(index);
    expect(points.isShared(find(40))).toBe(true);
    expect(points.overflowed).toBe(3);
  });
});
