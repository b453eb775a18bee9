/** Sessions and transactions: conditions, when, which, and one of them in full. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { CodeXml, Link as LinkIcon, Star } from 'lucide-react';
import { useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import type { Row } from '../../../../src/console/contract/sessions.js';
import { useAnswer } from '../../api/use-answer.js';
import { withCondition } from '../../app/conditions.js';
import { useCarried } from '../../app/frame.js';
import { press, useKey } from '../../app/keys.js';
import { useNarrow } from '../../app/narrow.js';
import { absolute } from '../../app/range.js';
import { useAbout, useChangeScope, useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { bytes, count, plural, seconds } from '../../format/numbers.js';
import { Statement } from '../../parts/card.js';
import { Chart } from '../../parts/chart.js';
import { seriesColor } from '../../parts/colors.js';
import { Icon } from '../../parts/icon.js';
import { Segments } from '../../parts/menu.js';
import { Going, Waiting, Wrong } from '../../parts/states.js';
import { textOf } from './cells.js';
import { Chips } from './chips.js';
import { chosenColumns, keyOf, type ListOf } from './columns.js';
import { ColumnsDialog } from './columns-dialog.js';
import { SessionDrawer, TransactionDrawer } from './drawer.js';
import { ExportMenu } from './export-menu.js';
import { Nothing } from './nothing.js';
import css from './sessions.module.css';
import { focusedCondition, ListTable, Seen } from './table.js';
import { useList } from './use-list.js';
import { Values } from './values.js';

const OF = [
  { value: 'sessions', label: 'Sessions' },
  { value: 'transactions', label: 'Transactions' },
] as const;
const ORDER: Readonly<Record<ListOf, string>> = { sessions: '-first_seen', transactions: '-time' };

export function SessionsPage() {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const of: ListOf = one(search.of) === 'transactions' ? 'transactions' : 'sessions';
  const order = one(search.sort) ?? ORDER[of];
  const cols = one(search.cols);
  const narrow = useNarrow();
  const columns = useMemo(() => chosenColumns(of, cols, narrow), [of, cols, narrow]);
  const needs = useMemo(() => [...new Set(columns.flatMap((column) => column.needs))].join(','), [columns]);
  const looked = useLookedAt();
  const about = useAbout();
  const change = useChangeScope();
  const navigate = useNavigate();
  const carried = useCarried();
  const list = useList(of, order, needs);
  const [adding, setAdding] = useState(false);
  const [valuesOf, setValuesOf] = useState<string | undefined>();
  const [seen] = useState(() => new Seen());
  const mirrors = about?.mirrors ?? [];
  const conditions = looked?.conditions ?? [];

  /** What is selected goes without a place in the history: Back goes back one decision. */
  const replace = useCallback(
    (more: Record<string, unknown>): void => {
      void navigate({
        to: '.',
        search: ((before: object) => ({ ...before, ...more })) as never,
        replace: true,
      });
    },
    [navigate],
  );
  const sel = one(search.sel);
  const place = usePlace(of, list, sel);
  const row = place >= 0 ? list.row(place) : undefined;
  const key = sel ?? (row === undefined ? undefined : keyOf(of, row));
  const closed = one(search.details) === '0';

  const addCondition = (text: string): void => change({ f: withCondition(conditions, text), sel: undefined });
  const setConditions = (f: string[]): void => change({ f: f.length === 0 ? undefined : f, sel: undefined });
  const select = useCallback((next: string): void => replace({ sel: next }), [replace]);
  const open = useCallback((next: string): void => replace({ sel: next, details: undefined }), [replace]);
  const close = (): void => replace({ details: '0' });
  const packets = (id: string): void => {
    const to = '/sessions/$id/packets' as string;
    void navigate({ to, params: { id } as never, search: carried as never });
  };
  const step = (by: -1 | 1): void => {
    const next = Math.min(list.length - 1, Math.max(0, place + by));
    const at = list.row(next);
    if (at !== undefined) select(keyOf(of, at));
  };
  useKey('next', () => step(1));
  useKey('previous', () => step(-1));
  useKey('open', () => key !== undefined && open(key));
  useKey('packets', () => key !== undefined && packets(key.split('.')[0]!));
  useKey('filter', () => {
    const condition = focusedCondition();
    if (condition === undefined) setAdding(true);
    else addCondition(condition);
  });
  useKey('values', () => setValuesOf(''));
  useKey('close', close, !closed);

  const empty = !list.isPending && !list.isPlaceholderData && list.length === 0 && list.error === null;
  return (
    <>
      <div className={css.above}>
        <Chips
          of={of}
          conditions={conditions}
          change={setConditions}
          mirrors={mirrors}
          adding={adding}
          setAdding={setAdding}
        />
        <span className="grow" />
        <Sums of={of} />
        <button type="button" className="btn sm" onClick={() => press('save')}>
          <Icon of={Star} />
          Save view
        </button>
        <button type="button" className="btn sm" onClick={() => press('link')}>
          <Icon of={LinkIcon} />
          Copy link
        </button>
        <ExportMenu
          of={of}
          columns={columns}
          needs={needs}
          order={order}
          meta={list.meta}
          packets={about?.packets === true}
        />
        <Link
          to={'/sql' as string}
          search={{ q: list.meta?.statement } as never}
          className="btn sm"
          disabled={list.meta === undefined}
        >
          <Icon of={CodeXml} />
          SQL
        </Link>
      </div>
      <Histogram />
      <div className={css.split}>
        <section
          className={`card ${css.listing}`}
          aria-label={of === 'sessions' ? 'Sessions' : 'Transactions'}
        >
          <div className={css.tools}>
            <Segments
              label="What is listed"
              value={of}
              choices={OF}
              onChange={(next) =>
                change({
                  of: next === 'sessions' ? undefined : next,
                  sel: undefined,
                  sort: undefined,
                  cols: undefined,
                })
              }
            />
            <span className="grow" />
            <Values
              of={of}
              mirrors={mirrors}
              column={valuesOf}
              setColumn={setValuesOf}
              choose={(text) => {
                setValuesOf(undefined);
                addCondition(text);
              }}
            />
            <ColumnsDialog of={of} columns={columns} choose={(next) => change({ cols: next })} />
          </div>
          {list.isPlaceholderData && (
            <div className={css.inside}>
              <Going of={list} />
            </div>
          )}
          {list.error !== null && list.length === 0 ? (
            <div className={css.inside}>
              <Wrong error={list.error} again={() => void list.refetch()} />
            </div>
          ) : list.isPending ? (
            <div className={css.inside}>
              <Waiting of={list} lines={12} />
            </div>
          ) : empty ? (
            <Nothing of={of} mirrors={mirrors} />
          ) : (
            <ListTable
              of={of}
              list={list}
              columns={columns}
              mirrors={mirrors}
              order={order}
              sort={(next) => change({ sort: next === ORDER[of] ? undefined : next, sel: undefined })}
              selected={place}
              select={select}
              open={open}
              addCondition={addCondition}
              showValues={setValuesOf}
              seen={seen}
            />
          )}
          <Foot of={of} list={list} seen={seen} empty={empty} />
        </section>
        {!closed && key !== undefined && !empty && (
          <Details of={of} id={key} row={row} close={close} packets={packets} mirrors={mirrors} />
        )}
      </div>
    </>
  );
}

