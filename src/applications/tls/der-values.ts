/** What values of DER say, in words and numbers (X.690, 8). */
import type { Texts } from '../engine/texts.js';

const HEX = '0123456789abcdef';
/** Bytes of a serial number that are shown. */
const LONGEST_SERIAL = 64;

/** An integer in hexadecimal, two digits a byte, `-` before a negative one. */
export function serialText(texts: Texts, b: Uint8Array, o: number, end: number): string {
  const last = Math.min(end, o + LONGEST_SERIAL);
  texts.begin();
  const isNegative = o < last && b[o] >= 0x80;
  if (isNegative) texts.addWord('-');
  // The amount of a negative one: all bits the other way round, up to the last that is 1.
  let lowest = last - 1;
  while (lowest > o && b[lowest] === 0) lowest--;
  let isZero = true;
  for (let i = o; i < last; i++) {
    const byte = !isNegative || i > lowest ? b[i] : i === lowest ? -b[i] & 0xff : ~b[i] & 0xff;
    if (byte === 0 && isZero && i < last - 1) continue;
    isZero = false;
    texts.add(HEX.charCodeAt(byte >> 4));
    texts.add(HEX.charCodeAt(byte & 15));
  }
  return texts.take();
}

/** An object identifier: numbers with dots between them, 7 bits in each byte; the first has two (8.19). */
export function oidText(texts: Texts, b: Uint8Array, o: number, end: number): string {
  texts.begin();
  let n = 0;
  let isFirst = true;
  for (let p = o; p < end; p++) {
    n = n * 128 + (b[p] & 0x7f);
    if (b[p] >= 0x80) continue;
    if (isFirst) {
      const root = Math.min(2, Math.floor(n / 40));
      texts.addNumber(root);
      n -= 40 * root;
    }
    texts.addWord('.');
    texts.addNumber(n);
    n = 0;
    isFirst = false;
  }
  return texts.take();
}

/** Seconds since 1970 of a UTCTime (YY, less than 50 is 20YY) or GeneralizedTime; undefined of others. */
export function derTime(b: Uint8Array, o: number, end: number, isUtc: boolean): number | undefined {
  const yearDigits = isUtc ? 2 : 4;
  let year = digits(b, o, end, yearDigits);
  if (isUtc) year += year < 50 ? 2000 : 1900;
  let p = o + yearDigits;
  const month = digits(b, p, end, 2);
  const day = digits(b, p + 2, end, 2);
  const hour = digits(b, p + 4, end, 2);
  const minute = digits(b, p + 6, end, 2);
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24 && minute <= 60))
    return undefined;
  p += 8;
  let second = digits(b, p, end, 2);
  if (second >= 0) p += 2;
  else second = 0;
  while (p < end && (b[p] === 0x2e || (b[p] >= 0x30 && b[p] <= 0x39))) p++;
  let away = 0;
  if (p < end && (b[p] === 0x2b || b[p] === 0x2d)) {
    away = digits(b, p + 1, end, 2) * 3600 + digits(b, p + 3, end, 2) * 60;
    if (b[p] === 0x2d) away = -away;
  }
  const seconds = (daysBefore(year, month) + day - 1) * 86_400 + hour * 3600 + minute * 60 + second - away;
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** A number of `count` decimal digits; NaN where they are none. */
function digits(b: Uint8Array, o: number, end: number, count: number): number {
  if (o + count > end) return Number.NaN;
  let n = 0;
  for (let i = 0; i < count; i++) {
    const digit = b[o + i] - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    n = 10 * n + digit;
  }
  return n;
}

/** Days from 1970 to the beginning of a month, in the Gregorian calendar. */
function daysBefore(year: number, month: number): number {
  // Years begin in March here, so that the day that is not in every one is their last.
  const y = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const days = 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return days + Math.floor((153 * months + 2) / 5) - 719_468;
}
