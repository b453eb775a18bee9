/** Answers as CSV. */
/** Whether a column of this type has numbers. */
export function isNumber(type: string): boolean {
  return /^(Nullable\()?(U?Int|Float|Decimal)/.test(type);
}

/**
 * Rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with a quote: strangers
 * choose names and user agents.
 */
export function csv(
  head: readonly { readonly name: string; readonly type: string }[],
  rows: readonly (readonly unknown[])[],
): string {
  const cell = (value: unknown, type: string): string => {
    if (value === null) return '';
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) && !isNumber(type) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [
    head.map(({ name }) => cell(name, 'String')),
    ...rows.map((row) => row.map((v, i) => cell(v, head[i]?.type ?? ''))),
  ];
  return `${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}
