/** Services: who asks them how often, what fails, how long they take. */
import { useSearch } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { bytes, count, micros, plural } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Conditions } from '../../parts/conditions.js';
import { ServiceLink, serviceName } from '../../parts/marks.js';
import { NameOf, useNames } from '../../parts/names.js';
import { Empty } from '../../parts/states.js';
import styles from '../hosts/hosts.module.css';
import { ListTools, Sort, useListSearch } from '../hosts/list.js';

type Row = Answer<'services'>['rows'][number];
const COLUMNS = [
  { order: 'bytes', title: 'Volume', value: (r: Row) => bytes(r.bytes) },
  { order: 'sessions', title: 'Conversations', value: (r: Row) => count(r.conversations) },
  { order: 'clients', title: 'Clients', value: (r: Row) => count(r.clients) },
  { order: 'failed', title: 'Failed', value: (r: Row) => count(r.failed) },
  { order: 'handshake_p50', title: 'Handshake', value: (r: Row) => time(r.handshake_p50_us) },
  { order: 'response_p50', title: 'Response', value: (r: Row) => time(r.response_p50_us) },
  { order: 'response_p95', title: '95th percentile', value: (r: Row) => time(r.response_p95_us) },
] as const;
type Order = (typeof COLUMNS)[number]['order'];
const MOST = 500;
/** By IP's numbers: what the API takes for services. */
const TRANSPORTS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

function time(us: number | null): string {
  return us === null ? '–' : micros(us);
}

export function ServicesPage() {
  const looked = useLookedAt();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const order = COLUMNS.find((column) => column.order === one(search.sort))?.order ?? 'bytes';
  const change = useListSearch();
  const [filter, setFilter] = useState(one(search.q) ?? '');
  const answer = useAnswer(
    'services',
    { ...looked?.query, order, limit: String(MOST) },
    { enabled: looked !== undefined, every: looked?.every ?? false },
  );
  const { data } = answer;
  const all = data?.rows ?? [];
  const names = useNames(all.map((row) => row.address));
  const text = useDeferredValue(filter).trim().toLowerCase();
  const rows = all.filter(
    ({ address, port, app }) =>
      `${serviceName(address, port)} ${app}`.includes(text) ||
      names.get(address)?.some(({ name }) => name.toLowerCase().includes(text)),
  );
  const sort = (to: Order): void => change({ sort: to === 'bytes' ? undefined : to });
  const write = (to: string): void => {
    setFilter(to);
    change({ q: to === '' ? undefined : to });
  };
  const by = COLUMNS.find((column) => column.order === order)!.title.toLowerCase();
  return (
    <>
      <Conditions />
      <Card
        title="Services"
        sub={
          data &&
          (data.of_all > all.length
            ? `the first ${count(all.length)} of ${count(data.of_all)}, by ${by}`
            : `${plural(data.of_all, 'service')}, by ${by}`)
        }
        of={looked === undefined ? { ...answer, isPending: true } : answer}
        meta={data?.meta}
        bones={12}
        tools={<ListTools of="services" filter={filter} write={write} />}
      >
        <div className={`${styles.wide} ${styles.list}`}>
          <table aria-label="Services">
            <thead>
              <tr>
                <th>Service</th>
                <th>App</th>
                {COLUMNS.map(({ order: of, title }) => (
                  <th key={of} className="n" aria-sort={order === of ? 'descending' : undefined}>
                    <Sort order={of} title={title} now={order} sort={sort} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.address} ${row.port} ${row.protocol}`}>
                  <td>
                    <ServiceLink address={row.address} port={row.port} />
                    <NameOf address={row.address} />
                  </td>
                  <td className="muted">
                    {row.app}
                    {row.app !== TRANSPORTS[row.protocol] && (
                      <span className="faint"> · {TRANSPORTS[row.protocol]}</span>
                    )}
                  </td>
                  {COLUMNS.map(({ order: of, value }) => (
                    <td key={of} className={of === 'failed' && row.failed > 0 ? 'n bad' : 'n'}>
                      {of === 'failed' && row.failed === 0 ? <span className="faint">0</span> : value(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {rows.length === 0 && (
          <Empty>
            {all.length === 0 ? (
              'No service was asked in this time.'
            ) : (
              <>
                None of {plural(all.length, 'service')} has “{filter.trim()}” in its address, application or
                name.
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
