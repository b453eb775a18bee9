/** Courses over time as lines of steps, zero always shown: medians do not add up, so they are no stack. */
import { useEffect, useRef, useState } from 'react';
import { day, minute, useUtc } from '../format/times.js';
import { useTwins } from './twins.js';

export interface Step {
  readonly label: string;
  /** Null where nothing was there. */
  readonly values: readonly (number | null)[];
  readonly color: string;
  /** Dashed: a bound, not a middle. */
  readonly dashed?: boolean;
}

export interface StepsProps {
  readonly title: string;
  /** The first bucket's beginning, and their length, in seconds. */
  readonly from: number;
  readonly interval: number;
  readonly steps: readonly Step[];
  readonly format: (value: number) => string;
  readonly height: number;
}

const LEFT = 62;
const BOTTOM = 22;
const TOP = 8;

/** A round number that is the distance of some lines. */
function roundStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [0.2, 0.5, 1, 2].map((n) => n * power).find((step) => most / step <= 5) ?? 5 * power;
}

export function Steps(props: StepsProps) {
  const { title, from, interval, steps, format, height } = props;
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [hovered, hover] = useState<number | undefined>();
  const twins = useTwins();
  useUtc();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the table in its place has no width
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const resize = new ResizeObserver(() => setWidth(element.clientWidth));
    resize.observe(element);
    return () => resize.disconnect();
  }, [twins]);
  if (twins) return <Twin {...props} />;
  const buckets = steps[0]?.values.length ?? 0;
  const most = Math.max(1, ...steps.flatMap((one) => one.values.map((v) => v ?? 0)));
  const step = roundStep(most);
  const top = Math.ceil(most / step) * step;
  const x = (at: number): number => LEFT + (at / Math.max(buckets, 1)) * (width - LEFT);
  const y = (value: number): number => height - BOTTOM - (value / top) * (height - BOTTOM - TOP);
  const every = Math.max(1, Math.ceil(buckets / Math.max(2, Math.floor((width - LEFT) / 64))));
  const path = (values: readonly (number | null)[]): string =>
    values
      .map((v, i) => {
        if (v === null) return '';
        const joined = i > 0 && values[i - 1] !== null;
        return `${joined ? 'L' : 'M'}${x(i).toFixed(1)} ${y(v).toFixed(1)}H${x(i + 1).toFixed(1)}`;
      })
      .join('');
  const at = hovered;
  return (
    <div className="chart">
      <div
        ref={host}
        style={{ height }}
        onPointerMove={(event) => {
          const left = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT;
          const over = Math.floor((left / (width - LEFT)) * buckets);
          hover(over >= 0 && over < buckets ? over : undefined);
        }}
        onPointerLeave={() => hover(undefined)}
      >
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`${title}: ${steps.map((s) => s.label).join(', ')}`}
        >
          {Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step).map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={width} y1={y(value)} y2={y(value)} stroke="var(--grid)" />
              <text x={LEFT - 8} y={y(value) + 4} textAnchor="end" fontSize="11" fill="var(--faint)">
                {value === 0 ? '0' : format(value)}
              </text>
            </g>
          ))}
          {Array.from({ length: buckets }, (_, i) => i)
            .filter((i) => i % every === 0)
            .map((i) => (
              <text key={i} x={x(i)} y={height - 6} textAnchor="middle" fontSize="11" fill="var(--faint)">
                {minute((from + i * interval) * 1000)}
              </text>
            ))}
          {at !== undefined && (
            <rect
              x={x(at)}
              y={TOP}
              width={x(at + 1) - x(at)}
              height={height - BOTTOM - TOP}
              fill="var(--sel)"
            />
          )}
          {steps.map(({ label, values, color, dashed }) => (
            <path
              key={label}
              d={path(values)}
              fill="none"
              stroke={color}
              strokeWidth={dashed ? 1.25 : 1.75}
              strokeDasharray={dashed ? '4 3' : undefined}
            />
          ))}
        </svg>
      </div>
      {at !== undefined && (
        <div
          className="tip popup"
          style={at > buckets / 2 ? { right: width - x(at) + 12 } : { left: x(at + 1) + 12 }}
        >
          <b>
            {day((from + at * interval) * 1000)}, {minute((from + at * interval) * 1000)} –{' '}
            {minute((from + (at + 1) * interval) * 1000)}
          </b>
          {steps.map(({ label, values, color }) => (
            <div key={label} className="flex">
              <i className="dot" style={{ background: color }} />
              {label}
              <span className="grow" />
              {values[at] == null ? '–' : format(values[at]!)}
            </div>
          ))}
        </div>
      )}
      <div className="leg">
        {steps.map(({ label, color, dashed }) => (
          <span key={label}>
            <svg width="16" height="4" aria-hidden="true">
              <line
                x2="16"
                y1="2"
                y2="2"
                stroke={color}
                strokeWidth="2"
                strokeDasharray={dashed ? '4 3' : undefined}
              />
            </svg>
            {label}
          </span>
        ))}
      </div>
    </div>
  );
}

/** The same as a table. */
function Twin({ title, from, interval, steps, format, height }: StepsProps) {
  const rows = (steps[0]?.values ?? [])
    .map((_, i) => i)
    .filter((i) => steps.some((s) => s.values[i] != null));
  return (
    <div style={{ maxHeight: height, overflow: 'auto' }} tabIndex={0}>
      <table aria-label={title}>
        <thead>
          <tr>
            <th>Time</th>
            {steps.map(({ label }) => (
              <th key={label} className="n">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <td>{minute((from + i * interval) * 1000)}</td>
              {steps.map(({ label, values }) => (
                <td key={label} className="n">
                  {values[i] == null ? '–' : format(values[i]!)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
