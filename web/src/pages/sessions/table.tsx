/**
 * A list as a table of any length: only the rows that are to be seen are in the document, and in the table's
 * model. Every cell can be reached by arrow keys, and makes a condition.
 */
import { ContextMenu } from '@base-ui/react/context-menu';
import { type ColumnDef, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, Funnel } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import type { Row } from '../../../../src/console/contract/sessions.js';
import { negated } from '../../app/conditions.js';
import { count } from '../../format/numbers.js';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { conditionWords } from './chips.js';
import { keyOf, type ListColumn, type ListOf, type Mirrors } from './columns.js';
import css from './sessions.module.css';
import type { List } from './use-list.js';

/** Pixels. */
const ROW = 28;
/** The next page is asked for when so many rows are left. */
const AHEAD = 300;

const features = tableFeatures({});
type Def = ColumnDef<typeof features, Row>;

/** Which rows are to be seen: told apart from the page, which is not to be drawn anew as they scroll. */
export class Seen {
  private now = '';
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** `1–24`. */
  readonly text = (): string => this.now;

  say(text: string): void {
    if (text === this.now) return;
    this.now = text;
    for (const listener of this.listeners) listener();
  }
}

export function ListTable(props: {
  readonly of: ListOf;
  readonly list: List;
  readonly columns: readonly ListColumn[];
  readonly mirrors: Mirrors;
  readonly order: string;
  readonly sort: (order: string) => void;
  /** The selected row's place and key. */
  readonly selected: number;
  readonly select: (key: string) => void;
  readonly open: (key: string) => void;
  readonly addCondition: (condition: string) => void;
  readonly showValues: (column: string) => void;
  readonly seen: Seen;
}) {
  const { of, list, columns, mirrors, order, sort, selected, select, open, addCondition, showValues } = props;
  const scroller = useRef<HTMLDivElement>(null);
  /** The cell under the pointer, or with the focus: `row.column`. */
  const [pointed, point] = useState('');
  const [menu, setMenu] = useState<{ readonly column: ListColumn; readonly row: Row } | undefined>();
  const virtual = useVirtualizer({
    count: list.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
    // The head stands over the first rows.
    scrollPaddingStart: ROW,
  });
  const items = virtual.getVirtualItems();
  const [begin, end] = [items[0]?.index ?? 0, (items.at(-1)?.index ?? -1) + 1];

  const defs = useMemo<Def[]>(
    () => columns.map((column) => ({ id: column.id, header: column.label, accessorFn: column.text })),
    [columns],
  );
  // The model is of what is to be seen: with 100,000 rows, one of all of them would take a frame's time.
  const rows = Array.from({ length: end - begin }, (_, i) => list.row(begin + i)).filter(
    (row) => row !== undefined,
  );
  const table = useTable({ features, columns: defs, data: rows, getRowId: (row: Row) => keyOf(of, row) });

  useEffect(() => {
    if (list.length - end < AHEAD) list.loadMore();
  });
  const height = scroller.current?.clientHeight ?? 0;
  const offset = virtual.scrollOffset ?? 0;
  const first = Math.min(list.length, Math.floor(offset / ROW) + 1);
  const last = Math.min(list.length, Math.max(first, Math.floor((offset + height - ROW) / ROW)));
  const { seen } = props;
  useEffect(() => seen.say(`${count(first)}–${count(last)}`), [seen, first, last]);

  // The selected row is to be seen, wherever J and K lead.
  useEffect(() => {
    if (selected >= 0) virtual.scrollToIndex(selected, { align: 'auto' });
  }, [selected, virtual]);

  const cellOf = (target: EventTarget | null): { column: ListColumn; row: Row; at: number } | undefined => {
    const td = target instanceof Element ? target.closest('td[data-col]') : null;
    const tr = td?.closest('tr[data-at]');
    if (!(td instanceof HTMLElement) || !(tr instanceof HTMLElement)) return undefined;
    const at = Number(tr.dataset.at);
    const [row, column] = [list.row(at), columns[Number(td.dataset.col)]];
    return row === undefined || column === undefined ? undefined : { row, column, at };
  };
  const keys = (event: KeyboardEvent): void => {
    const step = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
    const found = cellOf(event.target);
    if (step === undefined || found === undefined) return;
    event.preventDefault();
    const [down = 0, right = 0] = step;
    const at = Math.min(list.length - 1, Math.max(0, found.at + down));
    const col = Math.min(columns.length - 1, Math.max(0, columns.indexOf(found.column) + right));
    const focus = (): boolean => {
      const cell = scroller.current?.querySelector<HTMLElement>(`tr[data-at="${at}"] td[data-col="${col}"]`);
      cell?.focus({ preventScroll: true });
      return cell != null;
    };
    virtual.scrollToIndex(at, { align: 'auto' });
    // At once, so that the next key starts from there; a row that has to come yet is there in the next frame.
    if (!focus()) requestAnimationFrame(focus);
    const row = list.row(at);
    if (down !== 0 && row !== undefined) select(keyOf(of, row));
  };
  const click = (event: MouseEvent): void => {
    const found = cellOf(event.target);
    if (found === undefined) return;
    if ((event.target as Element).closest(`.${css.only}`) !== null) {
      const [condition] = found.column.conditions(found.row);
      if (condition !== undefined) addCondition(condition);
      return;
    }
    open(keyOf(of, found.row));
  };
  const total = virtual.getTotalSize();
  const [before, after] = [begin * ROW, Math.max(0, total - end * ROW)];
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  return (
    <ContextMenu.Root>
      <ContextMenu.Trigger
        ref={scroller}
        className={list.isPlaceholderData ? `${css.scroller} ${css.stale}` : css.scroller}
        onContextMenu={(event) => {
          const found = cellOf(event.target);
          if (found === undefined) event.preventBaseUIHandler();
          else setMenu(found);
        }}
      >
        <table
          className={css.list}
          style={{ minWidth: width }}
          aria-label={of === 'sessions' ? 'Sessions' : 'Transactions'}
          aria-rowcount={list.more ? -1 : list.length + 1}
          onClick={click}
          onKeyDown={keys}
          onMouseOver={(event) => point(nameOf(cellOf(event.target), columns))}
          onMouseLeave={() => point('')}
          onFocus={(event) => point(nameOf(cellOf(event.target), columns))}
        >
          <colgroup>
            {columns.map((column) => (
              <col key={column.id} style={{ width: column.width }} />
            ))}
          </colgroup>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id} aria-rowindex={1}>
                {group.headers.map((header, i) => (
                  <Head key={header.id} column={columns[i]!} order={order} sort={sort} />
                ))}
              </tr>
            ))}
          </thead>
          <tbody>
            {before > 0 && <tr className={css.gap} style={{ height: before }} aria-hidden="true" />}
            {table.getRowModel().rows.map((row, i) => (
              <ListRow
                key={row.id}
                at={begin + i}
                row={row.original}
                columns={columns}
                mirrors={mirrors}
                selected={begin + i === selected}
                pointed={pointed.startsWith(`${begin + i}.`) ? Number(pointed.split('.')[1]) : -1}
              />
            ))}
            {after > 0 && <tr className={css.gap} style={{ height: after }} aria-hidden="true" />}
          </tbody>
        </table>
      </ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Positioner>
          <ContextMenu.Popup className="popup">
            {menu !== undefined && (
              <CellMenu
                column={menu.column}
                row={menu.row}
                mirrors={mirrors}
                add={addCondition}
                showValues={showValues}
              />
            )}
          </ContextMenu.Popup>
        </ContextMenu.Positioner>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}

