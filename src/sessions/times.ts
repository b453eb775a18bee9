/**
 * How long a connection's peers take, seen from the mirror point: the least round trip to each side, and the
 * time from a request to its answer.
 *
 * A round trip begins with a segment that carries payload or a SYN, and ends with the first segment of the
 * other side whose acknowledgment covers its last byte. One segment per side is timed at a time. A segment
 * that is sent again, or that fills a gap, ends it without a result: nobody knows which one is acknowledged
 * (Karn's algorithm, RFC 6298 section 3).
 *
 * A response takes from the client's last payload to the first payload of the server behind it.
 */

import { TCP_ACK as ACK, TCP_RST as RST, TCP_SYN as SYN } from '../wire/transport/tcp.js';
import type { Frame } from '../wire/walk/frame.js';
import { SegmentIs } from './sequence.js';
import { SLOT_BYTES } from './slot-fields.js';
import { TF64, TU16, TW, U8 } from './slot-layout.js';
import { type Slots, TCP_WORDS, TIMING } from './slots.js';

/** Half of the range of a clock in microseconds modulo 2^32: a longer round trip is none. */
const LONGEST_TRIP = 2 ** 31;
/**
 * A segment that comes again this soon, in microseconds, is a copy of the mirror's. If the sender was as
 * fast, the trip is only timed too long, and it is the least one that counts.
 */
export const COPY_US = 10_000;
const LARGEST = 0xffffffff;
const MOST_ZERO_WINDOWS = 0xffff;

/** Takes one segment of side 0 (A) or 1 (B), whose numbers have been taken. Its header was captured. */
export function time(s: Slots, slot: number, side: 0 | 1, client: boolean, f: Frame, is: SegmentIs): void {
  if ((f.tcpFlags & ACK) !== 0) acknowledge(s, slot, side, f);
  if (f.tcpWindow === 0 && (f.tcpFlags & (SYN | RST)) === 0) {
    const at = slot * TCP_WORDS * 2 + TU16.ZERO_WINDOWS_A + side;
    if (s.tcp16[at] < MOST_ZERO_WINDOWS) s.tcp16[at]++;
  }
  if (is === SegmentIs.Nothing) return;
  timeSegment(s, slot, side, f, is);
  if (f.payloadLength === 0) return;
  if (client) ask(s, slot, side, f, is);
  else if (is !== SegmentIs.Late && is !== SegmentIs.Repeated) answer(s, slot, f);
}

/** The time of a frame in microseconds modulo 2^32. */
function stamp(f: Frame): number {
  return (Math.imul(f.sec, 1_000_000) + Math.trunc(f.nsec / 1000)) >>> 0;
}

/** Whether a side has acknowledged everything before number `after`. */
function hasAcknowledged(s: Slots, slot: number, side: number, after: number): boolean {
  if ((s.u8[slot * SLOT_BYTES + U8.TIMING] & (TIMING.ACKED_A << side)) === 0) return false;
  return ((s.tcp32[slot * TCP_WORDS + TW.ACK_A + side] - after) | 0) >= 0;
}

function acknowledge(s: Slots, slot: number, side: 0 | 1, f: Frame): void {
  const t = slot * TCP_WORDS;
  const timing = slot * SLOT_BYTES + U8.TIMING;
  const other = 1 - side;
  const ack = f.tcpAcknowledgment;
  if ((s.u8[timing] & (TIMING.TIMED_A << other)) !== 0 && ((ack - s.tcp32[t + TW.DUE_A + other]) | 0) >= 0) {
    s.u8[timing] &= ~(TIMING.TIMED_A << other);
    const trip = (stamp(f) - s.tcp32[t + TW.SENT_A + other]) >>> 0;
    const least = s.tcp32[t + TW.RTT_A + other];
    // 0 is no result; a trip within one microsecond is one of 1.
    if (trip < LONGEST_TRIP && (least === 0 || trip < least))
      s.tcp32[t + TW.RTT_A + other] = Math.max(trip, 1);
  }
  if (!hasAcknowledged(s, slot, side, ack)) {
    s.u8[timing] |= TIMING.ACKED_A << side;
    s.tcp32[t + TW.ACK_A + side] = ack;
  }
}

