/** Terminal width, text width, and tables that fit. */
import { stripVTControlCharacters } from 'node:util';

/** The width of a terminal that does not tell it. */
const USUAL_COLUMNS = 80;

/**
 * Columns of the terminal that a stream writes to; undefined if it is no terminal, where lines may have any
 * length. As in other programs, `COLUMNS` in the environment takes precedence.
 */
export function terminalColumns(stream: NodeJS.WriteStream): number | undefined {
  if (stream.isTTY !== true) return undefined;
  const said = process.env.COLUMNS ?? '';
  if (/^[1-9]\d{0,5}$/.test(said)) return Number(said);
  return stream.columns > 0 ? stream.columns : USUAL_COLUMNS;
}

/** Combining marks, and invisible characters. */
const NO_COLUMN = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;
/** East Asian Width W and F (Unicode Standard Annex 11), and emoji. */
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
const ASCII = /^[ -~]*$/;

/** Columns that text takes on a terminal, colour codes excluded. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (!NO_COLUMN.test(character)) columns += TWO_COLUMNS.test(character) ? 2 : 1;
  }
  return columns;
}

/**
 * Columns as wide as their content, numbers to the right. If that is wider than `width`, rows are printed one
 * below the other with one value per line, like ClickHouse's `Vertical`.
 *
 * @param head names of the columns; their leading blanks indent the lines
 * @param width columns of the terminal; undefined: any width
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((r) => displayWidth(r[i]))));
  const right = head.map((_, i) => rows.length > 0 && rows.every((r) => /^[-\d,.]+( [KMG]iB)?$/.test(r[i])));
  const lines = all.map((r) =>
    r
      .map((cell, i) => {
        const blanks = ' '.repeat(widths[i] - displayWidth(cell));
        return right[i] ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
  if (width === undefined || lines.every((line) => displayWidth(line) <= width)) return lines;
  return vertical(head, rows);
}

function vertical(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const names = head.map((name) => `${name.trim()}:`);
  const widest = Math.max(...names.map(displayWidth));
  return rows.flatMap((row, i) => {
    const title = `Row ${i + 1}:`;
    return [
      ...(i > 0 ? [''] : []),
      title,
      '─'.repeat(title.length),
      ...names.map((name, n) =>
        `${name}${' '.repeat(widest - displayWidth(name))} ${row[n].trim()}`.trimEnd(),
      ),
    ];
  });
}
