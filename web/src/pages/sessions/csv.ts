/** Rows as a file for spreadsheets (RFC 4180). */

/**
 * A cell. One that begins as a formula gets a `'`, which spreadsheets take for a text: what strangers sent is
 * not to be computed.
 */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