/** The place of the selected row; the first one's where none is selected, -1 where it is not among them. */
function usePlace(of: ListOf, list: ReturnType<typeof useList>, sel: string | undefined): number {
  const [known, remember] = useState({ key: '', at: 0 });
  if (sel === undefined) return list.length > 0 ? 0 : -1;
  const is = (at: number): boolean => {
    const row = list.row(at);
    return row !== undefined && keyOf(of, row) === sel;
  };
  if (known.key === sel && is(known.at)) return known.at;
  // J and K go one on; a click may be anywhere.
  for (const at of [known.at + 1, known.at - 1]) if (at >= 0 && is(at)) return found(at);
  for (let at = 0; at < list.length; at++) if (is(at)) return found(at);
  return -1;

  function found(at: number): number {
    remember({ key: sel!, at });
    return at;
  }
}

function Details(props: {
  readonly of: ListOf;
  readonly id: string;
  readonly row: Row | undefined;
  readonly close: () => void;
  readonly packets: (id: string) => void;
  readonly mirrors: Parameters<typeof SessionDrawer>[0]['mirrors'];
}) {
  const { of, id, row, close, packets, mirrors } = props;
  if (of === 'transactions')
    return row === undefined ? null : <TransactionDrawer row={row} close={close} packets={packets} />;
  const [session = ''] = id.split('.');
  return <SessionDrawer id={session} mirrors={mirrors} close={close} packets={packets} />;
}

