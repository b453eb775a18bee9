/**
 * TCP as an observer sees it: endpoint states and the word for them as Zeek defines it (conn_state,
 * base/protocols/conn/main.zeek), and the time of the handshake.
 */

import {
  TCP_ACK as ACK,
  TCP_FIN as FIN,
  TCP_RST as RST,
  TCP_SYN as SYN,
  TCP_WINDOW,
} from '../wire/transport/tcp.js';
import type { Frame } from '../wire/walk/frame.js';
import { noteHistory } from './history.js';
import { SegmentIs, trackSequence } from './sequence.js';
import { SLOT_BYTES } from './slot-fields.js';
import { F64, TW, U8, W } from './slot-layout.js';
import { FLAG, SLOT_WORDS, type Slots, TCP_WORDS } from './slots.js';
import { noteSyn } from './syn-options.js';
import { time } from './times.js';

/** What an endpoint has done so far. */
export const TcpState = {
  Inactive: 0,
  SynSent: 1,
  SynAckSent: 2,
  /** Seen in mid-connection. */
  Partial: 3,
  Established: 4,
  Closed: 5,
  Reset: 6,
  /** Reset by a side that had closed before. */
  ClosedThenReset: 7,
} as const;
type TcpState = (typeof TcpState)[keyof typeof TcpState];

/** The state of the handshake whose time is measured, in U8.HANDSHAKE_STATE. */
const Handshake = {
  None: 0,
  SynSeen: 1,
  SynAckSeen: 2,
  Done: 3,
  SynAckFirst: 4,
  /** The client's ACK came before the SYN-ACK: another mirror sees the other direction, and lags. */
  AckFirst: 5,
} as const;

/**
 * A SYN up to this many nanoseconds after its answer is only out of order: less than any retransmission
 * timeout.
 */
const OUT_OF_ORDER = 500_000_000;

/**
 * Whether a SYN begins a new connection on a 5-tuple that already has one: the old one is over, or has other
 * numbers. A side that has reset and asks again begins anew even with the same number: that is how it ends
 * what its peer still has of an older connection (RFC 793, figure 10).
 */
export function beginsAnew(s: Slots, slot: number, side: 0 | 1, f: Frame): boolean {
  if ((f.tcpFlags & (SYN | ACK | RST)) !== SYN) return false;
  const b = slot * SLOT_BYTES;
  const own = s.u8[b + U8.TCP_STATE_A + side];
  const peer = s.u8[b + U8.TCP_STATE_A + (1 - side)];
  if (isReset(own)) return true;
  const known = (s.u8[b + U8.FLAGS] & (side === 0 ? FLAG.SEQ_A : FLAG.SEQ_B)) !== 0;
  if (known && s.tcp32[slot * TCP_WORDS + TW.ISN_A + side] === f.tcpSequence) return false;
  if (own >= TcpState.Closed || peer >= TcpState.Closed) return true;
  return own === TcpState.Established && s.u8[b + U8.HANDSHAKE_STATE] === Handshake.Done;
}

/**
 * Takes one segment of side 0 (A) or 1 (B) into a session, before it is counted: the row's last packet is the
 * previous one.
 */
export function trackTcp(s: Slots, slot: number, side: 0 | 1, f: Frame): void {
  const b = slot * SLOT_BYTES;
  const flags = f.tcpFlags;
  s.u8[b + U8.TCP_FLAGS_A + side] |= flags;
  if (s.u8[b + U8.HANDSHAKE_STATE] !== Handshake.Done) timeHandshake(s, slot, side, f);
  // Other segments change no state, except a side's first one.
  if ((flags & (SYN | FIN | RST)) !== 0 || s.u8[b + U8.TCP_STATE_A + side] === TcpState.Inactive)
    advance(s, slot, side, f);
  const is = trackSequence(s, slot, side, f);
  // Without its header, a segment says nothing of acknowledgments and windows.
  if (f.end - f.transport < TCP_WINDOW + 2) return;
  if ((flags & SYN) !== 0) noteSyn(s, slot, side, f, is === SegmentIs.Repeated);
  time(s, slot, side, isClient(s.u8[b + U8.FLAGS], side), f, is);
  noteHistory(s, slot, side, f, is);
}

function isReset(state: number): boolean {
  return state >= TcpState.Reset;
}

function isClient(flags: number, side: number): boolean {
  return (flags & FLAG.CLIENT_B) === side;
}

