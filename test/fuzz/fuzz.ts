import { Random } from '../support/traffic/random.js';
import { TARGETS } from './targets.js';

export interface FuzzOptions {
  /** Milliseconds, and steps, after which it ends. */
  readonly ms: number;
  readonly steps: number;
  /** The first step's seed; the next has the next. */
  readonly seed: number;
}

/** Fuzzes a target. @returns the steps done. @throws naming the seed with which a step failed */
export async function fuzz(name: string, { ms, steps, seed }: FuzzOptions): Promise<number> {
  const target = TARGETS[name]();
  const end = performance.now() + ms;
  let done = 0;
  try {
    for (; done < steps && performance.now() < end; done++) {
      try {
        await target.step(new Random(seed + done));
      } catch (error) {
        const again = `npm run fuzz -- --target ${name} --seed ${seed + done} --steps 1`;
        throw new Error(`${name}: ${(error as Error).message}\nonce more: ${again}`, { cause: error });
      }
    }
  } finally {
    target.close();
  }
  return done;
}
