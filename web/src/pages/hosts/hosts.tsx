/** Hosts: who sent and received, had conversations, and failed. */
import { useSearch } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useState } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useAbout, useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { bytes, count, plural } from '../../format/numbers.js';
import { clock } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { Conditions } from '../../parts/conditions.js';
import { Address } from '../../parts/marks.js';
import { useNames } from '../../parts/names.js';
import { Empty } from '../../parts/states.js';
import { WhoIs, whoText } from '../../parts/who.js';
import styles from './hosts.module.css';
import { ListTools, Sort, useListSearch } from './list.js';

type Row = Answer<'hosts'>['rows'][number];
const COLUMNS = [
  { order: 'sent', title: 'Sent', value: (r: Row) => bytes(r.sent) },
  { order: 'received', title: 'Received', value: (r: Row) => bytes(r.received) },
  { order: 'sessions', title: 'Conversations', value: (r: Row) => count(r.conversations) },
  {
    order: 'peers',
    title: 'Others it talked to',
    value: (r: Row) => (r.peers === null ? '–' : count(r.peers)),
  },
  { order: 'failed', title: 'Failed', value: (r: Row) => count(r.failed) },
] as const;
const ORDERS = ['bytes', ...COLUMNS.map((c) => c.order)] as const;
type Order = (typeof ORDERS)[number];
const MOST = 500;

export function HostsPage() {
  const looked = useLookedAt();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const order = ORDERS.find((name) => name === one(search.sort)) ?? 'bytes';
  const [filter, setFilter] = useState(one(search.q) ?? '');
  const answer = useAnswer(
    'hosts',
    { ...looked?.query, order, limit: String(MOST) },
    { enabled: looked !== undefined, every: looked?.every ?? false },
  );
  const { data } = answer;
  const all = data?.rows ?? [];
  const names = useNames(all.map((row) => row.address));
  const text = useDeferredValue(filter).trim().toLowerCase();
  const rows = useMemo(
    () =>
      text === ''
        ? all
        : all.filter(
            (row) =>
              row.address.includes(text) ||
              whoText(row).toLowerCase().includes(text) ||
              names.get(row.address)?.some(({ name }) => name.toLowerCase().includes(text)),
          ),
    [all, names, text],
  );
  const known = Object.values(useAbout()?.known ?? {}).includes(true);
  const change = useListSearch();
  const write = (to: string): void => {
    setFilter(to);
    change({ q: to === '' ? undefined : to });
  };
  const sort = (to: Order): void => change({ sort: to === 'bytes' ? undefined : to });
  const most = Math.max(1, ...all.map((row) => row.sent + row.received));
  return (
    <>
      <Conditions />
      <Card
        title="Hosts"
        sub={
          data &&
          (data.of_all > all.length
            ? `the first ${count(all.length)} of ${count(data.of_all)}, by ${words(order)}`
            : `${plural(data.of_all, 'host')}, by ${words(order)}`)
        }
        of={answer}
        meta={data?.meta}
        bones={12}
        tools={<ListTools of="hosts" filter={filter} write={write} />}
      >
        <div className={`${styles.wide} ${styles.list}`}>
          <table aria-label="Hosts">
            <thead>
              <tr>
                <th>Host</th>
                {known && <th>Who</th>}
                <th className={styles.bar} aria-sort={order === 'bytes' ? 'descending' : undefined}>
                  <Sort order="bytes" title="Volume" now={order} sort={sort} />
                </th>
                {COLUMNS.map(({ order: by, title }) => (
                  <th key={by} className="n" aria-sort={order === by ? 'descending' : undefined}>
                    <Sort order={by} title={title} now={order} sort={sort} />
                  </th>
                ))}
                <th className="n">Last seen</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.address}>
                  <td>
                    <Address address={row.address} />
                  </td>
                  {known && (
                    <td>
                      <WhoIs who={row} />
                    </td>
                  )}
                  <td className={styles.bar}>
                    <Share of={row.sent} and={row.received} most={most} />
                  </td>
                  {COLUMNS.map(({ order: by, value }) => (
                    <td key={by} className={by === 'failed' && row.failed > 0 ? 'n bad' : 'n'}>
                      {by === 'failed' && row.failed === 0 ? <span className="faint">0</span> : value(row)}
                    </td>
                  ))}
                  <td className="n faint">{clock(Date.parse(row.last_seen)).slice(0, 8)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {rows.length === 0 && (
          <Empty>
            {all.length === 0 ? (
              'No host was seen in this time.'
            ) : (
              <>
                None of {plural(all.length, 'host')} has “{filter.trim()}” in its address or name.
                <button type="button" className="l" onClick={() => write('')}>
                  Show all
                </button>
              </>
            )}
          </Empty>
        )}
      </Card>
    </>
  );
}

function words(order: Order): string {
  return order === 'bytes' ? 'volume' : COLUMNS.find((c) => c.order === order)!.title.toLowerCase();
}

/** What it sent and received, as parts of the strongest host's. */
function Share({ of, and, most }: { readonly of: number; readonly and: number; readonly most: number }) {
  return (
    <span className={styles.share} title={`${bytes(of)} sent, ${bytes(and)} received`}>
      <span style={{ width: `${(of / most) * 100}%`, background: 'var(--s2)' }} />
      <span style={{ width: `${(and / most) * 100}%`, background: 'var(--s1)' }} />
    </span>
  );
}
