/**
 * Sums over time as stacked steps: a bucket is a bucket, and zero is always shown. Dragging over it, or arrow
 * keys with Shift, select buckets; what can be done with them is offered beside the selection.
 */
import 'uplot/dist/uPlot.min.css';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useTheme } from '../app/use-theme.js';
import { day, minute, useUtc } from '../format/times.js';
import { resolved, seriesColor } from './colors.js';
import { useTwins } from './twins.js';

export interface ChartSeries {
  readonly name: string;
  /** What it is called, if that is not its name. */
  readonly label?: string | undefined;
  readonly values: readonly number[];
  readonly color?: string | undefined;
}

/** Selected buckets: milliseconds since 1970, the end exclusive. */
export interface Selection {
  readonly begin: number;
  readonly end: number;
}

export interface ChartMark {
  readonly at: number;
  readonly words: string;
  /** Whether something is missing from then on, or happened then. */
  readonly kind?: 'missing' | 'event';
}

export interface ChartProps {
  readonly title: string;
  /** The first bucket's beginning, and their length, in seconds. */
  readonly from: number;
  readonly interval: number;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly height: number;
  /** What can be done with selected buckets; without it, nothing is selected. */
  readonly offer?: (selection: Selection, close: () => void) => ReactNode;
  /** Takes what is dragged over or clicked at once, in place of an offer; of the keyboard, with Enter. */
  readonly onSelect?: (selection: Selection) => void;
  /** What the marks above the chart say: of the minute at `at`, in seconds. */
  readonly marks?: readonly ChartMark[];
  /** The sum of another time, to compare with: a line over the stack. */
  readonly ghost?: { readonly label: string; readonly values: readonly number[] } | undefined;
  readonly legend?: boolean;
  /** Pixels for the numbers at the left. */
  readonly gutter?: number;
}

/** Sums of the series below and of this one: what is drawn, from the last to the first. */
function stacked(series: readonly ChartSeries[], buckets: number): number[][] {
  const below = new Array<number>(buckets).fill(0);
  return series.map(({ values }) => {
    for (let i = 0; i < buckets; i++) below[i] = (below[i] ?? 0) + (values[i] ?? 0);
    // A step ends where the next one begins: the last needs an end, too.
    return [...below, below[buckets - 1] ?? 0];
  });
}

