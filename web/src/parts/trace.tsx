/** A line of some numbers over time, as high as the highest: how even something is, at a glance. */

export function Trace(props: {
  readonly values: readonly number[];
  /** What is read aloud in its place. */
  readonly words: string;
  readonly color?: string;
  readonly width?: number;
  readonly height?: number;
}) {
  const { values, words, color = 'var(--s1)', width = 90, height = 24 } = props;
  if (values.length < 2) return <span className="faint">–</span>;
  const highest = Math.max(...values, 1);
  const x = (i: number): string => ((i / (values.length - 1)) * width).toFixed(1);
  const y = (value: number): string => (height - 2 - (value / highest) * (height - 4)).toFixed(1);
  return (
    <svg width={width} height={height} role="img" aria-label={words} style={{ verticalAlign: 'middle' }}>
      <path
        d={values.map((value, i) => `${i === 0 ? 'M' : 'L'}${x(i)} ${y(value)}`).join('')}
        fill="none"
        stroke={color}
        strokeWidth="1.5"
      />
    </svg>
  );
}
