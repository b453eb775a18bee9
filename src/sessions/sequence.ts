/**
 * The sequence numbers of a connection's two directions: what is new, what was sent again, what is missing.
 *
 * One gap per direction is remembered. When there is another, the older one is given up if the receiver has
 * acknowledged what was in it: nobody will send that again, so only the mirror has lost it. Otherwise they
 * become one, with what lies between them. A sender fills its gaps from the front, so their bytes are still
 * counted right.
 */

import { TCP_FIN as FIN, TCP_RST as RST, TCP_SYN as SYN } from '../wire/transport/tcp.js';
import type { Frame } from '../wire/walk/frame.js';
import { SLOT_BYTES } from './slot-fields.js';
import { TF64, TW, U8, W } from './slot-layout.js';
import { FLAG, SLOT_WORDS, type Slots, TCP_WORDS, TIMING } from './slots.js';

/** What a segment is to its direction. */
export const SegmentIs = {
  /** It carries nothing, or a keepalive probe's byte, or ends the connection. */
  Nothing: 0,
  /** The next bytes, or the first ones seen. */
  Next: 1,
  /** Bytes behind a gap. */
  AfterGap: 2,
  /** Bytes of a gap: they come late. */
  Late: 3,
  /** Bytes that were all seen before. */
  Repeated: 4,
  /** Another numbering. */
  Elsewhere: 5,
} as const;
export type SegmentIs = (typeof SegmentIs)[keyof typeof SegmentIs];

/**
 * The shortest time without a packet, in nanoseconds, before a keepalive probe: Linux takes whole seconds
 * (tcp(7), TCP_KEEPIDLE).
 */
const KEEPALIVE_LEAST = 1e9;

/**
 * A larger jump of sequence numbers is no gap but another numbering, and a gap this far back is never filled.
 */
const RESYNC = 1 << 26;
/**
 * Each time the numbers pass a multiple of 2^30, a gap that far back is forgotten: before the numbers come
 * round to it again, and without a check per segment.
 */
const FORGET_SHIFT = 30;

/**
 * Takes the numbers of one segment of side 0 (A) or 1 (B), before it is counted. Numbers are compared by
 * their distance modulo 2^32 (RFC 9293 section 3.4).
 *
 * A keepalive probe (one byte before the next expected, after a pause) is nothing new and not repeated.
 */
export function trackSequence(s: Slots, slot: number, side: 0 | 1, f: Frame): SegmentIs {
  const is = place(s, slot, side, f);
  // Of a segment in fragments the first one does not say how long it is.
  if (f.moreFragments) s.u8[slot * SLOT_BYTES + U8.FRAGMENTED] |= 1 << side;
  return is;
}