export function Chart(props: ChartProps) {
  const {
    title,
    from,
    interval,
    series,
    format,
    height,
    offer,
    onSelect,
    marks = [],
    ghost,
    legend = true,
    gutter = 74,
  } = props;
  const selectable = offer !== undefined || onSelect !== undefined;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [hovered, hover] = useState<{ readonly at: number; readonly left: number } | undefined>();
  const [selected, select] = useState<{ readonly first: number; readonly last: number } | undefined>();
  const choose = useRef<(chosen: { readonly first: number; readonly last: number }) => void>(select);
  const [theme, utc, twins] = [useTheme(), useUtc(), useTwins()];
  const buckets = series[0]?.values.length ?? 0;
  const help = useId();
  const data = useMemo<uPlot.AlignedData>(() => {
    const times = Array.from({ length: buckets + 1 }, (_, i) => from + i * interval);
    const lines = ghost === undefined ? [] : stacked([{ name: '', values: ghost.values }], buckets);
    return [times, ...stacked(series, buckets).reverse(), ...lines];
  }, [series, buckets, from, interval, ghost]);
  // Marks stand where the chart, once it is drawn, has their time.
  const [placed, place] = useState(0);
  const colors = series.map((one, i) => one.color ?? seriesColor(one.name, i));
  const drawn = colors.join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what colors resolve to
  useEffect(() => {
    const element = host.current;
    if (element === null || buckets === 0) return;
    const grid = { stroke: resolved('var(--grid)'), width: 1 };
    const axis = {
      stroke: resolved('var(--faint)'),
      font: "11px 'Inter Variable', sans-serif",
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: selectable, y: false, setScale: false },
        },
        ...(utc && { tzDate: (s: number) => uPlot.tzDate(new Date(s * 1000), 'UTC') }),
        scales: {
          y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
          x: { range: (_u, min, max) => [min, max] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 26,
            values: (_u, ticks) => ticks.map((t) => minute(t * 1000)),
            space: 64,
          },
          {
            ...axis,
            grid,
            size: gutter,
            values: (_u, ticks) => ticks.map((t) => (t === 0 ? '0' : format(t))),
          },
        ],
        series: [
          {},
          ...[...drawn.split(/,(?=var)/)].reverse().map((color) => ({
            fill: resolved(color),
            stroke: resolved(color),
            width: 0,
            points: { show: false },
            paths: uPlot.paths.stepped!({ align: 1 }),
          })),
          ...(ghost === undefined
            ? []
            : [
                {
                  stroke: resolved('var(--text)'),
                  width: 1.25,
                  dash: [4, 3],
                  points: { show: false },
                  paths: uPlot.paths.stepped!({ align: 1 }),
                },
              ]),
        ],
        hooks: {
          // It is drawn after this effect: before that it has no size.
          draw: [() => place((n) => n + 1)],
          setCursor: [
            (u) => {
              const { left } = u.cursor;
              if (left === undefined || left === null || left < 0) return hover(undefined);
              const at = Math.floor((u.posToVal(left, 'x') - from) / interval);
              hover(at >= 0 && at < buckets ? { at, left: left + u.over.offsetLeft } : undefined);
            },
          ],
          setSelect: [
            (u) => {
              if (u.select.width < 1) return;
              const bucket = (px: number): number =>
                Math.min(buckets - 1, Math.max(0, Math.floor((u.posToVal(px, 'x') - from) / interval)));
              const [first, last] = [bucket(u.select.left), bucket(u.select.left + u.select.width - 1)];
              choose.current({ first, last });
            },
          ],
        },
      },
      data,
      element,
    );
    plot.current = made;
    const click = (): void => {
      const { left } = made.cursor;
      if (!selectable || left === undefined || left < 0 || made.select.width > 0) return;
      const at = Math.floor((made.posToVal(left, 'x') - from) / interval);
      if (at >= 0 && at < buckets) choose.current({ first: at, last: at });
    };
    made.over.addEventListener('click', click);
    const resize = new ResizeObserver(() => {
      // It says how wide it is when it begins, too.
      if (element.clientWidth === made.width) return;
      made.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.over.removeEventListener('click', click);
      made.destroy();
      plot.current = undefined;
    };
  }, [data, drawn, theme, utc, height, twins, selectable, format]);

  // Another answer has other buckets.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is selected is of one answer
  useEffect(() => select(undefined), [from, interval, buckets]);

  // Only what is selected moves the selection: while somebody drags, it is the chart's.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart that is drawn anew has none
  useEffect(() => {
    const u = plot.current;
    if (u === undefined) return;
    if (selected === undefined) return u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const left = u.valToPos(from + selected.first * interval, 'x');
    const right = u.valToPos(from + (selected.last + 1) * interval, 'x');
    u.setSelect({ left, top: 0, width: right - left, height: u.over.clientHeight }, false);
  }, [selected, placed, from, interval]);

  const begin = (bucket: number): number => (from + bucket * interval) * 1000;
  choose.current = (chosen) => {
    if (onSelect === undefined) return select(chosen);
    onSelect({ begin: begin(chosen.first), end: begin(chosen.last + 1) });
  };
  const keys = (event: KeyboardEvent): void => {
    if (!selectable || buckets === 0) return;
    if (event.key === 'Enter' && selected !== undefined && onSelect !== undefined) {
      event.preventDefault();
      choose.current(selected);
    }
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (event.key === 'Escape' && selected !== undefined) {
      select(undefined);
      host.current?.focus();
      event.preventDefault();
    }
    if (step === 0) return;
    event.preventDefault();
    const last = Math.min(buckets - 1, Math.max(0, (selected?.last ?? (step > 0 ? -1 : buckets)) + step));
    select({ first: event.shiftKey && selected !== undefined ? Math.min(selected.first, last) : last, last });
  };

  if (twins) return <Twin {...props} />;
  const offered =
    selected !== undefined && offer !== undefined
      ? offer({ begin: begin(selected.first), end: begin(selected.last + 1) }, () => select(undefined))
      : undefined;
  return (
    // The keys go on selecting while what is offered has the focus.
    // biome-ignore lint/a11y/noStaticElementInteractions: what is in it has the roles
    <div className="chart" onKeyDown={keys}>
      <div
        ref={host}
        role="img"
        aria-label={`${title}: ${series.map((one) => one.label ?? one.name).join(', ')}`}
        aria-describedby={help}
        tabIndex={0}
        style={{ height }}
      />
      <span id={help} className="sr">
        {selectable ? 'Arrow keys select a step of time, with Shift several. ' : ''}
        {onSelect === undefined ? '' : 'Enter narrows the time to it. '}
        Shift T shows tables in place of charts.
      </span>
      {marks.map((mark) => (
        <Mark key={`${mark.at} ${mark.kind}`} plot={plot.current} mark={mark} />
      ))}
      {hovered !== undefined && offered === undefined && (
        <div
          className="tip popup"
          style={
            hovered.left > (host.current?.clientWidth ?? 0) / 2
              ? { right: `calc(100% - ${hovered.left - 12}px)` }
              : { left: hovered.left + 12 }
          }
        >
          <b>
            {day(begin(hovered.at))}, {minute(begin(hovered.at))} – {minute(begin(hovered.at + 1))}
          </b>
          {series.map((one, i) => (
            <div key={one.name} className="flex">
              <i className="dot" style={{ background: colors[i] }} />
              {one.label ?? one.name}
              <span className="grow" />
              {format(one.values[hovered.at] ?? 0)}
            </div>
          ))}
          {ghost !== undefined && (
            <div className="flex">
              <i className="ghost" />
              {ghost.label}
              <span className="grow" />
              {format(ghost.values[hovered.at] ?? 0)}
            </div>
          )}
        </div>
      )}
      {offered !== undefined && (
        <Offer
          plot={plot.current}
          from={from + selected!.first * interval}
          to={from + (selected!.last + 1) * interval}
        >
          {offered}
        </Offer>
      )}
      {legend && (
        <div className="leg">
          {series.map((one, i) => (
            <span key={one.name}>
              <i style={{ background: colors[i] }} />
              {one.label ?? one.name}
            </span>
          ))}
          {ghost !== undefined && (
            <span>
              <i className="ghost" />
              {ghost.label}
            </span>
          )}
        </div>
      )}
    </div>
  );
}

