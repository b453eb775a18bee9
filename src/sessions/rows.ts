/** The counters of a session's current row: adds one packet, or restarts for the next part. */

import type { Mirrored } from '../model/mirrored.js';
import type { Frame } from '../wire/walk/frame.js';
import { T } from './fragments.js';
import { SLOT_BYTES } from './slot-fields.js';
import { F64, U8, W } from './slot-layout.js';
import { isTcp, SLOT_WORDS, type Slots } from './slots.js';
import { beginTimes } from './times.js';

/**
 * Counts one frame of side 0 (A) or 1 (B).
 *
 * @returns whether it is the side's first in this row
 */
export function countFrame(s: Slots, slot: number, side: 0 | 1, f: Frame, m: Mirrored): boolean {
  const w = slot * SLOT_WORDS;
  const b = slot * SLOT_BYTES;
  const d = (slot * SLOT_BYTES) / 8;
  widen(s, slot, f.sec, f.nsec);
  const isFirst = s.u32[w + W.PACKETS_A + side]++ === 0;
  s.f64[d + F64.BYTES_A + side] += f.ipLength;
  s.f64[d + F64.PAYLOAD_A + side] += f.payloadLength;
  if (f.truncated) s.u32[w + W.TRUNCATED]++;
  if (s.u8[b + U8.TTL_A + side] === 0) s.u8[b + U8.TTL_A + side] = f.ttl;
  if (m.direction !== 0) s.u8[b + U8.DIRECTION] |= m.direction;
  return isFirst;
}

/** Counts the fragments that waited for the first one: `at` is the offset of their train in `trains`. */
export function countWaiting(s: Slots, slot: number, side: 0 | 1, trains: Uint32Array, at: number): void {
  const w = slot * SLOT_WORDS;
  const d = (slot * SLOT_BYTES) / 8;
  widen(s, slot, trains[at + T.OPENED_SEC], trains[at + T.OPENED_NSEC]);
  s.u32[w + W.PACKETS_A + side] += trains[at + T.PACKETS];
  widen(s, slot, trains[at + T.SEC], trains[at + T.NSEC]);
  s.u32[w + W.FRAGMENTS] += trains[at + T.PACKETS];
  s.u32[w + W.TRUNCATED] += trains[at + T.TRUNCATED];
  s.f64[d + F64.BYTES_A + side] += trains[at + T.BYTES];
  s.f64[d + F64.PAYLOAD_A + side] += trains[at + T.PAYLOAD];
}

/** Whether nothing came since the row began. */
export function rowIsEmpty(s: Slots, slot: number): boolean {
  const w = slot * SLOT_WORDS;
  return s.u32[w + W.PACKETS_A] === 0 && s.u32[w + W.PACKETS_B] === 0;
}

/** Extends the row's time to that of a packet; the first packet of a row sets it. */
function widen(s: Slots, slot: number, sec: number, nsec: number): void {
  const u32 = s.u32;
  const w = slot * SLOT_WORDS;
  if (rowIsEmpty(s, slot)) {
    u32[w + W.FIRST_SEC] = u32[w + W.LAST_SEC] = sec;
    u32[w + W.FIRST_NSEC] = u32[w + W.LAST_NSEC] = nsec;
    return;
  }
  const last = u32[w + W.LAST_SEC];
  if (sec > last || (sec === last && nsec > u32[w + W.LAST_NSEC])) {
    u32[w + W.LAST_SEC] = sec;
    u32[w + W.LAST_NSEC] = nsec;
    return;
  }
  const first = u32[w + W.FIRST_SEC];
  if (sec < first || (sec === first && nsec < u32[w + W.FIRST_NSEC])) {
    u32[w + W.FIRST_SEC] = sec;
    u32[w + W.FIRST_NSEC] = nsec;
  }
}

/** Begins the session's next row: its counters restart, its state continues. */
export function beginPart(s: Slots, slot: number): void {
  const w = slot * SLOT_WORDS;
  const b = slot * SLOT_BYTES;
  const d = (slot * SLOT_BYTES) / 8;
  s.u32[w + W.PART]++;
  for (let side = 0; side < 2; side++) {
    s.u32[w + W.PACKETS_A + side] = 0;
    s.u32[w + W.RETRANSMITS_A + side] = 0;
    s.f64[d + F64.BYTES_A + side] = 0;
    s.f64[d + F64.PAYLOAD_A + side] = 0;
    s.u8[b + U8.TCP_FLAGS_A + side] = 0;
  }
  s.u32[w + W.FRAGMENTS] = 0;
  s.u32[w + W.TRUNCATED] = 0;
  s.u32[w + W.DUPLICATES] = 0;
  s.u8[b + U8.DIRECTION] = 0;
  if (isTcp(s, slot)) beginTimes(s, slot);
}
