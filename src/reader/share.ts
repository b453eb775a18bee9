/** Which session thread of `read` a frame belongs to. */
import { u32 } from '../wire/bytes.js';
import type { Frame } from '../wire/walk/frame.js';

/**
 * The share of a frame, below `shares`: the same for both directions of a conversation and for all fragments
 * of its packets, because only addresses count. The addresses are added and mixed as by the ring's workers
 * (fanoutByInnerAddresses of linux/gre-filter.ts), but those of the innermost packet, which is known here.
 * Frames without IP are dealt by their MAC addresses.
 */
export function shareOf(f: Frame, shares: number): number {
  const b = f.bytes;
  let sum = 0;
  if (f.ipVersion !== 0) {
    sum = f.sourceWord + f.destinationWord;
    if (f.ipVersion === 6)
      for (let i = 0; i < 12; i += 4) sum += u32(b, f.source + i) + u32(b, f.destination + i);
  } else if (f.mac >= 0) {
    sum = u32(b, f.mac + 2) + u32(b, f.macSource + 2);
  }
  // Fibonacci hashing: the upper bits depend on all of the sum's.
  return ((Math.imul(sum, 0x9e3779b1) >>> 16) * shares) >>> 16;
}
