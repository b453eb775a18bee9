/** 1234567 as 1,234,567. Intl would say the same, but takes 15 ms to be loaded, which a small capture is read in. */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** 1 packet, 1,234 packets. */
export function counted(n: number, thing: string): string {
  return `${grouped(n)} ${thing}${n === 1 ? '' : 's'}`;
}
