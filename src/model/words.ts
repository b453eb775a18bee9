/** Counts, sizes and times in words. */
/** 1234567 as 1,234,567. Intl does the same, but takes 15 ms to load, in which a small capture is read. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** The word for `n` things: packet, packets; reply, replies. */
export function plural(n: number, thing: string): string {
  if (n === 1) return thing;
  return /[^aeiou]y$/.test(thing) ? `${thing.slice(0, -1)}ies` : `${thing}s`;
}

/** 1 packet, 1,234 packets. */
export function counted(n: number, thing: string): string {
  return `${grouped(n)} ${plural(n, thing)}`;
}

/** Bytes as people read them: 1.5 KiB, 20.0 MiB, 3.2 GiB. */
export function sizeWords(bytes: number): string {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (bytes >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${(bytes / 2 ** 10).toFixed(1)} KiB`;
}

const MANY_DAYS = 3650;

/** Days in words: `9 days`, `1.5 days`, `7 hours`, `more than ten years`. */
export function daysWords(days: number): string {
  if (days > MANY_DAYS) return 'more than ten years';
  if (days < 1) return counted(Math.max(1, Math.floor(days * 24)), 'hour');
  return counted(days < 10 ? Math.floor(days * 10) / 10 : Math.floor(days), 'day');
}

/** Advice for a mirror whose frames come twice: the time within which copies were seen, COPY_WINDOW. */
export const DEDUPLICATE_WORDS = '`deduplicate: 10ms`';

/** About outer packets with missing fragments. */
export function incompleteWords(packets: number): string {
  return `${grouped(packets)} incomplete: the underlay's MTU is too small, or it drops fragments`;
}

/** What follows a number of rows, so many of which are of conversations that another point had first. */
export function copiesWords(copies: number): string {
  return copies > 0 ? `, ${grouped(copies)} of them copies` : '';
}