function Head(props: {
  readonly column: ListColumn;
  readonly order: string;
  readonly sort: (order: string) => void;
}) {
  const { column, order, sort } = props;
  const { id, label, doc, numeric, sortable } = column;
  const down = order === `-${id}`;
  const up = order === id;
  return (
    <th
      scope="col"
      className={numeric ? 'n' : undefined}
      title={doc.replaceAll('`', '')}
      aria-sort={down ? 'descending' : up ? 'ascending' : undefined}
    >
      {sortable ? (
        <button type="button" onClick={() => sort(down ? id : `-${id}`)}>
          {label}
          {down && <Icon of={ArrowDown} className={css.arrow!} />}
          {up && <Icon of={ArrowUp} className={css.arrow!} />}
        </button>
      ) : (
        label
      )}
    </th>
  );
}

const ListRow = memo(function ListRow(props: {
  readonly at: number;
  readonly row: Row;
  readonly columns: readonly ListColumn[];
  readonly mirrors: Mirrors;
  readonly selected: boolean;
  /** The column that is pointed at; -1: none. */
  readonly pointed: number;
}) {
  const { at, row, columns, mirrors, selected, pointed } = props;
  return (
    <tr data-at={at} aria-rowindex={at + 2} aria-selected={selected}>
      {columns.map((column, col) => {
        const [condition] = column.conditions(row);
        return (
          <td
            key={column.id}
            data-col={col}
            className={column.numeric ? 'n' : undefined}
            tabIndex={selected && col === 0 ? 0 : -1}
            data-condition={condition}
          >
            {column.show(row, mirrors)}
            {condition !== undefined && col === pointed && (
              <button
                type="button"
                className={css.only}
                tabIndex={-1}
                aria-label="Only this"
                title="Only this (F)"
              >
                <Icon of={Funnel} />
              </button>
            )}
          </td>
        );
      })}
    </tr>
  );
});

/** What can be done with a value. */
function CellMenu(props: {
  readonly column: ListColumn;
  readonly row: Row;
  readonly mirrors: Mirrors;
  readonly add: (condition: string) => void;
  readonly showValues: (column: string) => void;
}) {
  const { column, row, mirrors, add, showValues } = props;
  const conditions = column.conditions(row);
  const text = column.text(row);
  return (
    <>
      {conditions.map((condition, i) => {
        const { name, value } = conditionWords(condition, mirrors);
        return (
          <ContextMenu.Item key={condition} className="item" onClick={() => add(condition)}>
            Only {name} {value}
            {i === 0 && <span className="r">F</span>}
          </ContextMenu.Item>
        );
      })}
      {conditions.map((condition) => {
        const { name, value } = conditionWords(condition, mirrors);
        return (
          <ContextMenu.Item key={condition} className="item" onClick={() => add(negated(condition))}>
            Not {name} {value}
          </ContextMenu.Item>
        );
      })}
      {conditions.length > 0 && (
        <ContextMenu.Item className="item" onClick={() => showValues(column.id)}>
          Top values of {column.label}
          <span className="r">V</span>
        </ContextMenu.Item>
      )}
      <ContextMenu.Item className="item" onClick={() => void copy(text, column.label)} disabled={text === ''}>
        Copy
      </ContextMenu.Item>
    </>
  );
}

function nameOf(
  cell: { readonly column: ListColumn; readonly at: number } | undefined,
  columns: readonly ListColumn[],
): string {
  return cell === undefined ? '' : `${cell.at}.${columns.indexOf(cell.column)}`;
}

/** The condition of the cell that has the focus. */
export function focusedCondition(): string | undefined {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement ? activeElement.dataset.condition : undefined;
}
