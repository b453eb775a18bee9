/** Which session thread of `read` a frame belongs to. */
import { addressSum } from '../wire/walk/address-sum.js';
import type { Frame } from '../wire/walk/frame.js';

/**
 * The share of a frame, below `shares`: the same for both directions of a conversation and for all fragments
 * of its packets, because only addresses count.
 */
export function shareOf(f: Frame, shares: number): number {
  // Fibonacci hashing: the upper bits depend on all of the sum's.
  return ((Math.imul(addressSum(f), 0x9e3779b1) >>> 16) * shares) >>> 16;
}
