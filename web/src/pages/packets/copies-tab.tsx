/** The same packets as other mirrors saw them, side by side. */
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { PacketsSession } from '../../../../src/console/contract/packets.js';
import type { Answer } from '../../../../src/console/contract.js';
import { call } from '../../api/client.js';
import { count, plural } from '../../format/numbers.js';
import { Mirror } from '../../parts/marks.js';
import { Bones, Empty } from '../../parts/states.js';
import { sideBySide } from './decode/copies.js';
import { Decoder, type Packet } from './decode/frame.js';
import css from './packets.module.css';
import type { Loaded } from './use-packets.js';

/** Sessions of other mirrors whose packets are fetched, and rows that are shown at first. */
const MOST_COPIES = 8;
const MOST_ROWS = 500;

type Mirrors = Answer<'about'>['mirrors'];

export function CopiesTab(props: {
  readonly loaded: Loaded;
  readonly copies: readonly PacketsSession[];
  readonly mirrors: Mirrors;
}) {
  const { loaded, copies, mirrors } = props;
  const fetched = copies.slice(0, MOST_COPIES);
  const answers = useQueries({
    queries: fetched.map(({ session_id: id }) => ({
      queryKey: ['sessionPackets', 'first', id],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        call('sessionPackets', { params: { id }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
      structuralSharing: false,
    })),
  });
  const [rows, setRows] = useState(MOST_ROWS);
  const own = loaded.first?.session;
  const isWhole = answers.every(({ data }) => data !== undefined);
  const there = answers.map(({ data }) => data).filter((data) => data !== undefined);
  const { points, table } = gathered(own, loaded, there);
  if (copies.length === 0)
    return (
      <Empty>
        No other mirror point saw this conversation within five minutes of it.
        <span className="faint">They are found by the Community ID, which is of addresses and ports.</span>
      </Empty>
    );
  if (!isWhole) return <Bones />;
  const failed = answers.find(({ error }) => error !== null);
  return (
    <div
      className={`${css.tab} ${css.scroll}`}
      tabIndex={0}
      role="region"
      aria-label="Copies by other mirrors"
    >
      {failed?.error && <p className="bad">{failed.error.message}</p>}
      <p className="faint">
        {plural(table.length, 'packet')};{' '}
        {plural(table.filter(({ seen }) => seen.every((one) => one !== undefined)).length, 'packet')} seen by
        all. Told by IP identification, numbers and what they carry; clocks of mirrors differ.
        {(loaded.hasMore || there.some(({ more }) => more)) && ' Of the first 1,000 packets of each.'}
        {copies.length > MOST_COPIES && ` Of ${copies.length} sessions, the first ${MOST_COPIES}.`}
      </p>
      <table className={css.copies}>
        <thead>
          <tr>
            <th className="n">ms</th>
            <th>Packet</th>
            {points.map(({ mirror, id }) => (
              <th key={mirror} className="n">
                <Link to="/sessions/$id/packets" params={{ id }}>
                  <Mirror mirrors={mirrors} of={mirror} />
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.slice(0, rows).map(({ seen, first }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows do not move
            <tr key={i}>
              <td className="n mono">{since(table[0]!.first, first)}</td>
              <td>
                <span className={css[first.frame.direction || 'nobody']} aria-hidden="true">
                  {first.frame.direction === 'server' ? '←' : '→'}
                </span>{' '}
                <span className="mono">{first.flags}</span> {first.says}
              </td>
              {points.map(({ mirror }, at) => (
                <td key={mirror} className="n">
                  <Seen packet={seen[at]} first={first} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.length > rows && (
        <button type="button" className="btn sm" onClick={() => setRows(rows + MOST_ROWS)}>
          {count(table.length - rows)} more
        </button>
      )}
    </div>
  );
}

function Seen({ packet, first }: { readonly packet: Packet | undefined; readonly first: Packet }) {
  if (packet === undefined) return <span className="bad">not seen</span>;
  const us = Number(packet.time - first.time) / 1000;
  if (us === 0) return <span className="mono">first</span>;
  return <span className="mono">{us < 1000 ? `+${count(us)} µs` : `+${(us / 1000).toFixed(3)} ms`}</span>;
}

function since(begin: Packet, packet: Packet): string {
  return (Number(packet.time - begin.time) / 1e6).toFixed(3);
}

/** Packets by mirror point: several sessions of one are one column. */
function gathered(
  own: PacketsSession | undefined,
  loaded: Loaded,
  others: readonly Answer<'sessionPackets'>[],
) {
  const points = new Map<
    string,
    { readonly mirror: string; readonly id: string; readonly packets: Packet[] }
  >();
  const add = (session: PacketsSession, packets: readonly Packet[]): void => {
    const point = points.get(session.mirror) ?? {
      mirror: session.mirror,
      id: session.session_id,
      packets: [],
    };
    point.packets.push(...packets);
    points.set(session.mirror, point);
  };
  if (own !== undefined)
    add(
      own,
      loaded.packets.map(({ packet }) => packet),
    );
  for (const { session, frames } of others) {
    const decoder = new Decoder(session.app_protocol);
    add(
      session,
      frames.map((frame) => decoder.packet(frame)),
    );
  }
  const all = [...points.values()];
  return { points: all, table: sideBySide(all.map(({ packets }) => packets)) };
}