/** What can be done with a selection: beside it, at the side that has more room, and never over its peak. */
function Offer(props: {
  readonly plot: uPlot | undefined;
  readonly from: number;
  readonly to: number;
  readonly children: ReactNode;
}) {
  const { plot, from, to, children } = props;
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another selection has the focus again
  useEffect(
    () => box.current?.querySelector<HTMLElement>('button, a')?.focus({ preventScroll: true }),
    [from, to],
  );
  if (plot === undefined) return null;
  const [left, right] = [plot.valToPos(from, 'x'), plot.valToPos(to, 'x')];
  const { offsetLeft, clientWidth } = plot.over;
  const style =
    right > clientWidth / 2
      ? { right: `calc(100% - ${offsetLeft + left - 8}px)` }
      : { left: offsetLeft + right + 8 };
  return (
    <div ref={box} className="offer popup" style={style}>
      {children}
    </div>
  );
}

function Mark({ plot, mark }: { readonly plot: uPlot | undefined; readonly mark: ChartMark }) {
  const { at, words, kind = 'missing' } = mark;
  if (plot === undefined) return null;
  const left = plot.valToPos(at, 'x');
  if (left < 0 || left > plot.over.clientWidth) return null;
  return (
    <span
      className={`mark ${kind}`}
      style={{ left: left + plot.over.offsetLeft }}
      title={words}
      role="img"
      aria-label={words}
    />
  );
}

/** The same as a table. */
function Twin({ title, from, interval, series: own, format, height, ghost, marks = [] }: ChartProps) {
  const series = ghost === undefined ? own : [...own, { name: ghost.label, values: ghost.values }];
  const buckets = series[0]?.values.length ?? 0;
  return (
    <div style={{ maxHeight: height, overflow: 'auto' }} tabIndex={0}>
      <table aria-label={title}>
        <thead>
          <tr>
            <th>Time</th>
            {series.map((one) => (
              <th key={one.name} className="n">
                {one.label ?? one.name}
              </th>
            ))}
            {marks.length > 0 && <th>Notes</th>}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: buckets }, (_, i) => {
            const time = (from + i * interval) * 1000;
            return (
              <tr key={time}>
                <td>
                  {day(time)}, {minute(time)}
                </td>
                {series.map((one) => (
                  <td key={one.name} className="n">
                    {format(one.values[i] ?? 0)}
                  </td>
                ))}
                {marks.length > 0 && (
                  <td>
                    {marks
                      .filter(({ at }) => at * 1000 >= time && at * 1000 < time + interval * 1000)
                      .map(({ words }) => words)
                      .join('; ')}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A little line beside a number. */
export function Spark({
  values,
  color = 'var(--s1)',
}: {
  readonly values: readonly number[];
  readonly color?: string;
}) {
  const most = Math.max(...values, 1e-9);
  const points = values
    .map((v, i) => `${(i / Math.max(values.length - 1, 1)) * 84},${24 - (v / most) * 22}`)
    .join(' ');
  return (
    <svg className="spark" width="84" height="26" aria-hidden="true">
      <polyline points={points} fill="none" stroke={color} strokeWidth="1.5" />
    </svg>
  );
}
