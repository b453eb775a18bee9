/** 1234567 as 1,234,567. Intl would say the same, but takes 15 ms to be loaded, which a small capture is read in. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** 1 packet, 1,234 packets. */
export function counted(n: number, thing: string): string {
  return `${grouped(n)} ${thing}${n === 1 ? '' : 's'}`;
}

/** Days as people count them: `9 days`, `1.5 days`, `7 hours`. */
export function daysWords(days: number): string {
  if (days < 1) return counted(Math.max(1, Math.floor(days * 24)), 'hour');
  return days < 10 ? `${Math.floor(days * 10) / 10} days` : `${grouped(Math.floor(days))} days`;
}
