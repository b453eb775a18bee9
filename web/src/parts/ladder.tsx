/** A conversation as a ladder: a line down for each side, and an arrow for each thing that went across. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { plural } from '../format/numbers.js';
import { printable } from '../format/text.js';
import css from './ladder.module.css';
import type { LadderEvent } from './ladder-event.js';
import { useTwins } from './twins.js';

/** What is drawn in a row: an event by its place, or how many are left out there. */
type Drawn = { readonly place: number } | { readonly left: number };

const ROW = 22;
/** Of a ladder that is seen whole. */
const LOW_ROW = 18;
/** From the left: where the two sides are, in hundredths of the width. */
const CLIENT = 14;
const SERVER = 86;
/** Characters of a label that there is room for in a drawer. */
const ROOM = 40;

/** Milliseconds, with as many digits as tell neighbours apart. @param us microseconds */
function ms(us: number): string {
  const time = us / 1000;
  if (time === 0) return '0';
  return time < 10 ? time.toFixed(3) : time < 1000 ? time.toFixed(1) : String(Math.round(time));
}

/** All of them, or the first and the last ones. */
function drawnOf(count: number, most: number | undefined): Drawn[] {
  const all = Array.from({ length: count }, (_, place) => ({ place }));
  if (most === undefined || count <= most) return all;
  const [head, tail] = [all.slice(0, most - 4), all.slice(-3)];
  return [...head, { left: count - head.length - tail.length }, ...tail];
}

/** What is the same of both kinds of ladder. */
interface LadderProps {
  readonly title: string;
  readonly client: string;
  readonly server: string;
  readonly events: readonly LadderEvent[];
}

/** A ladder of any length: it scrolls, and an event can be chosen. @param choose gets an event's place */
export function Ladder(
  props: LadderProps & {
    readonly chosen: number;
    readonly choose: (place: number) => void;
  },
) {
  const { title, client, server, events, chosen, choose } = props;
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  if (useTwins()) return <LadderTable {...props} />;
  return (
    <div className={`${css.ladder} ${css.whole}`}>
      <Ends client={client} server={server} />
      <div ref={box} className={css.box} tabIndex={0} role="region" aria-label={title}>
        <svg
          width="100%"
          height={events.length * ROW + 8}
          role="img"
          aria-label={`${title}: ${events.length}`}
        >
          <title>{title}</title>
          <Sides />
          {rows.getVirtualItems().map(({ index }) => (
            <Rung
              key={index}
              y={index * ROW}
              row={ROW}
              event={events[index]!}
              chosen={index === chosen}
              choose={() => choose(index)}
            />
          ))}
        </svg>
      </div>
    </div>
  );
}

/** A ladder at a glance. @param most events that are drawn; of more, those in the middle are left out */
export function ShortLadder(props: LadderProps & { readonly most: number }) {
  const { title, client, server, events, most } = props;
  if (useTwins()) return <LadderTable {...props} />;
  if (events.length === 0) return null;
  const drawn = drawnOf(events.length, most);
  const said = drawn.map((one) =>
    'left' in one ? plural(one.left, 'more step') : `${events[one.place]!.from} ${events[one.place]!.label}`,
  );
  return (
    <div className={css.ladder}>
      <Ends client={client} server={server} />
      <svg
        width="100%"
        height={drawn.length * LOW_ROW + 6}
        role="img"
        aria-label={`${title}: ${said.join(', ')}`}
      >
        <Sides />
        {drawn.map((one, i) =>
          'left' in one ? (
            <text key="left" x="50%" y={i * LOW_ROW + 15} textAnchor="middle" className={css.note}>
              … {plural(one.left, 'more step')} …
            </text>
          ) : (
            <Rung
              key={one.place}
              y={i * LOW_ROW}
              row={LOW_ROW}
              event={events[one.place]!}
              chosen={false}
              room={ROOM}
            />
          ),
        )}
      </svg>
    </div>
  );
}

function Ends({ client, server }: Pick<LadderProps, 'client' | 'server'>) {
  return (
    <div className={css.ends}>
      <span className="mono">{client}</span>
      <span className="faint">ms since the first packet</span>
      <span className="mono">{server}</span>
    </div>
  );
}

function Sides() {
  return [CLIENT, SERVER].map((x) => (
    <line key={x} x1={`${x}%`} x2={`${x}%`} y1="0" y2="100%" className={css.side} />
  ));
}

function Rung(props: {
  /** Where its row begins, and how high it is, pixels. */
  readonly y: number;
  readonly row: number;
  readonly event: LadderEvent;
  readonly chosen: boolean;
  /** Characters of the label. */
  readonly room?: number;
  readonly choose?: () => void;
}) {
  const { row, event, chosen, room, choose } = props;
  const { at, from, label, note, bad } = event;
  const isClient = from === 'client';
  const [a, z] = isClient ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const y = props.y + row - 8;
  const kind = bad === true ? css.bad : isClient ? css.client : css.server;
  const text = printable(label);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the list of packets is for the keyboard
    <g
      className={`${kind} ${chosen ? css.chosen : ''} ${choose === undefined ? '' : css.open}`}
      onClick={choose}
    >
      <rect x="0" y={props.y} width="100%" height={row} className={css.row} />
      <line x1={`${a}%`} x2={`${z}%`} y1={y} y2={y + 4} />
      <svg x={`${z}%`} y={y + 4} overflow="visible" aria-hidden="true">
        <path d={isClient ? 'M-7 -4.5 L0 0 L-7 3.5' : 'M7 -4.5 L0 0 L7 3.5'} />
      </svg>
      {at !== undefined && (
        <text
          x={isClient ? '12.5%' : '87.5%'}
          y={y + 4}
          textAnchor={isClient ? 'end' : 'start'}
          className={css.time}
        >
          {ms(at)}
        </text>
      )}
      <text x="50%" y={y - 1} textAnchor="middle" className={css.label}>
        {room !== undefined && text.length > room ? `${text.slice(0, room - 1)}…` : text}
        {note !== undefined && note !== '' && <tspan className={css.note}> {note}</tspan>}
      </text>
    </g>
  );
}

function LadderTable({ title, events }: LadderProps) {
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
        {events.map(({ at, from, label, note }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: events have no other name
          <tr key={i}>
            <td className="n">{at === undefined ? '–' : ms(at)}</td>
            <td>{from}</td>
            <td>{printable([label, note].filter((one) => one !== undefined && one !== '').join(' '))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
