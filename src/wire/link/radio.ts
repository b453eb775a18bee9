/**
 * What radios put before an 802.11 frame: Prism (linux-wlan-ng's monitor mode) begins with a message code, a
 * length and a device name, in the byte order of the host that captured; AVS with its version and a length,
 * in network byte order. Either length includes the header. The fields behind are not read.
 *
 *     0 code or version (4) | 4 length (4) | …
 */
import { BAD, SHORT, u32 } from '../bytes.js';

const BASE_LENGTH = 8;
/** AVS versions 1 and 2; a Prism header that begins so is one of AVS. */
const AVS_COOKIE = 0x80211;
/** Messages of Prism: a sniffed frame, of two drivers. */
const PRISM_CODES = [0x44, 0x41];
/** AVS has 64 bytes, Prism 144. */
const LONGEST = 4096;

/** The 802.11 frame is behind this many bytes. @returns SHORT; BAD for anything but Prism and AVS */
export function radioLength(b: Uint8Array, o: number, end: number): number {
  if (end - o < BASE_LENGTH) return SHORT;
  const first = u32(b, o);
  const second = u32(b, o + 4);
  let length = second;
  if (first >>> 12 !== AVS_COOKIE) {
    const little = PRISM_CODES.includes(swapped(first));
    if (!little && !PRISM_CODES.includes(first)) return BAD;
    if (little) length = swapped(second);
  }
  if (length < BASE_LENGTH || length > LONGEST) return BAD;
  return end - o < length ? SHORT : length;
}

function swapped(v: number): number {
  return (((v & 0xff) << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24)) >>> 0;
}
