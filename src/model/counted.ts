/** Counts in words: digits in groups, and singular or plural. */

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
