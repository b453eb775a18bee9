/** Times: in the browser's zone, or in UTC; the offset is always to be seen. */
import { useSyncExternalStore } from 'react';

const KEY = 'mirrorlake.utc';
const listeners = new Set<() => void>();
let utc = localStorage.getItem(KEY) === '1';

export function setUtc(on: boolean): void {
  utc = on;
  localStorage.setItem(KEY, on ? '1' : '0');
  for (const listener of listeners) listener();
}

/** Whether times are shown in UTC. */
export function useUtc(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => utc,
  );
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const all = { ...options, ...(utc && { timeZone: 'UTC' }), hourCycle: 'h23' as const };
  const key = JSON.stringify(all);
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat('en-US', all);
    formats.set(key, made);
  }
  return made;
}

/** `08:09:40.429`. @param ms since 1970 */
export function clock(ms: number): string {
  return format({ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 }).format(
    ms,
  );
}

/** `08:09`, or with seconds where they are not zero. */
export function minute(ms: number): string {
  const exact = ms % 60_000 !== 0;
  return format({ hour: '2-digit', minute: '2-digit', ...(exact && { second: '2-digit' }) }).format(ms);
}

/** `Jun 2`. */
export function day(ms: number): string {
  return format({ month: 'short', day: 'numeric' }).format(ms);
}

/** `Jun 2, 08:00 – 08:10`. */
export function span(begin: number, end: number): string {
  const [first, last] = [day(begin), day(end)];
  return first === last
    ? `${first}, ${minute(begin)} – ${minute(end)}`
    : `${first}, ${minute(begin)} – ${last}, ${minute(end)}`;
}

/** `UTC`, `UTC+2`. */
export function zone(ms: number): string {
  if (utc) return 'UTC';
  const offset = -new Date(ms).getTimezoneOffset();
  if (offset === 0) return 'UTC';
  const [h, m] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `UTC${offset < 0 ? '−' : '+'}${h}${m === 0 ? '' : `:${String(m).padStart(2, '0')}`}`;
}

/** A time of the API: RFC 3339 with nanoseconds, `08:09:38.159 000 000`. */
export function nanoClock(text: string): string {
  const [, fraction = ''] = /\.(\d+)/.exec(text) ?? [];
  const nanos = fraction.padEnd(9, '0');
  const ms = Date.parse(text);
  return `${clock(ms).slice(0, 8)}.${nanos.slice(0, 3)} ${nanos.slice(3, 6)} ${nanos.slice(6, 9)}`;
}
