/**
 * What happened in a connection, as letters like those of Zeek's `history` (conn.log): each letter once, in
 * the order first seen, upper case where the client did it.
 */

import {
  TCP_ACK as ACK,
  TCP_FIN as FIN,
  TCP_PSH as PSH,
  TCP_RST as RST,
  TCP_SYN as SYN,
} from '../wire/transport/tcp.js';
import type { Frame } from '../wire/walk/frame.js';
import { SegmentIs } from './sequence.js';
import { TW } from './slot-layout.js';
import { type Slots, TCP_WORDS } from './slots.js';

/** In the order in which one segment is described. */
const LETTERS = 'SHADFRTWG';
const EVENT = { SYN: 1, SYN_ACK: 2, ACK: 4, DATA: 8, FIN: 16, RST: 32, REPEATED: 64, ZERO: 128, GAP: 256 };

/** The longest history, and how many letters of it a word holds: each has five bits, 0 for none. */
export const LONGEST_HISTORY = 12;
const PER_WORD = 6;
const LETTER_BITS = 5;

/** Adds what one segment of side 0 (A) or 1 (B) does, if it is the first to do so. */
export function noteHistory(s: Slots, slot: number, side: 0 | 1, f: Frame, is: SegmentIs): void {
  const seen = s.tcp32[slot * TCP_WORDS + TW.HISTORY_SEEN];
  const fresh = (eventsOf(f, is) << (side * LETTERS.length)) & ~seen;
  if (fresh !== 0) addLetters(s, slot, side, seen, fresh);
}

function addLetters(s: Slots, slot: number, side: 0 | 1, seen: number, fresh: number): void {
  const shift = side * LETTERS.length;
  const t = slot * TCP_WORDS;
  s.tcp32[t + TW.HISTORY_SEEN] = seen | fresh;
  let length = bitCount(seen);
  for (let letter = 0; letter < LETTERS.length && length < LONGEST_HISTORY; letter++) {
    if ((fresh & (1 << (letter + shift))) === 0) continue;
    const word = length < PER_WORD ? 0 : 1;
    s.tcp32[t + TW.HISTORY + word] |= (letter + shift + 1) << (LETTER_BITS * (length % PER_WORD));
    length++;
  }
}

/** What a segment is by its flags SYN, FIN, RST, ACK, in their places, and payload in that of PSH. */
const BY_FLAGS = Uint16Array.from({ length: 32 }, (_, index) => {
  let events = 0;
  if ((index & SYN) !== 0) events |= (index & ACK) !== 0 ? EVENT.SYN_ACK : EVENT.SYN;
  if ((index & PSH) !== 0) events |= EVENT.DATA;
  if (index === ACK) events |= EVENT.ACK;
  if ((index & FIN) !== 0) events |= EVENT.FIN;
  if ((index & RST) !== 0) events |= EVENT.RST;
  return events;
});

function eventsOf(f: Frame, is: SegmentIs): number {
  const flags = f.tcpFlags;
  let events = BY_FLAGS[(flags & (SYN | FIN | RST | ACK)) | (f.payloadLength > 0 ? PSH : 0)];
  if (is === SegmentIs.Repeated) events |= EVENT.REPEATED;
  else if (is === SegmentIs.AfterGap) events |= EVENT.GAP;
  if (f.tcpWindow === 0 && (flags & (SYN | RST)) === 0) events |= EVENT.ZERO;
  return events;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The letters of two words of history, `client` being 0 (A) or 1 (B). */
export function historyText(first: number, second: number, client: number): string {
  let text = '';
  for (let i = 0; i < LONGEST_HISTORY; i++) {
    const word = i < PER_WORD ? first : second;
    const code = ((word >>> (LETTER_BITS * (i % PER_WORD))) & 31) - 1;
    if (code < 0) break;
    const side = code < LETTERS.length ? 0 : 1;
    const letter = LETTERS[code - side * LETTERS.length];
    text += side === client ? letter : letter.toLowerCase();
  }
  return text;
}
