/** What applications asked and were answered. */
import { Link } from '@tanstack/react-router';
import { APPLICATIONS, CARDS } from '../../../../src/console/contract/opened.js';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useLookedAt } from '../../app/scope.js';
import { count, plural } from '../../format/numbers.js';
import { Card, Statement } from '../../parts/card.js';
import { Segments } from '../../parts/menu.js';
import { Empty } from '../../parts/states.js';
import { usePicked, useSessionsWith } from './links.js';
import css from './overview.module.css';
import { ms } from './tables.js';

type List = Answer<'applications'>['lists'][number];

export function Applications() {
  const looked = useLookedAt();
  const [of, setOf] = usePicked('app', APPLICATIONS);
  const answer = useAnswer('applications', CARDS.applications(looked?.query, of), {
    enabled: looked !== undefined,
    every: looked?.every ?? false,
  });
  const { data } = answer;
  const counts = data?.tabs.find((tab) => tab.of === of);
  return (
    <Card
      title="Applications"
      className={css.applications}
      sub={
        counts !== undefined &&
        `${plural(counts.asked, of === 'tls' ? 'conversation' : 'question')}, ${count(counts.failed)} failed`
      }
      of={answer}
      tools={
        <Segments
          label="Application"
          value={of}
          choices={APPLICATIONS.map(({ value, label }) => {
            const tab = data?.tabs.find((one) => one.of === value);
            return {
              value,
              label: (
                <>
                  {label}
                  {tab !== undefined && tab.failed > 0 && (
                    <span className={css.failed}>{count(tab.failed)}</span>
                  )}
                </>
              ),
            };
          })}
          onChange={setOf}
        />
      }
    >
      <div className={css.lists}>
        {data?.lists.map((list) => (
          <Rows key={list.title} list={list} table={list.meta.table} />
        ))}
      </div>
    </Card>
  );
}

function Rows({ list, table }: { readonly list: List; readonly table: string }) {
  const sessionsWith = useSessionsWith();
  const transactions = table === 'transactions';
  return (
    <div className={css.list}>
      <h3>
        {list.title}
        <Statement meta={list.meta} />
      </h3>
      {list.rows.length === 0 ? (
        <Empty>None.</Empty>
      ) : (
        <table aria-label={list.title}>
          <thead>
            <tr>
              <th>{list.title === 'Versions' ? 'Version' : 'Name'}</th>
              <th>
                <span className="sr">More</span>
              </th>
              <th className="n">{transactions ? 'Asked' : 'Conn.'}</th>
              <th className="n">Failed</th>
              <th className={`n ${css.wide}`}>Clients</th>
              <th className={`n ${css.wide}`}>p50 ms</th>
              <th className="n">p95 ms</th>
            </tr>
          </thead>
          <tbody>
            {list.rows.map((row) => (
              <tr key={`${row.name} ${row.also}`}>
                <td className={css.name} title={row.name}>
                  <Link
                    to={'/sessions' as string}
                    search={{ ...sessionsWith(row.f), ...(transactions && { of: 'transactions' }) } as never}
                    className="mono"
                  >
                    {row.name || '(none)'}
                  </Link>
                </td>
                <td className="muted">{row.also}</td>
                <td className="n">{count(row.asked)}</td>
                <td className={row.failed > 0 ? 'n bad' : 'n faint'}>
                  {row.failed > 0 ? count(row.failed) : '–'}
                </td>
                <td className={`n ${css.wide}`}>{count(row.clients)}</td>
                <td className={`n ${css.wide}`}>{row.p50_us === null ? '–' : ms(row.p50_us)}</td>
                <td className="n">{row.p95_us === null ? '–' : ms(row.p95_us)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