function timeHandshake(s: Slots, slot: number, side: 0 | 1, f: Frame): void {
  const w = slot * SLOT_WORDS;
  const b = slot * SLOT_BYTES;
  const state = s.u8[b + U8.HANDSHAKE_STATE];
  const flags = f.tcpFlags;
  const client = isClient(s.u8[b + U8.FLAGS], side);
  if (client && state === Handshake.None && (flags & (SYN | ACK)) === SYN) {
    s.u32[w + W.SYN_SEC] = f.sec;
    s.u32[w + W.SYN_NSEC] = f.nsec;
    s.u8[b + U8.HANDSHAKE_STATE] = Handshake.SynSeen;
  } else if (!client && state === Handshake.SynSeen && (flags & (SYN | ACK)) === (SYN | ACK)) {
    s.u8[b + U8.HANDSHAKE_STATE] = Handshake.SynAckSeen;
  } else if (!client && state === Handshake.None && (flags & (SYN | ACK)) === (SYN | ACK)) {
    s.u32[w + W.SYN_SEC] = f.sec;
    s.u32[w + W.SYN_NSEC] = f.nsec;
    s.u8[b + U8.HANDSHAKE_STATE] = Handshake.SynAckFirst;
  } else if (client && state === Handshake.SynAckFirst && (flags & (SYN | ACK)) === SYN) {
    const late = (f.sec - s.u32[w + W.SYN_SEC]) * 1e9 + (f.nsec - s.u32[w + W.SYN_NSEC]);
    s.u32[w + W.SYN_SEC] = f.sec;
    s.u32[w + W.SYN_NSEC] = f.nsec;
    s.u8[b + U8.HANDSHAKE_STATE] = late < OUT_OF_ORDER ? Handshake.SynAckSeen : Handshake.SynSeen;
  } else if (client && state === Handshake.SynAckSeen && (flags & (SYN | ACK | RST)) === ACK) {
    s.u32[w + W.HANDSHAKE] = sinceSyn(s, slot, f);
    s.u8[b + U8.HANDSHAKE_STATE] = Handshake.Done;
  } else if (client && state === Handshake.SynSeen && (flags & (SYN | ACK | RST)) === ACK) {
    s.u32[w + W.HANDSHAKE] = sinceSyn(s, slot, f);
    s.u8[b + U8.HANDSHAKE_STATE] = Handshake.AckFirst;
  } else if (!client && state === Handshake.AckFirst && (flags & (SYN | ACK)) === (SYN | ACK)) {
    const late = sinceSyn(s, slot, f) - s.u32[w + W.HANDSHAKE];
    s.u8[b + U8.HANDSHAKE_STATE] = late < OUT_OF_ORDER / 1000 ? Handshake.Done : Handshake.SynAckSeen;
  }
}

/** Microseconds from the SYN to a segment. */
function sinceSyn(s: Slots, slot: number, f: Frame): number {
  const w = slot * SLOT_WORDS;
  const us = (f.sec - s.u32[w + W.SYN_SEC]) * 1e6 + Math.floor((f.nsec - s.u32[w + W.SYN_NSEC]) / 1000);
  return Math.min(Math.max(us, 0), 0xffffffff);
}

/** Microseconds that the handshake took; 0: nobody knows. */
export function handshakeUs(s: Slots, slot: number): number {
  const isDone = s.u8[slot * SLOT_BYTES + U8.HANDSHAKE_STATE] === Handshake.Done;
  return isDone ? s.u32[slot * SLOT_WORDS + W.HANDSHAKE] : 0;
}

/** The endpoint state machine, for one segment. */
function advance(s: Slots, slot: number, side: 0 | 1, f: Frame): void {
  const own = slot * SLOT_BYTES + U8.TCP_STATE_A + side;
  const peer = slot * SLOT_BYTES + U8.TCP_STATE_A + (1 - side);
  const flags = f.tcpFlags;
  const client = isClient(s.u8[slot * SLOT_BYTES + U8.FLAGS], side);
  switch (s.u8[own]) {
    case TcpState.Inactive:
      s.u8[own] = firstState(s, peer, client, flags, f.payloadLength);
      break;
    case TcpState.SynSent:
    case TcpState.SynAckSent:
      if ((flags & RST) !== 0) s.u8[own] = TcpState.Reset;
      else if ((flags & FIN) !== 0) s.u8[own] = TcpState.Closed;
      break;
    case TcpState.Partial:
    case TcpState.Established:
      if ((flags & RST) !== 0) s.u8[own] = TcpState.Reset;
      else if ((flags & FIN) !== 0) {
        s.u8[own] = TcpState.Closed;
        // The peer's FIN followed by RST is an ordinary ending once our side closes too.
        if (s.u8[peer] === TcpState.ClosedThenReset) s.u8[peer] = TcpState.Closed;
      } else if (
        (flags & (SYN | ACK)) === SYN &&
        s.u8[own] === TcpState.Partial &&
        s.u8[peer] === TcpState.Inactive
      )
        s.u8[own] = TcpState.SynSent;
      break;
    case TcpState.Closed:
      // After both sides have closed, a reset changes nothing.
      if ((flags & RST) !== 0 && s.u8[peer] !== TcpState.Closed) s.u8[own] = TcpState.ClosedThenReset;
      break;
    default:
      break;
  }
}

