/**
 * The options of a SYN, which tell operating systems and middleboxes apart, in the words of p0f (version 3,
 * section 5 of its README): `mss:window,scale:options`.
 */

import { u16 } from '../wire/bytes.js';
import { TCP_BASE_LENGTH } from '../wire/transport/tcp.js';
import type { Frame } from '../wire/walk/frame.js';
import { SLOT_BYTES } from './slot-fields.js';
import { TW, U8, W } from './slot-layout.js';
import { SLOT_WORDS, type Slots, TCP_WORDS, TIMING } from './slots.js';
import { COPY_US } from './times.js';

/** Kinds of options (IANA's TCP parameters): RFC 9293, 7323, 2018. */
const Kind = { End: 0, NoOperation: 1, MaximumSegmentSize: 2, WindowScale: 3 } as const;

/** The kinds that have a code of four bits, by it; 0 is none, and {@link OTHER} a kind that has no code. */
const CODES = [-1, 0, 1, 2, 3, 4, 5, 8, 19, 29, 30, 34, 253, 254];
const OTHER = 15;
const WORDS = new Map([
  [0, 'eol'],
  [1, 'nop'],
  [2, 'mss'],
  [3, 'ws'],
  [4, 'sok'],
  [5, 'sack'],
  [8, 'ts'],
]);
/** The first options of a SYN are kept. */
export const MOST_OPTIONS = 12;
const FIRST_WORD = 8;

const CODE_OF_KIND = new Uint8Array(256).fill(OTHER);
for (const [code, kind] of CODES.entries()) if (kind >= 0) CODE_OF_KIND[kind] = code;

/**
 * Takes a SYN or SYN-ACK of side 0 (A) or 1 (B): counts it if it is `repeated`, and keeps the options of the
 * side's first one, if they were captured.
 */
export function noteSyn(s: Slots, slot: number, side: 0 | 1, f: Frame, repeated: boolean): void {
  const b = slot * SLOT_BYTES;
  if (repeated && !isCopy(s, slot, f)) {
    const at = b + U8.SYN_RETRANSMITS_A + side;
    if (s.u8[at] < 255) s.u8[at]++;
  }
  const known = TIMING.SYN_A << side;
  if ((s.u8[b + U8.TIMING] & known) !== 0 || f.payload < 0 || f.end < f.payload) return;
  s.u8[b + U8.TIMING] |= known;
  keepOptions(s, slot, side, f);
}

/** A SYN right behind the session's last packet is a copy of the mirror's: peers wait a second (RFC 6298). */
function isCopy(s: Slots, slot: number, f: Frame): boolean {
  const w = slot * SLOT_WORDS;
  const ns = (f.sec - s.u32[w + W.LAST_SEC]) * 1e9 + (f.nsec - s.u32[w + W.LAST_NSEC]);
  return ns < COPY_US * 1000;
}

function keepOptions(s: Slots, slot: number, side: 0 | 1, f: Frame): void {
  const { bytes } = f;
  const end = f.payload;
  let o = f.transport + TCP_BASE_LENGTH;
  let mss = 0;
  let scale = 0;
  let padding = 0;
  let first = 0;
  let more = 0;
  for (let count = 0; o < end && count < MOST_OPTIONS; count++) {
    const kind = bytes[o];
    const code = CODE_OF_KIND[kind];
    if (count < FIRST_WORD) first |= code << (4 * count);
    else more |= code << (4 * (count - FIRST_WORD));
    if (kind === Kind.End) {
      padding = end - o - 1;
      break;
    }
    if (kind === Kind.NoOperation) {
      o++;
      continue;
    }
    const length = o + 1 < end ? bytes[o + 1] : 0;
    // What follows a length that cannot be right is not read.
    if (length < 2 || o + length > end) break;
    if (kind === Kind.MaximumSegmentSize && length === 4) mss = u16(bytes, o + 2);
    else if (kind === Kind.WindowScale && length === 3) scale = bytes[o + 2];
    o += length;
  }
  const t = slot * TCP_WORDS;
  s.tcp32[t + TW.SYN_SIZES_A + side] = mss | (f.tcpWindow << 16);
  s.tcp32[t + TW.SYN_KINDS_A + side] = first;
  s.tcp32[t + TW.SYN_MORE_A + side] = more | (scale << 16) | (padding << 24);
}

/** The text of the three words that {@link noteSyn} keeps of a SYN. */
export function synText(sizes: number, kinds: number, more: number): string {
  const options: string[] = [];
  for (let count = 0; count < MOST_OPTIONS; count++) {
    const code =
      count < FIRST_WORD ? (kinds >>> (4 * count)) & 15 : (more >>> (4 * (count - FIRST_WORD))) & 15;
    if (code === 0) break;
    const kind = CODES[code];
    if (code === OTHER) options.push('?');
    else options.push(kind === Kind.End ? `eol+${more >>> 24}` : (WORDS.get(kind) ?? `?${kind}`));
  }
  return `${sizes & 0xffff}:${sizes >>> 16},${(more >>> 16) & 255}:${options.join(',')}`;
}
