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

/**
 * A segment that comes again this soon, in microseconds, is a copy of the mirror's. If the sender was as
 * fast, the trip is only timed too long, and it is the least one that counts.
 */
export const COPY_US = 10_000;
const LARGEST = 0xffffffff;
const MOST_ZERO_WINDOWS = 0xffff;

/**
 * Takes one segment of side 0 (A) or 1 (B), whose numbers have been taken. Its header was captured.
 *
 * @param client whether its sender is the client
 */
export function time(s: Slots, slot: number, side: 0 | 1, client: boolean, f: Frame, is: SegmentIs): void {
  const { u8, tcp32 } = s;
  const t = slot * TCP_WORDS;
  const at = slot * SLOT_BYTES + U8.TIMING;
  const before = u8[at];
  let now = before;
  if ((f.tcpFlags & ACK) !== 0) {
    const ack = f.tcpAcknowledgment | 0;
    const own = t + TW.ACK_A + side;
    if (((ack - tcp32[own]) | 0) > 0 || (now & (TIMING.ACKED_A << side)) === 0) {
      tcp32[own] = ack;
      now |= TIMING.ACKED_A << side;
      // What is timed had not been acknowledged before.
      if ((now & (TIMING.TIMED_B >> side)) !== 0) now = endTrip(tcp32, t, side, now, ack, f);
    }
  }
  if (f.tcpWindow === 0) countZeroWindow(s, slot, side, f);
  if (is !== SegmentIs.Nothing) {
    const isNew = is !== SegmentIs.Late && is !== SegmentIs.Repeated;
    if ((now & (TIMING.TIMED_A << side)) === 0) {
      if (is === SegmentIs.Next) now = beginTrip(tcp32, t, side, now, f);
    } else if ((!isNew || is === SegmentIs.Elsewhere) && !isCopy(tcp32, t, side, f, is)) {
      now &= ~(TIMING.TIMED_A << side);
    }
    if (f.payloadLength > 0) {
      if (client) {
        if (isNew || isAskedAgain(tcp32, t, side, now, f)) {
          tcp32[t + TW.ASKED_SEC] = f.sec;
          tcp32[t + TW.ASKED_NSEC] = f.nsec;
          now |= TIMING.ASKED;
        }
      } else if (isNew && (now & TIMING.ASKED) !== 0) {
        now &= ~TIMING.ASKED;
        answer(s, slot, f);
      }
    }
  }
  if (now !== before) u8[at] = now;
}

/** The time of a frame in microseconds modulo 2^32, as a signed number. */
function stamp(f: Frame): number {
  return (Math.imul(f.sec, 1_000_000) + ((f.nsec / 1000) | 0)) | 0;
}

/** The number behind a segment's SYN and payload, as a signed number. */
function endOf(f: Frame): number {
  return (f.tcpSequence + f.payloadLength + ((f.tcpFlags & SYN) >>> 1)) | 0;
}

/**
 * An acknowledgment of side `side`: ends the round trip of the other side's segment if it covers it.
 *
 * @param now the bits of TIMING
 * @returns them after it
 */
function endTrip(tcp32: Uint32Array, t: number, side: 0 | 1, now: number, ack: number, f: Frame): number {
  const other = t + 1 - side;
  if (((ack - tcp32[other + TW.DUE_A]) | 0) < 0) return now;
  const trip = (stamp(f) - tcp32[other + TW.SENT_A]) | 0;
  const least = tcp32[other + TW.RTT_A];
  // 0 is no result; a trip within one microsecond is one of 1.
  if (trip >= 0 && (least === 0 || trip < least)) tcp32[other + TW.RTT_A] = Math.max(trip, 1);
  return now & ~(TIMING.TIMED_B >> side);
}

/** Begins to time a segment. @returns the bits of TIMING after it */
function beginTrip(tcp32: Uint32Array, t: number, side: 0 | 1, now: number, f: Frame): number {
  const after = endOf(f);
  // A FIN alone begins none; neither does what was acknowledged before it came, out of order.
  if (((after - f.tcpSequence) | 0) === 0 || hasAcknowledged(tcp32, t, 1 - side, now, after)) return now;
  tcp32[t + TW.DUE_A + side] = after;
  tcp32[t + TW.SENT_A + side] = stamp(f);
  return now | (TIMING.TIMED_A << side);
}

/** Whether a segment is the mirror's copy of the one that is timed. */
function isCopy(tcp32: Uint32Array, t: number, side: 0 | 1, f: Frame, is: SegmentIs): boolean {
  if (is !== SegmentIs.Repeated || ((endOf(f) - tcp32[t + TW.DUE_A + side]) | 0) !== 0) return false;
  const since = (stamp(f) - tcp32[t + TW.SENT_A + side]) | 0;
  return since >= 0 && since < COPY_US;
}

/** Whether what the client sends again is a request that the server has not acknowledged. */
function isAskedAgain(tcp32: Uint32Array, t: number, side: 0 | 1, now: number, f: Frame): boolean {
  return (now & TIMING.ASKED) !== 0 && !hasAcknowledged(tcp32, t, 1 - side, now, endOf(f));
}

/** Whether side `side` has acknowledged everything before number `after`. */
function hasAcknowledged(tcp32: Uint32Array, t: number, side: number, now: number, after: number): boolean {
  return (now & (TIMING.ACKED_A << side)) !== 0 && ((tcp32[t + TW.ACK_A + side] - after) | 0) >= 0;
}

function countZeroWindow(s: Slots, slot: number, side: 0 | 1, f: Frame): void {
  if ((f.tcpFlags & (SYN | RST)) !== 0) return;
  const at = slot * TCP_WORDS * 2 + TU16.ZERO_WINDOWS_A + side;
  if (s.tcp16[at] < MOST_ZERO_WINDOWS) s.tcp16[at]++;
}

/** New payload of the server: the answer to what the client asked. */
function answer(s: Slots, slot: number, f: Frame): void {
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
