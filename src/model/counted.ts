/** Counts as people write them: digits in groups, and the word for one of it or for more. */

/** 1234567 as 1,234,567. Intl would say the same, but takes 15 ms to be loaded, which a small capture is read in. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** The word for `n` of a thing: packet, packets; reply, replies. */
export function plural(n: number, thing: string): string {
  if (n === 1) return thing;
  return /[^aeiou]y$/.test(thing) ? `${thing.slice(0, -1)}ies` : `${thing}s`;
}

/** 1 packet, 1,234 packets. */
export function counted(n: number, thing: string): string {
  return `${grouped(n)} ${plural(n, thing)}`;
}