function place(s: Slots, slot: number, side: 0 | 1, f: Frame): SegmentIs {
  const flags = f.tcpFlags;
  if ((flags & RST) !== 0) return SegmentIs.Nothing;
  const { u32, tcp32 } = s;
  const w = slot * SLOT_WORDS;
  const t = slot * TCP_WORDS;
  const b = slot * SLOT_BYTES;
  const fl = b + U8.FLAGS;
  const seen = side === 0 ? FLAG.SEQ_A : FLAG.SEQ_B;
  const seq = f.tcpSequence;
  const length = f.payloadLength + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  const after = (seq + length) >>> 0;
  if ((s.u8[fl] & seen) === 0) {
    s.u8[fl] |= seen;
    tcp32[t + TW.ISN_A + side] = seq;
    u32[w + W.NEXT_SEQ_A + side] = after;
    return length === 0 ? SegmentIs.Nothing : SegmentIs.Next;
  }
  if (length === 0) return SegmentIs.Nothing;
  const next = u32[w + W.NEXT_SEQ_A + side];
  const ahead = (seq - next) | 0;
  if (ahead === 0) {
    goOn(u32, w + side, next, after);
    return SegmentIs.Next;
  }
  // A side first seen with a keepalive probe without its byte: that was the number before the next.
  if (ahead === 1 && next === tcp32[t + TW.ISN_A + side]) {
    goOn(u32, w + side, next, after);
    return SegmentIs.Next;
  }
  if (ahead > RESYNC || ahead < -RESYNC) {
    u32[w + W.HOLE_START_A + side] = u32[w + W.HOLE_END_A + side];
    u32[w + W.NEXT_SEQ_A + side] = after;
    return SegmentIs.Elsewhere;
  }
  if (ahead > 0) {
    if ((s.u8[b + U8.FRAGMENTED] & (1 << side)) !== 0) {
      s.u8[b + U8.FRAGMENTED] &= ~(1 << side);
      goOn(u32, w + side, next, after);
      return SegmentIs.Next;
    }
    openHole(s, slot, side, next, seq);
    goOn(u32, w + side, next, after);
    return SegmentIs.AfterGap;
  }
  if (ahead === -1 && length === 1 && (flags & (SYN | FIN)) === 0) {
    const idle = (f.sec - u32[w + W.LAST_SEC]) * 1e9 + (f.nsec - u32[w + W.LAST_NSEC]);
    if (idle >= KEEPALIVE_LEAST) return SegmentIs.Nothing;
  }
  const filled = fillHole(u32, w + side, seq, after);
  const beyond = ((after - next) | 0) > 0;
  if (beyond) goOn(u32, w + side, next, after);
  if (filled > 0) {
    const m = t / 2 + TF64.MISSING_A + side;
    s.tcp64[m] = Math.max(0, s.tcp64[m] - filled);
    tcp32[t + TW.REORDERED_A + side]++;
    return SegmentIs.Late;
  }
  if (beyond) return SegmentIs.Next;
  u32[w + W.RETRANSMITS_A + side]++;
  return SegmentIs.Repeated;
}

/** Expects `after` next instead of `next`. `w` includes the side. */
function goOn(u32: Uint32Array, w: number, next: number, after: number): void {
  u32[w + W.NEXT_SEQ_A] = after;
  if ((next ^ after) >>> FORGET_SHIFT === 0) return;
  const end = u32[w + W.HOLE_END_A];
  if ((after - end) >>> 0 > RESYNC) u32[w + W.HOLE_START_A] = end;
}

/** Remembers a gap from `start` to `end`, joined with the one before unless that one will not be filled. */
function openHole(s: Slots, slot: number, side: 0 | 1, start: number, end: number): void {
  const { u32 } = s;
  const w = slot * SLOT_WORDS + side;
  const t = slot * TCP_WORDS;
  s.tcp64[t / 2 + TF64.MISSING_A + side] += (end - start) >>> 0;
  const former = u32[w + W.HOLE_START_A];
  const formerEnd = u32[w + W.HOLE_END_A];
  const acked = (s.u8[slot * SLOT_BYTES + U8.TIMING] & (TIMING.ACKED_A << (1 - side))) !== 0;
  const isOver =
    former === formerEnd ||
    (end - former) >>> 0 > RESYNC ||
    (acked && ((s.tcp32[t + TW.ACK_A + (1 - side)] - formerEnd) | 0) >= 0);
  if (isOver) u32[w + W.HOLE_START_A] = start;
  u32[w + W.HOLE_END_A] = end;
}

/**
 * Takes the numbers from `seq` up to `after` out of the gap. From its middle they are not taken: the rest is
 * before and behind them. `w` includes the side.
 *
 * @returns how many of these numbers are in the gap
 */
function fillHole(u32: Uint32Array, w: number, seq: number, after: number): number {
  const start = u32[w + W.HOLE_START_A];
  const end = u32[w + W.HOLE_END_A];
  if (start === end || ((after - start) | 0) <= 0 || ((seq - end) | 0) >= 0) return 0;
  const fromStart = ((seq - start) | 0) <= 0;
  const toEnd = ((after - end) | 0) >= 0;
  if (fromStart) u32[w + W.HOLE_START_A] = toEnd ? end : after;
  else if (toEnd) u32[w + W.HOLE_END_A] = seq;
  return ((toEnd ? end : after) - (fromStart ? start : seq)) >>> 0;
}
