/** A conversation as a ladder: a line down for each side, and an arrow for each thing that went across. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import css from './ladder.module.css';
import { useTwins } from './twins.js';

export interface LadderEvent {
  /** Milliseconds since the first. */
  readonly time: number;
  readonly from: 'client' | 'server';
  readonly label: string;
  /** Behind the label, in grey. */
  readonly note?: string;
  /** Whether something is wrong with it. */
  readonly bad?: boolean;
}

const ROW = 22;
/** From the left: where times end, and where the two sides are, in hundredths of the width. */
const CLIENT = 14;
const SERVER = 86;

/** Milliseconds, with as many digits as tell neighbours apart. */
function ms(time: number): string {
  return time < 10 ? time.toFixed(3) : time < 1000 ? time.toFixed(1) : String(Math.round(time));
}

/**
 * @param height of what is shown at once, pixels; without it, all is shown
 * @param choose called with the place of an event that was chosen
 */
export function Ladder(props: {
  readonly title: string;
  readonly client: string;
  readonly server: string;
  readonly events: readonly LadderEvent[];
  readonly height?: number | string;
  readonly chosen?: number;
  readonly choose?: (place: number) => void;
}) {
  const { title, client, server, events, height, chosen, choose } = props;
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 20,
    enabled: height !== undefined,
  });
  if (useTwins()) return <LadderTable {...props} />;
  const shown =
    height === undefined ? events.map((_, i) => i) : rows.getVirtualItems().map((row) => row.index);
  return (
    <div className={css.ladder} style={height === undefined ? {} : { height }}>
      <div className={css.ends}>
        <span className="mono">{client}</span>
        <span className="faint">ms since the first packet</span>
        <span className="mono">{server}</span>
      </div>
      <div ref={box} className={css.box} tabIndex={0} role="region" aria-label={title}>
        <svg
          width="100%"
          height={events.length * ROW + 8}
          role="img"
          aria-label={`${title}: ${events.length}`}
        >
          <title>{title}</title>
          {[CLIENT, SERVER].map((x) => (
            <line key={x} x1={`${x}%`} x2={`${x}%`} y1="0" y2="100%" className={css.side} />
          ))}
          {shown.map((i) => (
            <Rung key={i} at={i} event={events[i]!} chosen={i === chosen} choose={choose} />
          ))}
        </svg>
      </div>
    </div>
  );
}

function Rung(props: {
  readonly at: number;
  readonly event: LadderEvent;
  readonly chosen: boolean;
  readonly choose: ((place: number) => void) | undefined;
}) {
  const { at, event, chosen, choose } = props;
  const { time, from, label, note, bad } = event;
  const isClient = from === 'client';
  const [a, z] = isClient ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const y = at * ROW + 14;
  const kind = bad === true ? css.bad : isClient ? css.client : css.server;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the list of packets is for the keyboard
    <g
      className={`${kind} ${chosen ? css.chosen : ''} ${choose === undefined ? '' : css.open}`}
      onClick={choose === undefined ? undefined : () => choose(at)}
    >
      <rect x="0" y={at * ROW} width="100%" height={ROW} className={css.row} />
      <line x1={`${a}%`} x2={`${z}%`} y1={y} y2={y + 4} />
      <svg x={`${z}%`} y={y + 4} overflow="visible" aria-hidden="true">
        <path d={isClient ? 'M-7 -4.5 L0 0 L-7 3.5' : 'M7 -4.5 L0 0 L7 3.5'} />
      </svg>
      <text
        x={isClient ? '12.5%' : '87.5%'}
        y={y + 4}
        textAnchor={isClient ? 'end' : 'start'}
        className={css.time}
      >
        {ms(time)}
      </text>
      <text x="50%" y={y - 2} textAnchor="middle" className={css.label}>
        {label}
        {note !== undefined && note !== '' && <tspan className={css.note}> {note}</tspan>}
      </text>
    </g>
  );
}

function LadderTable({ title, events }: { readonly title: string; readonly events: readonly LadderEvent[] }) {
  return (
    <table aria-label={title}>
      <thead>
        <tr>
          <th className="n">ms</th>
          <th>From</th>
          <th>What</th>
        </tr>
      </thead>
      <tbody>
        {events.map(({ time, from, label, note }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: events have no other name
          <tr key={i}>
            <td className="n">{ms(time)}</td>
            <td>{from}</td>
            <td>{[label, note].filter((one) => one !== undefined && one !== '').join(' ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
