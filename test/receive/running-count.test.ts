import { describe, expect, it } from 'vitest';
import { RunningCount } from '../../src/receive/running-count.js';

describe('a kernel counter of 32 bits', () => {
  it('continues across its wraps', () => {
    const count = new RunningCount();
    count.begin(0xffff_fff0);
    expect(count.read(0xffff_ffff)).toBe(15);
    expect(count.read(0x10)).toBe(32);
    expect(count.read(0x10)).toBe(32);
    for (let i = 1; i <= 3; i++) {
      count.read(0x8000_0000);
      expect(count.read(0x10)).toBe(32 + i * 2 ** 32);
    }
    count.begin(0x20);
    expect(count.read(0x20)).toBe(0);
  });
});
