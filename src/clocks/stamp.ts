/** The timestamps of ERSPAN type III: their units, and the absolute time in a platform subheader. */
import { ErspanGranularity, ErspanPlatform } from '../wire/tunnel/erspan.js';

const SECOND = 1e9;
/** What a 32-bit counter counts before it begins anew. */
const WORD = 2 ** 32;

/** What the platform subheader adds to the timestamp. */
export const Upper = { None: 0, Word: 1, Seconds: 2 } as const;
export type Upper = (typeof Upper)[keyof typeof Upper];

/** By granularity: nanoseconds of a unit, and how many units there are before the timestamp wraps. */
export const UNIT_NS = [100_000, 100, 1] as const;
export const WRAP_UNITS = [WORD, WORD, SECOND] as const;

/**
 * What the second word of a platform's subheader is: ids 3, 7 and 0 carry the upper 32 bits, 5 and 6 seconds,
 * 1 a port (Wireshark's packet-erspan.c shows the same).
 *
 * @param platform the id, -1 without a subheader
 */
export function upperOf(platform: number): Upper {
  switch (platform) {
    case ErspanPlatform.TimestampPort:
    case ErspanPlatform.SourceIndex7:
    case ErspanPlatform.SourceIndex0:
      return Upper.Word;
    case ErspanPlatform.Switch5:
    case ErspanPlatform.Switch6:
      return Upper.Seconds;
    default:
      return Upper.None;
  }
}

/** How a subheader makes a timestamp absolute. */
export const Form = {
  /** It does not. */
  None: 0,
  /** Its word and the timestamp are one counter of 64 bits since 1970. */
  Counter: 1,
  /** Seconds since 1970, and the timestamp the nanoseconds: IEEE 1588's TimeRepresentation. */
  Seconds: 2,
  /** Seconds since 1970, and the timestamp the lower 32 bits of a counter since then. */
  Both: 3,
} as const;
export type Form = (typeof Form)[keyof typeof Form];

/** Forms to try for each granularity, by what the subheader has. */
const NO_FORMS: readonly Form[] = [];
const FORMS: readonly (readonly (readonly Form[])[])[] = [
  [NO_FORMS, NO_FORMS, NO_FORMS],
  [[Form.Counter], [Form.Counter], [Form.Seconds, Form.Counter]],
  [[Form.Both], [Form.Both], [Form.Seconds]],
];

export function formsOf(upper: Upper, granularity: number): readonly Form[] {
  return FORMS[upper][granularity];
}

/** A time as whole seconds since 1970 and nanoseconds. */
export class Instant {
  sec = 0;
  nsec = 0;
}

/**
 * Writes the absolute time of a timestamp.
 *
 * @param upper the subheader's second word
 * @returns false if the two do not belong together
 */
export function absolute(
  form: Form,
  granularity: number,
  timestamp: number,
  upper: number,
  out: Instant,
): boolean {
  const unit = UNIT_NS[granularity];
  const rate = SECOND / unit;
  if (form === Form.Counter) {
    // 2^64 units have no exact double: seconds are divided off in two halves of the upper word.
    const left = WORD % rate;
    const high = (upper >>> 16) * left;
    const low = (high % rate) * 65536 + (upper & 0xffff) * left + timestamp;
    out.sec = upper * Math.floor(WORD / rate) + Math.floor(high / rate) * 65536 + Math.floor(low / rate);
    out.nsec = (low % rate) * unit;
    return true;
  }
  if (form === Form.Seconds) {
    out.sec = upper;
    out.nsec = timestamp;
    return timestamp < SECOND;
  }
  // The counter's own second may be the one before or after, where the two are not read at once.
  const units = (timestamp - Math.imul(upper, rate)) | 0;
  if (units < -rate || units >= 2 * rate) return false;
  const seconds = Math.floor(units / rate);
  out.sec = upper + seconds;
  out.nsec = (units - seconds * rate) * unit;
  return true;
}

/** Whether a timestamp of this granularity can be read at all. */
export function isReadable(granularity: number, timestamp: number): boolean {
  return granularity !== ErspanGranularity.Ieee1588 || timestamp < SECOND;
}

/** From when on, in seconds since 1970, how far TAI was ahead of UTC (IERS Bulletin C). */
const TAI_UTC: readonly (readonly [number, number])[] = [
  [Date.UTC(2017, 0, 1) / 1000, 37],
  [Date.UTC(2015, 6, 1) / 1000, 36],
  [Date.UTC(2012, 6, 1) / 1000, 35],
  [Date.UTC(2009, 0, 1) / 1000, 34],
];

/** By how many seconds TAI is ahead of UTC at a UTC second. */
export function taiAhead(sec: number): number {
  for (const [from, ahead] of TAI_UTC) if (sec >= from) return ahead;
  return 33;
}
