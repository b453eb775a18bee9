import { mix } from '../wire/walk/flow.js';

/**
 * Among how many classes the pairs of addresses are divided, each of which goes to one target as a whole. The
 * shares of 32 targets then differ by some 5 %.
 */
const CLASSES = 16384;

/**
 * Divides pairs of addresses among targets by rendezvous hashing (highest random weight; Thaler and
 * Ravishankar, 1998): only the pairs of a target that goes move, and they move back when it returns.
 *
 * The weights come from the targets' names alone, so that mirrors on several hosts with the same targets, in
 * whatever order, send a pair to the same one.
 */
export class Spread {
  private readonly seeds: readonly number[];
  /** By class: which target. */
  private readonly table = new Uint8Array(CLASSES);

  /** @param names at most {@link MOST_TARGETS}, no two alike */
  constructor(names: readonly string[]) {
    this.seeds = names.map(seedOf);
    this.divide(names.map(() => true));
  }

  /** Divides the pairs among the targets of which `takes` is true; there has to be one. */
  divide(takes: readonly boolean[]): void {
    const { seeds, table } = this;
    for (let i = 0; i < CLASSES; i++) {
      let best = -1;
      let weight = -1;
      for (let t = 0; t < seeds.length; t++) {
        if (!takes[t]) continue;
        const w = mix(seeds[t] ^ mix(i));
        if (w > weight) {
          weight = w;
          best = t;
        }
      }
      table[i] = best;
    }
  }

  /** The target of a pair of addresses, by its hash ({@link Flow.pair}). */
  target(pair: number): number {
    return this.table[pair & (CLASSES - 1)];
  }
}

/** FNV-1a of the name, mixed: 32 bits. */
function seedOf(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
  return mix(h);
}
