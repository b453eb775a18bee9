import { Link, useSearch } from '@tanstack/react-router';
import { ArrowLeftRight, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import type { CSSProperties } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useCarried } from '../../app/frame.js';
import { useAbout, useChangeScope, useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { count, micros, percent, plural } from '../../format/numbers.js';
import { span } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { Conditions } from '../../parts/conditions.js';
import { Icon } from '../../parts/icon.js';
import { mirrorColor, mirrorLabel, TcpState } from '../../parts/marks.js';
import { Choose } from '../../parts/menu.js';
import { Bones, Empty } from '../../parts/states.js';
import styles from './compare.module.css';
import { reasons } from './why.js';

type Compared = Answer<'compare'>;
type Mirrors = Answer<'about'>['mirrors'];
const SHOWN = ['differ', 'only_a', 'only_b', 'same'] as const;
type Show = (typeof SHOWN)[number];

export function ComparePage() {
  const about = useAbout();
  const looked = useLookedAt();
  const change = useChangeScope();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const mirrors = about?.mirrors ?? [];
  const a = one(search.a) ?? mirrors[0]?.id ?? '';
  const b = one(search.b) ?? mirrors.find((m) => m.id !== a)?.id ?? '';
  const show = SHOWN.find((known) => known === one(search.show)) ?? 'differ';
  const { from, to, f } = looked?.query ?? {};
  const answer = useAnswer(
    'compare',
    { a, b, show, ...(from && { from }), ...(to && { to }), ...(f && { f }) },
    { enabled: looked !== undefined && a !== '' && b !== '' && a !== b },
  );
  if (about === undefined || looked === undefined) return <Bones lines={10} />;
  if (mirrors.length < 2)
    return (
      <Empty>
        <b>There are not two mirror points to compare.</b>
        {mirrors.length === 0
          ? 'None has sent anything yet.'
          : `Only ${mirrorLabel(mirrors, a)} has sent anything.`}
        <Link to={'/mirrors/add' as string} className="l">
          Add a mirror
        </Link>
      </Empty>
    );
  const choices = mirrors.map((m) => ({
    value: m.id,
    label: m.name || m.id,
    more: m.name === '' ? undefined : m.id,
  }));
  const { data } = answer;
  return (
    <>
      <Conditions />
      <section className={`card ${styles.two}`} aria-label="Two mirrors">
        <div className={styles.choose}>
          <Dot mirrors={mirrors} id={a} />
          <Choose
            label="One mirror"
            value={a}
            choices={choices}
            onChange={(id) => change({ a: id, b: id === b ? a : b })}
          />
          <button
            type="button"
            className="btn ghost icon"
            aria-label="Swap the two"
            onClick={() => change({ a: b, b: a })}
          >
            <Icon of={ArrowLeftRight} />
          </button>
          <Dot mirrors={mirrors} id={b} />
          <Choose
            label="The other mirror"
            value={b}
            choices={choices}
            onChange={(id) => change({ b: id, a: id === a ? b : a })}
          />
          <span className="muted">
            What lies between them, a firewall or a link that loses, shows as a difference.
          </span>
        </div>
        <div className="in">
          {a === b ? (
            <Empty>These are one and the same: choose another.</Empty>
          ) : data === undefined ? (
            answer.error === null && <Bones lines={2} />
          ) : (
            <Shares data={data} mirrors={mirrors} a={a} b={b} show={show} />
          )}
        </div>
      </section>
      <div className={styles.columns}>
        <Card
          title={title(show, mirrorLabel(mirrors, a), mirrorLabel(mirrors, b))}
          of={answer}
          meta={data?.meta}
          bones={10}
          {...(data !== undefined && { sub: plural(data.rows.length, 'conversation') })}
        >
          {data !== undefined && <Rows data={data} a={mirrorLabel(mirrors, a)} b={mirrorLabel(mirrors, b)} />}
        </Card>
        <div className={styles.why}>
          <Card title="Why" of={answer}>
            {data !== undefined &&
              reasons(data, mirrorLabel(mirrors, a), mirrorLabel(mirrors, b)).map(
                ({ kind, title: said, words }) => (
                  <div key={said} className="note">
                    <Icon
                      of={kind === 'ok' ? CircleCheck : kind === 'bad' ? CircleAlert : TriangleAlert}
                      className={kind}
                    />
                    <div>
                      <b>{said}</b>
                      <p>{words}</p>
                    </div>
                  </div>
                ),
              )}
          </Card>
          {data !== undefined && (
            <>
              <Between data={data} a={mirrorLabel(mirrors, a)} b={mirrorLabel(mirrors, b)} />
              <Networks name={mirrorLabel(mirrors, a)} all={data.only_a} networks={data.networks_a} />
              <Networks name={mirrorLabel(mirrors, b)} all={data.only_b} networks={data.networks_b} />
            </>
          )}
        </div>
      </div>
    </>
  );
}

/** What became of packets between the two, where they are matched. */
function Between({ data, a, b }: { readonly data: Compared; readonly a: string; readonly b: string }) {
  if (data.paths.length === 0) return null;
  return (
    <Card title="On the way">
      {data.paths.map((path) => {
        const seen = path.matched + path.lost;
        const unsure = path.unknown + path.ambiguous + path.unmatchable;
        return (
          <div key={String(path.from_a)} className="note">
            <Icon
              of={path.lost === 0 ? CircleCheck : TriangleAlert}
              className={path.lost === 0 ? 'ok' : 'warn'}
            />
            <div>
              <b>
                {path.from_a ? a : b} → {path.from_a ? b : a}
              </b>
              <p>
                {percent(path.lost / Math.max(1, seen))} of {plural(seen, 'packet')} lost, median delay{' '}
                {micros(path.delay_p50_ns / 1000)}, 99 % within {micros(path.delay_p99_ns / 1000)}
                {path.relative ? ' by times of arrival' : ''}
                {path.sample > 1 ? `; one packet in ${path.sample} is sampled` : ''}
                {unsure > 0 ? `; of ${count(unsure)} nothing is known` : ''}.
              </p>
            </div>
          </div>
        );
      })}
    </Card>
  );
}

function Dot({ mirrors, id }: { readonly mirrors: Mirrors; readonly id: string }) {
  return <i className="dot" style={{ background: mirrorColor(mirrors, id) }} />;
}

function title(show: Show, a: string, b: string): string {
  if (show === 'only_a') return `Only ${a} saw it`;
  if (show === 'only_b') return `Only ${b} saw it`;
  return show === 'same' ? 'Both saw the same' : 'Both saw it, not the same';
}

/** How many conversations are in which part; each part is a choice of what is listed. */
function Shares(props: {
  readonly data: Compared;
  readonly mirrors: Mirrors;
  readonly a: string;
  readonly b: string;
  readonly show: Show;
}) {
  const { data, mirrors, a, b, show } = props;
  const change = useChangeScope();
  const [nameA, nameB] = [mirrorLabel(mirrors, a), mirrorLabel(mirrors, b)];
  const parts = [
    { show: 'only_a', n: data.only_a, words: `only ${nameA}`, color: mirrorColor(mirrors, a) },
    { show: 'same', n: data.same, words: 'both, the same packets', color: 'var(--ok)' },
    { show: 'differ', n: data.differ, words: 'both, not the same', color: 'var(--bad)' },
    { show: 'only_b', n: data.only_b, words: `only ${nameB}`, color: mirrorColor(mirrors, b) },
  ] as const;
  if (data.from === null || data.to === null)
    return <Empty>The two were never there at once in this time range.</Empty>;
  return (
    <>
      <div className={styles.share}>
        {parts
          .filter(({ n }) => n > 0)
          .map((part) => (
            <button
              key={part.show}
              type="button"
              aria-pressed={part.show === show}
              aria-label={`${count(part.n)} ${part.words}`}
              style={{ flex: part.n, '--part': part.color } as CSSProperties}
              onClick={() => change({ show: part.show === 'differ' ? undefined : part.show })}
            >
              {count(part.n)}
            </button>
          ))}
      </div>
      <div className="leg">
        {parts.map((part) => (
          <span key={part.show}>
            <i style={{ background: part.color }} />
            <b>{count(part.n)}</b> {part.words}
          </span>
        ))}
        <span className="grow" />
        <span>
          by addresses and ports, {span(Date.parse(data.from), Date.parse(data.to))}, while both were there
        </span>
      </div>
    </>
  );
}

function Rows({ data, a, b }: { readonly data: Compared; readonly a: string; readonly b: string }) {
  const carried = useCarried();
  if (data.rows.length === 0) return <Empty>There is none.</Empty>;
  return (
    <div className={styles.scroll}>
      <table>
        <thead>
          <tr>
            <th>Client</th>
            <th>Server</th>
            <th>App</th>
            <th className="n">{a}</th>
            <th className="n">{b}</th>
            <th aria-label="Share" />
            <th className="n">Packets</th>
            <th>State at {a}</th>
            <th>at {b}</th>
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row) => {
            const [most, least] = [
              Math.max(row.packets_a, row.packets_b),
              Math.min(row.packets_a, row.packets_b),
            ];
            const difference = row.packets_b - row.packets_a;
            return (
              <tr key={row.session_id}>
                <td className="mono">
                  <Link
                    to={'/sessions' as string}
                    search={
                      {
                        ...carried,
                        f: [`client:${row.client}`, `server:${row.server}`, `port:${row.client_port}`],
                      } as never
                    }
                  >
                    {row.client}
                    <span className="faint">{row.client_port === 0 ? '' : `:${row.client_port}`}</span>
                  </Link>
                </td>
                <td className="mono">
                  {row.server}
                  <span className="faint">{row.server_port === 0 ? '' : `:${row.server_port}`}</span>
                </td>
                <td>{row.app}</td>
                <td className="n">{count(row.packets_a)}</td>
                <td className="n">{count(row.packets_b)}</td>
                <td>
                  <span className={styles.bar} aria-hidden="true">
                    <span style={{ flex: least, background: 'var(--s1)' }} />
                    <span style={{ flex: most - least, background: 'var(--bad)' }} />
                  </span>
                </td>
                <td className={difference < 0 ? 'n bad' : 'n'}>
                  {difference > 0 ? '+' : difference < 0 ? '−' : ''}
                  {count(Math.abs(difference))}
                </td>
                <td>
                  <TcpState state={row.state_a} />
                </td>
                <td>
                  {row.state_a === row.state_b ? (
                    <span className="faint">the same</span>
                  ) : (
                    <TcpState state={row.state_b} />
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Networks(props: {
  readonly name: string;
  readonly all: number;
  readonly networks: Compared['networks_a'];
}) {
  const { name, all, networks } = props;
  if (networks.length === 0) return null;
  return (
    <Card title={`Only ${name} sees`} sub="by network of the servers" tools={count(all)}>
      <table aria-label={`Only ${name} sees`}>
        <tbody>
          {networks.map(({ network, servers, conversations }) => (
            <tr key={network}>
              <td className="mono">{network}</td>
              <td className="faint">{plural(servers, 'server')}</td>
              <td className="n">{count(conversations)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
