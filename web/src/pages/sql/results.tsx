import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { ApiError } from '../../api/client.js';
import { bytes, count } from '../../format/numbers.js';
import { Running, Wrong } from '../../parts/states.js';
import type { SqlAnswer } from './answer.js';
import { isNumber } from './csv.js';
import styles from './sql.module.css';

const ROW = 28;

/** Control characters as dots: what strangers wrote is shown, and does nothing. */
export function plainText(value: unknown): string {
  if (value === null) return 'NULL';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '·');
}

/** Columns of an answer, as wide as the widest of their first rows. */
function widths(head: SqlAnswer['head'], rows: SqlAnswer['rows']): number[] {
  return head.map(({ name }, i) => {
    const longest = rows
      .slice(0, 200)
      .reduce((most, row) => Math.max(most, plainText(row[i]).length), name.length);
    return Math.min(Math.max(longest, 4), 60) * 7.4 + 18;
  });
}

export function Results({ answer, cancel }: { readonly answer: SqlAnswer; readonly cancel: () => void }) {
  const { head, rows, state, error, text } = answer;
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  if (error !== undefined)
    return <Wrong error={new ApiError({ title: '', status: 422, detail: error.detail })} />;
  if (text !== '') return <pre className={styles.text}>{text}</pre>;
  const columns = widths(head, rows);
  const template = `44px ${columns.map((w) => `minmax(${w}px, auto)`).join(' ')}`;
  return (
    <>
      {state === 'running' && <Running reached={answer} cancel={cancel} />}
      <div
        ref={box}
        className={styles.results}
        role="table"
        aria-rowcount={rows.length + 1}
        aria-label="Answer"
        tabIndex={0}
      >
        <div role="row" className={styles.head} style={{ gridTemplateColumns: template }}>
          <span role="columnheader">#</span>
          {head.map(({ name, type }) => (
            <span
              key={name}
              role="columnheader"
              title={type}
              className={isNumber(type) ? styles.n : undefined}
            >
              {name}
            </span>
          ))}
        </div>
        <div style={{ height: list.getTotalSize(), position: 'relative' }}>
          {list.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              role="row"
              aria-rowindex={index + 2}
              className={styles.row}
              style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
            >
              <span role="cell" className="faint">
                {index + 1}
              </span>
              {(rows[index] ?? []).map((value, i) => (
                <span
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
                  key={i}
                  role="cell"
                  title={plainText(value)}
                  className={isNumber(head[i]?.type ?? '') ? styles.n : value === null ? 'faint' : undefined}
                >
                  {plainText(value)}
                </span>
              ))}
            </div>
          ))}
        </div>
      </div>
    </>
  );
}

/** What it came to, in a line. */
export function resultWords(answer: SqlAnswer): string {
  const size = answer.rows.reduce((sum, row) => sum + JSON.stringify(row).length, 0);
  const ms = `${count(Math.round(answer.elapsedMs))} ms`;
  return `${ms} · ${count(answer.rowsRead)} rows read · ${bytes(size)}`;
}
