/** Decides about mirror points that are not known yet. */
import type { MirrorType } from '../model/mirror-point.js';

/** No GRE key. */
export const NO_KEY = -1;
/** Instead of a pool: the point gets no place, and its packets are refused. */
export const REFUSED = -1;

/**
 * The identity of a point in words: source, target; type; the key if it counts, else the session. IPv4 is
 * ::ffff:a.b.c.d.
 */
export const ADDRESS_WORDS = 4;
export const KIND = 2 * ADDRESS_WORDS;
export const KEY = KIND + 1;
export const POINT_WORDS = KEY + 1;

/** The bit in the word at {@link KIND} that says that the key counts; the type is above it. */
export const KEYED = 1;
export const TYPE_SHIFT = 1;

/**
 * Says from which pool a mirror point gets a place. Points of one pool cannot take the places of another.
 *
 * It is asked for every packet of a point without a place, which strangers can send at will: the answer takes
 * no memory, and the same short time for any packet.
 */
export interface PointGate {
  /** Places of every pool, at least one each. */
  readonly places: readonly number[];
  /**
   * @param words of the packet: its source in the first four, its target in the next
   * @param key the GRE key, or {@link NO_KEY}
   * @param origin where plain frames come from; '' for others
   * @returns the pool, or {@link REFUSED}
   */
  poolOf(type: MirrorType, words: Uint32Array, session: number, key: number, origin: string): number;
  /** Whether a point of this sender (in the first four words) may get a place: a fragment shows no more. */
  mayAdmit(words: Uint32Array): boolean;
  /**
   * Seconds without packets after which a point of a pool is forgotten; `full`: few of its places are left.
   */
  idle(pool: number, full: boolean): number;
}

/** Admits everybody while there are places, and forgets nobody. */
export function openGate(places: number): PointGate {
  return {
    places: [places],
    poolOf: () => 0,
    mayAdmit: () => true,
    idle: () => Number.POSITIVE_INFINITY,
  };
}
