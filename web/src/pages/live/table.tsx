/** Rows of conversations, of which only those to be seen are drawn. */
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useRef } from 'react';
import { absolute } from '../../app/range.js';
import { useAbout } from '../../app/scope.js';
import { bytes, count, micros } from '../../format/numbers.js';
import { clock } from '../../format/times.js';
import { Address, Mirror, TcpState } from '../../parts/marks.js';
import { Empty } from '../../parts/states.js';
import type { ShownRow } from './feed.js';
import styles from './live.module.css';

const ROW = 28;
/** Milliseconds for which a row is marked as new. */
const FRESH = 1000;

const ENDS: Readonly<Record<string, string>> = {
  fin: 'finished',
  rst: 'reset',
  idle: 'silent',
  active: 'goes on',
  pressure: 'table full',
  shutdown: 'collector ended',
};

type Mirrors = NonNullable<ReturnType<typeof useAbout>>['mirrors'];

export function LiveTable(props: {
  readonly title: string;
  readonly rows: readonly ShownRow[];
  /** Whether they have ended, so that the store has them. */
  readonly ended: boolean;
  readonly empty: string;
  /** Told whether somebody has scrolled away from the newest. */
  readonly onScrolled?: (away: boolean) => void;
}) {
  const { title, rows, ended, empty, onScrolled } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const about = useAbout();
  const mirrors = about?.mirrors ?? [];
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const now = Date.now();
  const columns = ended ? 11 : 10;
  return (
    <section className={`card ${styles.rows}`} aria-label={title}>
      <div className="in">
        <div
          ref={scroller}
          className={styles.scroll}
          tabIndex={0}
          role="group"
          aria-label={title}
          onScroll={(event) => onScrolled?.(event.currentTarget.scrollTop > ROW)}
        >
          <table aria-label={title} aria-rowcount={rows.length}>
            <thead>
              <tr>
                <th>{ended ? 'Row at' : 'Began'}</th>
                {ended && <th>Began</th>}
                <th>Mirror</th>
                <th>Client</th>
                <th>Server</th>
                <th>App</th>
                <th>State</th>
                <th>{ended ? 'Ended' : 'Last packet'}</th>
                <th className="n">Lasted</th>
                <th className="n">Packets</th>
                <th className="n">Bytes</th>
              </tr>
            </thead>
            <tbody>
              {above > 0 && (
                <tr aria-hidden="true">
                  <td className={styles.space} colSpan={columns} style={{ height: above }} />
                </tr>
              )}
              {items.map((item) => {
                const row = rows[item.index]!;
                return (
                  <Row
                    key={row.key}
                    row={row}
                    ended={ended}
                    mirrors={mirrors}
                    fresh={ended && !row.crowded && now - row.at < FRESH}
                  />
                );
              })}
              {below > 0 && (
                <tr aria-hidden="true">
                  <td className={styles.space} colSpan={columns} style={{ height: below }} />
                </tr>
              )}
            </tbody>
          </table>
          {rows.length === 0 && <Empty>{empty}</Empty>}
        </div>
      </div>
    </section>
  );
}

const Row = memo(function Row(props: {
  readonly row: ShownRow;
  readonly ended: boolean;
  readonly mirrors: Mirrors;
  readonly fresh: boolean;
}) {
  const { row, ended, mirrors, fresh } = props;
  const began = Date.parse(row.first_seen);
  const last = Date.parse(row.last_seen);
  return (
    <tr className={fresh ? styles.fresh : undefined}>
      {ended ? (
        <>
          <td className="mono">
            <Session row={row} began={began}>
              {clock(row.at)}
            </Session>
          </td>
          <td className="mono faint">{clock(began).slice(0, 8)}</td>
        </>
      ) : (
        <td className="mono">{clock(began)}</td>
      )}
      <td>
        <Mirror mirrors={mirrors} of={row.mirror} name={row.mirror_name} />
      </td>
      <td>
        <Address address={row.client} port={row.client_port} />
      </td>
      <td>
        <Address address={row.server} port={row.server_port} />
      </td>
      <td>{row.app || row.transport}</td>
      <td>
        <TcpState state={row.tcp_state} />
      </td>
      <td className="faint">{ended ? (ENDS[row.end_reason] ?? row.end_reason) : clock(last)}</td>
      <td className="n">{micros((last - began) * 1000)}</td>
      <td className="n">{count(row.packets)}</td>
      <td className="n">{bytes(row.bytes)}</td>
    </tr>
  );
});

/** Leads to the session of a row: the store has it some seconds after it ended. */
function Session(props: {
  readonly row: ShownRow;
  readonly began: number;
  readonly children: React.ReactNode;
}) {
  const { row, began, children } = props;
  const minute = Math.floor(began / 60_000) * 60_000;
  const { text } = absolute(minute, minute + 60_000);
  return (
    <Link
      to={'/sessions' as string}
      search={{ t: text, f: [`session_id:${row.session_id}`] } as never}
      className="l"
      title="Its session"
    >
      {children}
    </Link>
  );
}