function firstState(s: Slots, peer: number, client: boolean, flags: number, payload: number): TcpState {
  if ((flags & RST) !== 0) return TcpState.Reset;
  if ((flags & SYN) !== 0) {
    if (client) {
      if ((flags & FIN) !== 0) return TcpState.Closed;
      if ((flags & ACK) !== 0) return TcpState.SynAckSent;
      // The answer overtook the request: both are here now.
      return s.u8[peer] === TcpState.Established ? TcpState.Established : TcpState.SynSent;
    }
    if (s.u8[peer] === TcpState.SynSent) s.u8[peer] = TcpState.Established;
    return (flags & FIN) !== 0 ? TcpState.Closed : TcpState.Established;
  }
  if ((flags & FIN) !== 0) return TcpState.Closed;
  // An ACK before the SYN-ACK says nothing about the server yet.
  if (!client && payload === 0 && s.u8[peer] === TcpState.SynSent) return TcpState.Inactive;
  // The SYN was missed; the SYN-ACK and its ACK were seen.
  if ((flags & ACK) !== 0 && s.u8[peer] === TcpState.Established) return TcpState.Established;
  return TcpState.Partial;
}

/** Whether both sides have finished, or either has reset: the session only lingers. */
export function isOver(s: Slots, slot: number): boolean {
  const b = slot * SLOT_BYTES;
  const a = s.u8[b + U8.TCP_STATE_A];
  const c = s.u8[b + U8.TCP_STATE_B];
  return isReset(a) || isReset(c) || (a === TcpState.Closed && c === TcpState.Closed);
}

/** Whether a reset is part of the history. */
export function wasReset(s: Slots, slot: number): boolean {
  const b = slot * SLOT_BYTES;
  return isReset(s.u8[b + U8.TCP_STATE_A]) || isReset(s.u8[b + U8.TCP_STATE_B]);
}

/** Zeek's conn_state of a TCP session. */
export function connState(s: Slots, slot: number): string {
  const b = slot * SLOT_BYTES;
  const clientB = s.u8[b + U8.FLAGS] & FLAG.CLIENT_B;
  const orig = s.u8[b + U8.TCP_STATE_A + clientB];
  const resp = s.u8[b + U8.TCP_STATE_A + (1 - clientB)];
  const origSilent = orig === TcpState.Inactive || orig === TcpState.Partial;
  const respSilent = resp === TcpState.Inactive || resp === TcpState.Partial;
  if (isReset(resp)) {
    if (orig === TcpState.SynSent || orig === TcpState.SynAckSent) return 'REJ';
    if (isReset(orig) && noPayload(s, slot)) return 'REJ';
    return origSilent ? 'RSTRH' : 'RSTR';
  }
  if (isReset(orig)) return respSilent ? 'RSTOS0' : 'RSTO';
  if (orig === TcpState.Closed && resp === TcpState.Closed) return 'SF';
  if (orig === TcpState.Closed) return respSilent ? 'SH' : 'S2';
  if (resp === TcpState.Closed) return origSilent ? 'SHR' : 'S3';
  if (orig === TcpState.SynSent && resp === TcpState.Inactive) return 'S0';
  if (orig === TcpState.Established && resp === TcpState.Established) return 'S1';
  return 'OTH';
}

/**
 * No payload, as far as this row knows: earlier rows' payload is not kept, but a rejected connection never
 * carried any.
 */
function noPayload(s: Slots, slot: number): boolean {
  const f = (slot * SLOT_BYTES) / 8;
  return (
    s.u32[slot * SLOT_WORDS + W.PART] === 0 &&
    s.f64[f + F64.PAYLOAD_A] === 0 &&
    s.f64[f + F64.PAYLOAD_B] === 0
  );
}
