/**
 * Passes frames to a session table in another thread: the fields that a session needs, in 30 words of shared
 * memory per frame, next to the bytes that they point into.
 */

import type { MirrorDirection, MirrorPoint } from '../model/mirror-point.js';
import type { Mirrored } from '../model/mirrored.js';
import type { Frame } from '../wire/walk/frame.js';
import { SLOT_VLANS } from './slots.js';

/** 32-bit words per frame. */
export const FRAME_WORDS = 30;
/** The largest number of frames in a batch. */
export const FRAME_BATCH = 4096;

const TRUNCATED = 1;
const MORE_FRAGMENTS = 2;
const TRANSPORT = 4;

/** The word of a frame that {@link packFrame} leaves to its caller. */
export const FRAME_PLACE = 25;

/** Writes frame number `at` of a batch. Offsets are kept, relative to the frame's bytes. */
export function packFrame(f: Frame, m: Mirrored, words: Int32Array, at: number): void {
  const w = at * FRAME_WORDS;
  words[w] = f.sec;
  words[w + 1] = f.nsec;
  words[w + 2] = f.mac;
  words[w + 3] = f.ip;
  words[w + 4] = f.source;
  words[w + 5] = f.destination;
  words[w + 6] = f.payload;
  words[w + 7] = f.end;
  words[w + 8] = f.ipLength;
  words[w + 9] = f.payloadLength;
  words[w + 10] = (f.sourcePort << 16) | f.destinationPort;
  words[w + 11] = f.tcpSequence;
  words[w + 12] = f.protocol | (f.ipVersion << 8) | (f.tcpFlags << 16) | (f.ttl << 24);
  words[w + 13] = (f.etherType << 16) | f.subType;
  const bits =
    (f.truncated ? TRUNCATED : 0) |
    (f.moreFragments ? MORE_FRAGMENTS : 0) |
    (f.transport >= 0 ? TRANSPORT : 0);
  const vlans = Math.min(f.vlanCount, SLOT_VLANS);
  words[w + 14] = f.dscp | (bits << 8) | (vlans << 16);
  words[w + 15] = f.icmpType | (f.icmpCode << 8);
  words[w + 16] = f.fragmentOffset;
  words[w + 17] = f.fragmentId;
  words[w + 18] = (f.vlanIds[0] << 16) | f.vlanIds[1];
  words[w + 19] = (f.vlanIds[2] << 16) | f.vlanIds[3];
  words[w + 20] = m.point.index;
  words[w + 21] = m.port;
  words[w + 22] = m.direction | (m.hardware << 8) | (m.cos << 16);
  words[w + 23] = (m.securityGroup << 16) | (m.vlan & 0xffff);
  words[w + 24] = f.macSource;
  words[w + 26] = f.sourceWord;
  words[w + 27] = f.destinationWord;
  words[w + 28] = f.vni;
  words[w + 29] = f.teid;
}

/**
 * The words of a frame that are offsets into its bytes: mac, ip, source, destination, payload, end,
 * macSource.
 */
const OFFSETS = [2, 3, 4, 5, 6, 7, 24];

/** Adjusts frame number `at` after its bytes were copied `by` bytes further. */
export function moveFrame(words: Int32Array, at: number, by: number): void {
  for (const offset of OFFSETS) {
    const w = at * FRAME_WORDS + offset;
    if (words[w] >= 0) words[w] += by;
  }
}

/** Reads frame number `at` of a batch; the caller sets `f.bytes`. `points` are the mirror points by index. */
export function unpackFrame(
  words: Int32Array,
  at: number,
  points: readonly MirrorPoint[],
  f: Frame,
  m: Mirrored,
): void {
  const w = at * FRAME_WORDS;
  f.sec = words[w] >>> 0;
  f.nsec = words[w + 1];
  f.mac = words[w + 2];
  f.ip = words[w + 3];
  f.source = words[w + 4];
  f.destination = words[w + 5];
  f.payload = words[w + 6];
  f.end = words[w + 7];
  f.ipLength = words[w + 8];
  f.payloadLength = words[w + 9];
  f.sourcePort = words[w + 10] >>> 16;
  f.destinationPort = words[w + 10] & 0xffff;
  f.tcpSequence = words[w + 11] >>> 0;
  const flags = words[w + 12];
  f.protocol = flags & 0xff;
  f.ipVersion = (flags >>> 8) & 0xff;
  f.tcpFlags = (flags >>> 16) & 0xff;
  f.ttl = flags >>> 24;
  f.etherType = words[w + 13] >>> 16;
  f.subType = words[w + 13] & 0xffff;
  const small = words[w + 14];
  f.dscp = small & 0xff;
  const bits = (small >>> 8) & 0xff;
  f.truncated = (bits & TRUNCATED) !== 0;
  f.moreFragments = (bits & MORE_FRAGMENTS) !== 0;
  f.transport = (bits & TRANSPORT) !== 0 ? f.ip : -1;
  f.vlanCount = small >>> 16;
  f.icmpType = words[w + 15] & 0xff;
  f.icmpCode = words[w + 15] >>> 8;
  f.fragmentOffset = words[w + 16];
  f.fragmentId = words[w + 17] >>> 0;
  f.vlanIds[0] = words[w + 18] >>> 16;
  f.vlanIds[1] = words[w + 18] & 0xffff;
  f.vlanIds[2] = words[w + 19] >>> 16;
  f.vlanIds[3] = words[w + 19] & 0xffff;
  m.point = points[words[w + 20]];
  m.port = words[w + 21] >>> 0;
  const mirror = words[w + 22];
  m.direction = (mirror & 0xff) as MirrorDirection;
  m.hardware = (mirror >>> 8) & 0xff;
  m.cos = mirror >>> 16;
  m.securityGroup = words[w + 23] >>> 16;
  m.vlan = (words[w + 23] << 16) >> 16;
  f.macSource = words[w + 24];
  f.sourceWord = words[w + 26];
  f.destinationWord = words[w + 27];
  f.vni = words[w + 28];
  f.teid = words[w + 29] >>> 0;
}
