/** What both directions of a conversation have in common, and all fragments of its packets. */
import { u32 } from '../bytes.js';
import type { Frame } from './frame-fields.js';

/**
 * The sum of a frame's innermost addresses, of MAC addresses without IP, modulo 2^32: an integer below 2^53.
 * The program that deals packets to the ring's workers (linux/input-filter.ts) adds up the same words.
 */
export function addressSum(f: Frame): number {
  const b = f.bytes;
  let sum = 0;
  if (f.ipVersion !== 0) {
    sum = f.sourceWord + f.destinationWord;
    if (f.ipVersion === 6)
      for (let i = 0; i < 12; i += 4) sum += u32(b, f.source + i) + u32(b, f.destination + i);
  } else if (f.mac >= 0) {
    sum = u32(b, f.mac + 2) + u32(b, f.macSource + 2);
  }
  return sum;
}
