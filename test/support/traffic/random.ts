/**
 * Random numbers, the same on every machine for the same seed: xoshiro128** by Blackman and Vigna, with a
 * state filled by splitmix32. Integer arithmetic only.
 */
export class Random {
  private readonly state = new Uint32Array(4);

  constructor(seed: number) {
    let s = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      s = (s + 0x9e3779b9) >>> 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.state[i] = z ^ (z >>> 16);
    }
  }

  /** 0 to 4294967295. */
  u32(): number {
    const s = this.state;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** From 0 to 1, excluding 1. */
  float(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** From `low` to `high`, including both. */
  int(low: number, high: number): number {
    return low + Math.floor(this.float() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.float() * from.length)]!;
  }

  /**
   * Many small numbers and few large ones, like transfer sizes, from `low` to `high`: each doubling has this
   * probability. (No logarithms or powers: their last digits differ between machines.)
   */
  doubling(low: number, high: number, probability: number): number {
    let size = low;
    while (size * 2 <= high && this.chance(probability)) size *= 2;
    return this.int(size, Math.min(high, size * 2 - 1));
  }

  bytes(length: number): Uint8Array {
    const b = new Uint8Array(length);
    for (let i = 0; i < length; i++) b[i] = this.u32() >>> 24;
    return b;
  }
}