function timeSegment(s: Slots, slot: number, side: 0 | 1, f: Frame, is: SegmentIs): void {
  const t = slot * TCP_WORDS;
  const timing = slot * SLOT_BYTES + U8.TIMING;
  const timed = TIMING.TIMED_A << side;
  const after = (f.tcpSequence + f.payloadLength + ((f.tcpFlags & SYN) !== 0 ? 1 : 0)) >>> 0;
  if ((s.u8[timing] & timed) !== 0) {
    if (is === SegmentIs.Next || is === SegmentIs.AfterGap) return;
    const since = (stamp(f) - s.tcp32[t + TW.SENT_A + side]) >>> 0;
    const isCopy = is === SegmentIs.Repeated && after === s.tcp32[t + TW.DUE_A + side] && since < COPY_US;
    if (!isCopy) s.u8[timing] &= ~timed;
    return;
  }
  // A FIN alone begins none; neither does what was acknowledged before it came, out of order.
  if (is !== SegmentIs.Next || after === f.tcpSequence || hasAcknowledged(s, slot, 1 - side, after)) return;
  s.u8[timing] |= timed;
  s.tcp32[t + TW.DUE_A + side] = after;
  s.tcp32[t + TW.SENT_A + side] = stamp(f);
}

/**
 * The client's payload: new, it is a request or more of one. What is sent again counts as sent then, unless
 * the server had it already.
 */
function ask(s: Slots, slot: number, side: 0 | 1, f: Frame, is: SegmentIs): void {
  const timing = slot * SLOT_BYTES + U8.TIMING;
  if (is === SegmentIs.Late || is === SegmentIs.Repeated) {
    if ((s.u8[timing] & TIMING.ASKED) === 0) return;
    if (hasAcknowledged(s, slot, 1 - side, (f.tcpSequence + f.payloadLength) >>> 0)) return;
  }
  const t = slot * TCP_WORDS;
  s.u8[timing] |= TIMING.ASKED;
  s.tcp32[t + TW.ASKED_SEC] = f.sec;
  s.tcp32[t + TW.ASKED_NSEC] = f.nsec;
}

/** New payload of the server: an answer, if the client has asked. */
function answer(s: Slots, slot: number, f: Frame): void {
  const timing = slot * SLOT_BYTES + U8.TIMING;
  if ((s.u8[timing] & TIMING.ASKED) === 0) return;
  s.u8[timing] &= ~TIMING.ASKED;
  const t = slot * TCP_WORDS;
  const { tcp32, tcp64 } = s;
  const us = (f.sec - tcp32[t + TW.ASKED_SEC]) * 1e6 + Math.trunc((f.nsec - tcp32[t + TW.ASKED_NSEC]) / 1000);
  const response = Math.min(Math.max(us, 0), LARGEST);
  tcp32[t + TW.RESPONSES]++;
  tcp64[t / 2 + TF64.RESPONSE_SUM] += response;
  if (response > tcp32[t + TW.RESPONSE_MAX]) tcp32[t + TW.RESPONSE_MAX] = response;
}

/** Begins a session's next row: its counters and its times restart, what is under way goes on. */
export function beginTimes(s: Slots, slot: number): void {
  const t = slot * TCP_WORDS;
  for (let side = 0; side < 2; side++) {
    s.tcp32[t + TW.RTT_A + side] = 0;
    s.tcp32[t + TW.REORDERED_A + side] = 0;
    s.tcp16[t * 2 + TU16.ZERO_WINDOWS_A + side] = 0;
    s.tcp64[t / 2 + TF64.MISSING_A + side] = 0;
    s.u8[slot * SLOT_BYTES + U8.SYN_RETRANSMITS_A + side] = 0;
  }
  beginResponses(s, slot);
}

/** Counts responses anew: from here on, or because the client turned out to be the other side. */
export function beginResponses(s: Slots, slot: number): void {
  const t = slot * TCP_WORDS;
  s.tcp32[t + TW.RESPONSES] = 0;
  s.tcp32[t + TW.RESPONSE_MAX] = 0;
  s.tcp64[t / 2 + TF64.RESPONSE_SUM] = 0;
}
