/**
 * Passes frames to a session table in another thread: the fields that a session needs, in 32
 * words of shared memory per frame, next to the bytes that they point into. Made by `npm run columns`:
 * change frame-words.ts instead.
 */

import type { MirrorDirection, MirrorPoint } from '../model/mirror-point.js';
import type { Mirrored } from '../model/mirrored.js';
import type { Frame } from '../wire/walk/frame.js';
import { SLOT_VLANS } from './slot-fields.js';

/** 32-bit words per frame. */
export const FRAME_WORDS = 32;
/** The largest number of frames in a batch. */
export const FRAME_BATCH = 4096;
/** The word of a frame that {@link packFrame} leaves to its caller. */
export const FRAME_PLACE = 31;

/** Writes frame number `at` of a batch. Offsets are kept, relative to the frame's bytes. */
export function packFrame(f: Frame, m: Mirrored, words: Int32Array, at: number): void {
  const w = at * FRAME_WORDS;
  words[w] = f.sec;
  words[w + 1] = f.nsec;
  words[w + 2] = f.mac;
  words[w + 3] = f.macSource;
  words[w + 4] = f.ip;
  words[w + 5] = f.source;
  words[w + 6] = f.destination;
  words[w + 7] = f.transport;
  words[w + 8] = f.payload;
  words[w + 9] = f.end;
  words[w + 10] = f.ipLength;
  words[w + 11] = f.payloadLength;
  words[w + 12] = f.destinationPort | (f.sourcePort << 16);
  words[w + 13] = f.tcpSequence;
  words[w + 14] = f.tcpAcknowledgment;
  words[w + 15] = f.protocol | (f.ipVersion << 8) | (f.tcpFlags << 16) | (f.ttl << 24);
  words[w + 16] = f.subType | (f.etherType << 16);
  words[w + 17] =
    f.dscp |
    (f.truncated ? 256 : 0) |
    (f.moreFragments ? 512 : 0) |
    (Math.min(f.vlanCount, SLOT_VLANS) << 10) |
    (f.icmpType << 16) |
    (f.icmpCode << 24);
  words[w + 18] = f.fragmentOffset | (f.tcpWindow << 16);
  words[w + 19] = f.fragmentId;
  words[w + 20] = f.vlanIds[1] | (f.vlanIds[0] << 16);
  words[w + 21] = f.vlanIds[3] | (f.vlanIds[2] << 16);
  words[w + 22] = m.point.index;
  words[w + 23] = m.port;
  words[w + 24] = m.sensor;
  words[w + 25] = m.direction | (m.hardware << 2) | (m.cos << 10) | (Math.floor(m.sensor / 2 ** 32) << 16);
  words[w + 26] = (m.vlan & 65535) | (m.securityGroup << 16);
  words[w + 27] = f.sourceWord;
  words[w + 28] = f.destinationWord;
  words[w + 29] = f.vni;
  words[w + 30] = f.teid;
}

/** The words of a frame that are offsets into its bytes. */
const OFFSETS = [2, 3, 4, 5, 6, 7, 8, 9];

/** Adjusts frame number `at` after its bytes were copied `by` bytes further. */
export function moveFrame(words: Int32Array, at: number, by: number): void {
  for (const offset of OFFSETS) {
    const w = at * FRAME_WORDS + offset;
    if (words[w] >= 0) words[w] += by;
  }
}

/**
 * Reads frame number `at` of a batch; the caller sets `f.bytes`. `points` are the mirror points by
 * index.
 */
export function unpackFrame(
  words: Int32Array,
  at: number,
  points: readonly MirrorPoint[],
  f: Frame,
  m: Mirrored,
): void {
  const w = at * FRAME_WORDS;
  let word = 0;
  f.sec = words[w] >>> 0;
  f.nsec = words[w + 1];
  f.mac = words[w + 2];
  f.macSource = words[w + 3];
  f.ip = words[w + 4];
  f.source = words[w + 5];
  f.destination = words[w + 6];
  f.transport = words[w + 7];
  f.payload = words[w + 8];
  f.end = words[w + 9];
  f.ipLength = words[w + 10];
  f.payloadLength = words[w + 11];
  word = words[w + 12];
  f.destinationPort = word & 65535;
  f.sourcePort = word >>> 16;
  f.tcpSequence = words[w + 13] >>> 0;
  f.tcpAcknowledgment = words[w + 14] >>> 0;
  word = words[w + 15];
  f.protocol = word & 255;
  f.ipVersion = (word >>> 8) & 255;
  f.tcpFlags = (word >>> 16) & 255;
  f.ttl = word >>> 24;
  word = words[w + 16];
  f.subType = word & 65535;
  f.etherType = word >>> 16;
  word = words[w + 17];
  f.dscp = word & 255;
  f.truncated = (word & 256) !== 0;
  f.moreFragments = (word & 512) !== 0;
  f.vlanCount = (word >>> 10) & 63;
  f.icmpType = (word >>> 16) & 255;
  f.icmpCode = word >>> 24;
  word = words[w + 18];
  f.fragmentOffset = word & 65535;
  f.tcpWindow = word >>> 16;
  f.fragmentId = words[w + 19] >>> 0;
  word = words[w + 20];
  f.vlanIds[1] = word & 65535;
  f.vlanIds[0] = word >>> 16;
  word = words[w + 21];
  f.vlanIds[3] = word & 65535;
  f.vlanIds[2] = word >>> 16;
  m.point = points[words[w + 22]];
  m.port = words[w + 23] >>> 0;
  m.sensor = words[w + 24] >>> 0;
  word = words[w + 25];
  m.direction = (word & 3) as MirrorDirection;
  m.hardware = (word >>> 2) & 255;
  m.cos = (word >>> 10) & 63;
  m.sensor += (word >>> 16) * 2 ** 32;
  word = words[w + 26];
  m.vlan = (word << 16) >> 16;
  m.securityGroup = word >>> 16;
  f.sourceWord = words[w + 27];
  f.destinationWord = words[w + 28];
  f.vni = words[w + 29];
  f.teid = words[w + 30] >>> 0;
}
