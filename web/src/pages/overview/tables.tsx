/** Who talks most, what is slow, what fails. */
import { Link } from '@tanstack/react-router';
import { CARDS, SLOW, TALKERS } from '../../../../src/console/contract/opened.js';
import type { Answer, Asked } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { writeCondition } from '../../app/conditions.js';
import { useCarried } from '../../app/frame.js';
import type { LookedAt } from '../../app/looked-at.js';
import { useAbout, useLookedAt } from '../../app/scope.js';
import { bytes, count } from '../../format/numbers.js';
import { printable } from '../../format/text.js';
import { Card } from '../../parts/card.js';
import { Address, serviceName } from '../../parts/marks.js';
import { Choose, Segments } from '../../parts/menu.js';
import { Empty } from '../../parts/states.js';
import { usePicked, useSessionsWith } from './links.js';
import css from './overview.module.css';

type Row = Answer<'top'>['rows'][number];

function useTop(questionOf: (query: LookedAt['query'] | undefined) => Asked<'top'>) {
  const looked = useLookedAt();
  return useAnswer('top', questionOf(looked?.query), {
    enabled: looked !== undefined,
    every: looked?.every ?? false,
  });
}

/** A link to sessions with further conditions. */
function Sessions({ f, children }: { readonly f: readonly string[]; readonly children: React.ReactNode }) {
  const sessionsWith = useSessionsWith();
  return (
    <Link
      to={'/sessions' as string}
      search={sessionsWith(f) as never}
      className={css.number}
      title="Its sessions"
    >
      {children}
    </Link>
  );
}

type TalkersOf = (typeof TALKERS)[number]['value'];

/** What can be ranked: what is known of addresses, where anything is; then /24 has its own name. */
function talkersOf(known: Answer<'about'>['known'] | undefined): readonly {
  readonly value: TalkersOf;
  readonly label: string;
}[] {
  const { networks = false, roles = false, sites = false, owners = false } = known ?? {};
  const offered: Readonly<Record<TalkersOf, boolean>> = {
    pairs: true,
    hosts: true,
    networks: true,
    named_networks: networks,
    roles,
    sites,
    systems: owners,
    countries: owners,
  };
  return TALKERS.filter(({ value }) => offered[value]).map(({ value, label }) => ({
    value,
    label: value === 'networks' && networks ? '/24, /64' : label,
  }));
}

const TALKERS_HEAD: Readonly<Record<TalkersOf, string>> = {
  pairs: 'Client',
  hosts: 'Host',
  networks: 'Network',
  named_networks: 'Network',
  roles: 'Role',
  sites: 'Site',
  systems: 'Autonomous system',
  countries: 'Country',
};

/** Conditions for what has a name. */
const NAMED_BY: Partial<Record<TalkersOf, string>> = {
  named_networks: 'network',
  roles: 'role',
  sites: 'host_site',
  countries: 'country',
};

