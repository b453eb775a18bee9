/** Messages of the frontend/backend protocol: a type, a length (4 bytes, with itself), what they carry. */
import { u32 } from '../../wire/bytes.js';

export const HEADER = 5;
/** No message is longer. */
const LONGEST = 0x4000_0000;

/** The length that a message says, without its type; -1 if it is not one, 0 if it is not there. */
export function lengthOf(b: Uint8Array, o: number, end: number): number {
  if (end - o < HEADER) return 0;
  const length = u32(b, o + 1);
  return length < 4 || length > LONGEST ? -1 : length;
}

/** Passes over messages of one type, of rows or data: there are many of them. @returns where they end */
export function passOver(b: Uint8Array, o: number, end: number, type: number): number {
  let p = o;
  while (end - p >= HEADER && b[p] === type) {
    const length = lengthOf(b, p, end);
    if (length < 0) break;
    p += 1 + length;
  }
  return p;
}

/** Where a text ends that a NUL ends. */
export function textEnd(b: Uint8Array, o: number, end: number): number {
  let p = Math.min(o, end);
  while (p < end && b[p] !== 0) p++;
  return p;
}

export function isText(b: Uint8Array, o: number, end: number, text: string): boolean {
  if (end - o !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (b[o + i] !== text.charCodeAt(i)) return false;
  return true;
}