/** How much there is: it may come later than the rows. */
function Sums({ of }: { readonly of: ListOf }) {
  const looked = useLookedAt();
  const answer = useAnswer(of === 'sessions' ? 'sessionsCount' : 'transactionsCount', looked?.query, {
    enabled: looked !== undefined,
    every: looked?.every ?? false,
  });
  if (answer.data === undefined) return null;
  return (
    <span className={answer.isPlaceholderData ? `faint ${css.stale}` : 'faint'} role="status">
      {plural(answer.data.rows, 'row')} · {bytes(answer.data.bytes)}
    </span>
  );
}

const OUTCOMES = ['answered', 'reset', 'failed'] as const;
/** Bars of the histogram. */
const BARS = '150';

/** When conversations began, by how they ended. Dragging over it narrows the time. */
function Histogram() {
  const looked = useLookedAt();
  const change = useChangeScope();
  const answer = useAnswer(
    'series',
    { ...looked?.query, by: 'outcome', unit: 'sessions', points: BARS, top: '3' },
    { enabled: looked !== undefined, every: looked?.every ?? false },
  );
  const { data, error } = answer;
  const narrow = useCallback(
    ({ begin, end }: { readonly begin: number; readonly end: number }) =>
      change({ t: absolute(begin, end).text, sel: undefined }),
    [change],
  );
  const series = useMemo(
    () =>
      OUTCOMES.map((name) => {
        const found = data?.series.find((s) => s.name === name);
        const buckets = data?.series[0]?.values.length ?? 0;
        return {
          name,
          total: found?.total ?? 0,
          values: found?.values ?? new Array<number>(buckets).fill(0),
        };
      }),
    [data],
  );
  return (
    <section
      className={answer.isPlaceholderData ? `card ${css.histogram} ${css.stale}` : `card ${css.histogram}`}
      aria-label="When, by outcome"
    >
      <div className="flex">
        <span className="leg">
          {series.map(({ name, total }, i) => (
            <span key={name}>
              <i style={{ background: seriesColor(name, i) }} />
              {name} {count(total)}
            </span>
          ))}
        </span>
        <span className="grow" />
        {data !== undefined && (
          <>
            <span className="faint">{seconds(data.interval)} a bar · drag to narrow</span>
            <Statement meta={data.meta} />
          </>
        )}
      </div>
      {error !== null && <Wrong error={error} again={() => void answer.refetch()} />}
      {(data === undefined || answer.isPlaceholderData) && <Going of={answer} />}
      {data !== undefined && (
        <Chart
          title="Sessions"
          from={data.from}
          interval={data.interval}
          series={series}
          format={count}
          height={92}
          legend={false}
          gutter={36}
          onSelect={narrow}
        />
      )}
    </section>
  );
}

function Foot(props: {
  readonly of: ListOf;
  readonly list: ReturnType<typeof useList>;
  readonly seen: Seen;
  readonly empty: boolean;
}) {
  const { of, list, seen, empty } = props;
  const looked = useLookedAt();
  const counted = useAnswer(of === 'sessions' ? 'sessionsCount' : 'transactionsCount', looked?.query, {
    enabled: looked !== undefined,
  });
  const all = counted.data === undefined || counted.isPlaceholderData ? undefined : counted.data.rows;
  const { meta } = list;
  const shown = useSyncExternalStore(seen.subscribe, seen.text);
  return (
    <div className={css.foot}>
      {!empty && list.length > 0 && (
        <span>
          {shown} of {all === undefined ? '…' : count(all)}
        </span>
      )}
      {meta !== undefined && (
        <span className="faint">
          {count(Math.round(meta.elapsed_ms))} ms, {count(meta.rows_read)} rows read
        </span>
      )}
      {list.loading && <span className="faint">more rows are coming</span>}
      {list.error !== null && list.length > 0 && <span className="bad">{textOf(list.error.message)}</span>}
      {meta?.note !== undefined && <span className="faint">{meta.note}</span>}
      <span className="grow" />
      <span className={css.keys} aria-hidden="true">
        <kbd>J</kbd>
        <kbd>K</kbd> move <kbd>Enter</kbd> open <kbd>P</kbd> packets
      </span>
      {meta !== undefined && <Statement meta={meta} />}
    </div>
  );
}