export function Talkers() {
  const [what, setWhat] = usePicked('talkers', TALKERS);
  const answer = useTop((query) => CARDS.talkers(query, what));
  const rows = answer.data?.rows ?? [];
  const most = rows[0]?.bytes ?? 0;
  const pairs = what === 'pairs';
  const choices = talkersOf(useAbout()?.known);
  return (
    <Card
      title="Top talkers"
      of={answer}
      bones={8}
      meta={answer.data?.meta}
      tools={
        choices.length > 3 ? (
          <Choose label="Of" value={what} choices={choices} onChange={setWhat} small />
        ) : (
          <Segments label="Of" value={what} choices={choices} onChange={setWhat} />
        )
      }
    >
      {rows.length === 0 ? (
        <Empty>Nobody talked.</Empty>
      ) : (
        <table aria-label="Top talkers" className={css.talkers}>
          <thead>
            <tr>
              <th>{TALKERS_HEAD[what]}</th>
              {pairs && <th className={css.wide}>Server</th>}
              <th className="n">{pairs ? <span className="sr">Application</span> : 'Sessions'}</th>
              <th className={css.wide}>
                <span className="sr">Share of the first</span>
              </th>
              <th className="n">Volume</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)}>
                <td>
                  {row.name === undefined ? <Address address={keyAddress(row)} /> : <Named row={row} />}
                  {row.server !== undefined && (
                    <div className={css.narrow}>
                      → <Address address={row.server} />
                    </div>
                  )}
                </td>
                {row.server !== undefined && (
                  <td className={css.wide}>
                    <Address address={row.server} />
                  </td>
                )}
                <td className={pairs ? 'muted' : 'n'}>{pairs ? row.app : count(row.sessions)}</td>
                <td className={`${css.bar} ${css.wide}`} aria-hidden="true">
                  <span className="track">
                    <span style={{ width: `${most === 0 ? 0 : (100 * row.bytes) / most}%` }} />
                  </span>
                </td>
                <td className="n">
                  <Sessions f={conditionsOf(row, what)}>{bytes(row.bytes)}</Sessions>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

/** A network, a role, …: its name; of an autonomous system, its number too. */
function Named({ row }: { readonly row: Row }) {
  return (
    <>
      {row.asn !== undefined && <span className="muted">AS{row.asn} </span>}
      {printable(row.name ?? '')}
    </>
  );
}

function keyAddress({ client, host, network, asn, name }: Row): string {
  return client ?? host ?? network ?? `${asn ?? ''} ${name ?? ''}`;
}

function keyOf(row: Row): string {
  return `${keyAddress(row)} ${row.server ?? ''} ${row.port ?? ''}`;
}

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

function conditionsOf({ client, server, host, network, name, asn }: Row, what: TalkersOf): string[] {
  if (asn !== undefined) return [`as:${asn}`];
  const by = NAMED_BY[what];
  if (name !== undefined && by !== undefined)
    return [writeCondition({ name: by, negated: false, values: [name] })];
  if (client !== undefined)
    return MAC.test(client)
      ? [`client_mac:${client}`, `server_mac:${server}`]
      : [`client:${client}`, `server:${server}`];
  return [`host:${host ?? network}`];
}

function Service({ row }: { readonly row: Row }) {
  const carried = useCarried();
  const name = serviceName(row.server ?? '', row.port ?? 0);
  return (
    <Link
      to={'/services/$service' as string}
      params={{ service: name } as never}
      search={carried as never}
      className="mono"
      title={row.app ?? ''}
    >
      {name}
    </Link>
  );
}

/** How many times slower than the median of those shown is marked. */
const MARKED = 5;

export function SlowServices() {
  const [by, setBy] = usePicked('slow', SLOW);
  const handshake = by === 'handshake';
  const answer = useTop((query) => CARDS.slow(query, by));
  const rows = answer.data?.rows ?? [];
  const p50 = (row: Row): number => (handshake ? row.handshake_p50_us : row.response_p50_us) ?? 0;
  const p95 = (row: Row): number => (handshake ? row.handshake_p95_us : row.response_p95_us) ?? 0;
  const usual = rows.map(p50).sort((a, b) => a - b)[Math.floor(rows.length / 2)] ?? 0;
  return (
    <Card
      title="Slow services"
      of={answer}
      bones={8}
      meta={answer.data?.meta}
      tools={<Segments label="By" value={by} choices={SLOW} onChange={setBy} />}
    >
      {rows.length === 0 ? (
        <Empty>No service was timed five times.</Empty>
      ) : (
        <table aria-label="Slow services">
          <thead>
            <tr>
              <th>Service</th>
              <th className="n">p50 ms</th>
              <th className="n">p95 ms</th>
              <th className="n">Conn.</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)}>
                <td>
                  <Service row={row} />
                </td>
                <td className={p50(row) > MARKED * usual ? 'n bad' : 'n'}>{ms(p50(row))}</td>
                <td className="n">{ms(p95(row))}</td>
                <td className="n">
                  <Sessions f={[`server:${row.server}`, `server_port:${row.port}`]}>
                    {count((handshake ? row.handshakes : row.answered) ?? 0)}
                  </Sessions>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

/** Microseconds in milliseconds, with one digit behind the point. */
export function ms(us: number): string {
  return (us / 1000).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

const FAILED = 'tcp_state:REJ,S0,RSTOS0,RSTRH';

export function Failing() {
  const answer = useTop(CARDS.failing);
  const rows = answer.data?.rows ?? [];
  return (
    <Card title="Connections that fail" of={answer} meta={answer.data?.meta}>
      {rows.length === 0 ? (
        <Empty>None failed.</Empty>
      ) : (
        <table aria-label="Connections that fail">
          <thead>
            <tr>
              <th>Service</th>
              <th className="n" title="Answered with a reset">
                Refused
              </th>
              <th className="n" title="Not answered at all">
                Silent
              </th>
              <th className="n">Clients</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const f = [`server:${row.server}`, `server_port:${row.port}`];
              return (
                <tr key={keyOf(row)}>
                  <td>
                    <Service row={row} />
                  </td>
                  <Failures n={row.refused ?? 0} f={[...f, 'tcp_state:REJ,RSTRH']} />
                  <Failures n={row.silent ?? 0} f={[...f, 'tcp_state:S0,RSTOS0']} />
                  <td className="n">
                    <Sessions f={[...f, FAILED]}>{count(row.clients ?? 0)}</Sessions>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Card>
  );
}

/** Conversations that a policy does not allow; nothing where there are none. */
export function Policies() {
  const looked = useLookedAt();
  const roles = useAbout()?.known.roles === true;
  const answer = useAnswer('policies', CARDS.policies(looked?.query), {
    enabled: looked !== undefined && roles,
    every: looked?.every ?? false,
  });
  const rows = answer.data?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <Card title="Not allowed by a policy" of={answer} meta={answer.data?.meta}>
      <table aria-label="Not allowed by a policy">
        <thead>
          <tr>
            <th>Policy</th>
            <th className="n">Conv.</th>
            <th className="n" title="Refused, or not answered">
              Failed
            </th>
            <th className="n">Clients</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ policy, client_network, server_network, sessions, failed, clients }) => {
            const is = (name: string, value: string): string =>
              writeCondition({ name, negated: false, values: [value] });
            const f = [
              is('policy', policy),
              is('client_network', client_network),
              is('server_network', server_network),
            ];
            return (
              <tr key={f.join(' ')}>
                <td title={`${client_network} → ${server_network}`}>{printable(policy)}</td>
                <td className="n bad">
                  <Sessions f={f}>{count(sessions)}</Sessions>
                </td>
                <td className={failed === 0 ? 'n faint' : 'n'}>{failed === 0 ? '–' : count(failed)}</td>
                <td className="n">{count(clients)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function Failures({ n, f }: { readonly n: number; readonly f: readonly string[] }) {
  if (n === 0) return <td className="n faint">–</td>;
  return (
    <td className="n bad">
      <Sessions f={f}>{count(n)}</Sessions>
    </td>
  );
}
