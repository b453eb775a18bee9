/** The ladder of a conversation: an arrow for every step, with its time at the side that takes it. */
import { useId } from 'react';
import { micros } from '../../format/numbers.js';
import { printable } from '../../format/text.js';
import { useTwins } from '../../parts/twins.js';
import type { LadderStep } from './ladder-steps.js';
import css from './sessions.module.css';

/** Steps that are drawn; of more, those in the middle are left out. */
const MOST = 16;
const [WIDTH, LEFT, RIGHT, TOP, STEP] = [330, 46, 284, 16, 18];

/** A time in few digits; 0 for the first packet. */
function short(us: number): string {
  if (us < 1) return '0';
  return micros(us).replace(/\.0 /, ' ');
}

interface Drawn extends LadderStep {
  /** How many steps are left out here. */
  readonly left?: number;
}

function drawnOf(steps: readonly LadderStep[]): Drawn[] {
  if (steps.length <= MOST) return [...steps];
  const [head, tail] = [steps.slice(0, MOST - 4), steps.slice(-3)];
  const left = steps.length - head.length - tail.length;
  return [...head, { from: 'client', at: undefined, words: `${left} more steps`, left }, ...tail];
}

export function Ladder(props: {
  readonly client: string;
  readonly server: string;
  readonly steps: readonly LadderStep[];
  /** What is to be said of how they were found. */
  readonly note?: string | undefined;
}) {
  const { client, server, steps, note } = props;
  const twins = useTwins();
  const title = useId();
  if (steps.length === 0) return null;
  if (twins) return <Twin {...props} />;
  const drawn = drawnOf(steps);
  const height = TOP + drawn.length * STEP + 8;
  return (
    <figure className={css.ladder}>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-labelledby={title}>
        <title id={title}>
          {`${client} and ${server}: ${steps.map(({ from, words }) => `${from} ${words}`).join(', ')}`}
        </title>
        <line x1={LEFT} x2={LEFT} y1={TOP} y2={height} className={css.line} />
        <line x1={RIGHT} x2={RIGHT} y1={TOP} y2={height} className={css.line} />
        <text x={LEFT} y={9} className={css.end}>
          {client}
        </text>
        <text x={RIGHT} y={9} textAnchor="end" className={css.end}>
          {server}
        </text>
        {drawn.map(({ from, at, words, left }, i) => {
          const y = TOP + i * STEP + 6;
          const [x1, x2] = from === 'client' ? [LEFT, RIGHT] : [RIGHT, LEFT];
          const head = from === 'client' ? -1 : 1;
          const key = `${i} ${from} ${at} ${words}`;
          if (left !== undefined)
            return (
              <text key={key} x={(LEFT + RIGHT) / 2} y={y + 6} textAnchor="middle" className={css.said}>
                … {words} …
              </text>
            );
          return (
            <g key={key} className={from === 'client' ? css.there : css.back}>
              <path
                d={`M${x1} ${y + 2}L${x2} ${y + 8}m${head * 6} -3.6L${x2} ${y + 8}l${head * 6} 2.9`}
                fill="none"
                stroke="currentColor"
                strokeWidth="1.4"
              />
              <text x={(LEFT + RIGHT) / 2} y={y + 2} textAnchor="middle" className={css.said}>
                {cut(printable(words))}
              </text>
              {at !== undefined && (
                <text
                  x={from === 'client' ? LEFT - 5 : RIGHT + 5}
                  y={y + 5}
                  textAnchor={from === 'client' ? 'end' : 'start'}
                  className={css.at}
                >
                  {short(at)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      {note !== undefined && <figcaption className="faint">{note}</figcaption>}
    </figure>
  );
}

/** As much of a text as there is room for between the two sides. */
function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** The same as a table. */
function Twin({ client, server, steps, note }: Parameters<typeof Ladder>[0]) {
  return (
    <>
      <table aria-label={`${client} and ${server}`} className={css.tight}>
        <thead>
          <tr>
            <th>After</th>
            <th>From</th>
            <th>What</th>
          </tr>
        </thead>
        <tbody>
          {steps.map(({ from, at, words }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have no name but their place
            <tr key={i}>
              <td>{at === undefined ? '–' : short(at)}</td>
              <td>{from}</td>
              <td>{printable(words)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {note !== undefined && <p className="faint">{note}</p>}
    </>
  );
}
