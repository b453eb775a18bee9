import { Random } from '../support/traffic/random.js';
import { TARGETS } from './targets.js';

export interface FuzzOptions {
  /** Ends after this many milliseconds, or this many steps. */
  readonly ms: number;
  readonly steps: number;
  /** The first step's seed; each further step adds one. */
  readonly seed: number;
}

/** Fuzzes a target. @returns the number of steps done @throws naming the seed of the step that failed */
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
