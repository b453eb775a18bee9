/** Time ranges: of the address, of the API, and in words. */
import { openedRange } from '../../../src/console/contract/opened.js';

export interface TimeRange {
  /** As the address has it. */
  readonly text: string;
  /** What the API takes. */
  readonly from: string;
  readonly to: string;
  /** Milliseconds since 1970, now for a range that runs. */
  readonly begin: number;
  readonly end: number;
  /** Whether it ends now. */
  readonly running: boolean;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
/** How ranges that run may be written: the menu offers these. */
export const RUNNING = ['-5m', '-15m', '-1h', '-6h', '-1d', '-7d', '-30d'] as const;
const WORDS: Readonly<Record<string, string>> = {
  '-5m': 'Last 5 minutes',
  '-15m': 'Last 15 minutes',
  '-1h': 'Last hour',
  '-6h': 'Last 6 hours',
  '-1d': 'Last 24 hours',
  '-7d': 'Last 7 days',
  '-30d': 'Last 30 days',
};

/** Words for a range that runs. */
export function runningWords(text: string): string {
  return WORDS[text] ?? `Last ${text.slice(1)}`;
}

/** A range of the address; undefined if it is none. @param now milliseconds */
export function parseRange(text: string, now: number): TimeRange | undefined {
  const before = /^-(\d{1,6})([smhd])$/.exec(text);
  if (before !== null) {
    const length = Number(before[1]) * UNITS[before[2] as string]! * 1000;
    return { text, from: text, to: 'now', begin: Math.max(0, now - length), end: now, running: true };
  }
  const [first = '', last = ''] = text.split('~');
  const whole = last.includes('T') ? last : `${first.split('T')[0]}T${last}`;
  const [begin, end] = [parseTime(first), parseTime(whole)];
  if (begin === undefined || end === undefined || begin >= end) return undefined;
  return absolute(begin, end);
}

/** A range of two times. @param begin, end milliseconds since 1970 */
export function absolute(begin: number, end: number): TimeRange {
  const [from, to] = [new Date(begin).toISOString(), new Date(end).toISOString()];
  const [day, lastDay] = [from.slice(0, 10), to.slice(0, 10)];
  const last = shortTime(to.slice(11));
  const text = `${day}T${shortTime(from.slice(11))}~${lastDay === day ? last : `${lastDay}T${last}`}`;
  return { text, from, to, begin, end, running: false };
}

/** `08:00:00.000Z` without what is zero. */
function shortTime(time: string): string {
  return time
    .replace(/Z$/, '')
    .replace(/\.000$/, '')
    .replace(/^(\d\d:\d\d):00$/, '$1');
}

/** The last time that 64 bits of nanoseconds have, in milliseconds: in the year 2262. */
const LATEST = 9_223_372_036_854;

/** `2025-06-02T08:00`, in UTC, as milliseconds. */
function parseTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return undefined;
  const time = Date.parse(`${text}Z`);
  // Nothing was before 1970, and nothing the store can keep is after its last nanosecond.
  return Number.isNaN(time) ? undefined : Math.min(Math.max(time, 0), LATEST);
}

/** The range that is shown where the address names none. @param now milliseconds */
export function defaultRange(first: string | null, last: string | null, now: number): TimeRange {
  const range = openedRange(first, last, now);
  return range === undefined ? parseRange('-1h', now)! : absolute(range.begin, range.end);
}

/** The range of the same length before or after. */
export function shifted({ begin, end }: TimeRange, by: -1 | 1): TimeRange {
  const length = end - begin;
  return absolute(Math.max(0, begin + by * length), Math.max(length, end + by * length));
}
