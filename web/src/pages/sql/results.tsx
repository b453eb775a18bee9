import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useMemo, useRef } from 'react';
import { ApiError } from '../../api/client.js';
import { bytes, count } from '../../format/numbers.js';
import { Running, Wrong } from '../../parts/states.js';
import type { SqlAnswer } from './answer.js';
import { isNumber } from './csv.js';
import styles from './sql.module.css';

const ROW = 28;
/** Pixels for the number of a row, and rows whose values say how wide columns are. */
const NUMBER = 44;
const MEASURED = 200;

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
      .slice(0, MEASURED)
      .reduce((most, row) => Math.max(most, plainText(row[i]).length), name.length);
    return Math.min(Math.max(longest, 4), 60) * 7.4 + 18;
  });
}

/** Columns that share what room is left. Nothing is measured to lay out a row: 60 a second are drawn. */
function layoutOf(columns: readonly number[]): { readonly width: number; readonly template: string } {
  const width = columns.reduce((sum, column) => sum + column, NUMBER);
  const share = `max(0px, 100% - ${width}px) / ${columns.length}`;
  return {
    width,
    template: [`${NUMBER}px`, ...columns.map((column) => `calc(${column}px + ${share})`)].join(' '),
  };
}

export function Results({ answer, cancel }: { readonly answer: SqlAnswer; readonly cancel: () => void }) {
  const { head, rows, state, error, text } = answer;
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const measured = Math.min(rows.length, MEASURED);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that come later change no width
  const { width, template } = useMemo(() => layoutOf(widths(head, rows)), [head, measured]);
  const items = list.getVirtualItems();
  const slots = useRef(0);
  slots.current = Math.max(slots.current, items.length);
  if (error !== undefined)
    return <Wrong error={new ApiError({ title: '', status: 422, detail: error.detail })} />;
  if (text !== '') return <pre className={styles.text}>{text}</pre>;
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
        <div role="row" className={styles.head} style={{ width, gridTemplateColumns: template }}>
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
          {items.map(({ index, start }) => (
            <Row
              // What leaves at one end comes in at the other, with other values.
              key={index % slots.current}
              index={index}
              start={start}
              values={rows[index] ?? NO_VALUES}
              head={head}
              width={width}
              template={template}
            />
          ))}
        </div>
      </div>
    </>
  );
}

const NO_VALUES: readonly unknown[] = [];

const Row = memo(function Row(props: {
  readonly index: number;
  readonly start: number;
  readonly values: readonly unknown[];
  readonly head: SqlAnswer['head'];
  readonly width: number;
  readonly template: string;
}) {
  const { index, start, values, head, width, template } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={styles.row}
      style={{ width, gridTemplateColumns: template, transform: `translateY(${start}px)` }}
    >
      <span role="cell" className="faint">
        {index + 1}
      </span>
      {values.map((value, i) => {
        const text = plainText(value);
        return (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
            key={i}
            role="cell"
            title={text}
            className={isNumber(head[i]?.type ?? '') ? styles.n : value === null ? 'faint' : undefined}
          >
            {text}
          </span>
        );
      })}
    </div>
  );
});

/** What it came to, in a line. */
export function resultWords(answer: SqlAnswer): string {
  const size = answer.rows.reduce((sum, row) => sum + JSON.stringify(row).length, 0);
  const ms = `${count(Math.round(answer.elapsedMs))} ms`;
  return `${ms} · ${count(answer.rowsRead)} rows read · ${bytes(size)}`;
}
