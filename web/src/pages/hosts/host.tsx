/** One host, a network, or whoever has a MAC address: what it is, serves and asks for. */
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { List, ZoomIn } from 'lucide-react';
import { useMemo } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import type { Slow } from '../../api/slow.js';
import { useAnswer } from '../../api/use-answer.js';
import { OthersAt } from '../../app/astray.js';
import { useCarried } from '../../app/frame.js';
import { absolute } from '../../app/range.js';
import { useAbout, useChangeScope, useLookedAt } from '../../app/scope.js';
import { bits, bytes, count, micros, plural } from '../../format/numbers.js';
import { printable } from '../../format/text.js';
import { clock, day } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { Chart, type Selection } from '../../parts/chart.js';
import { Conditions } from '../../parts/conditions.js';
import { Head } from '../../parts/head.js';
import { Icon } from '../../parts/icon.js';
import { Address, Mirror, ServiceLink } from '../../parts/marks.js';
import { NamesOf } from '../../parts/names.js';
import { Empty, Waiting, Wrong } from '../../parts/states.js';
import { HostFindings } from './findings.js';
import styles from './hosts.module.css';

type Host = Answer<'host'>;
type Door = Host['serves']['rows'][number];

/** The conditions of its sessions: `host:` is either side. */
function conditionsOf({ address, kind }: Host): string[] {
  return [`${kind === 'mac' ? 'mac' : 'host'}:${address}`];
}

export function HostPage() {
  const { address = '', length } = useParams({ strict: false }) as { address?: string; length?: string };
  const looked = useLookedAt();
  const options = { enabled: looked !== undefined, every: looked?.every ?? false };
  const query = { ...looked?.query, points: '60' };
  const one = useAnswer('host', query, {
    ...options,
    params: { address },
    enabled: options.enabled && length === undefined,
  });
  const many = useAnswer('network', query, {
    ...options,
    params: { address, length: length ?? '' },
    enabled: options.enabled && length !== undefined,
  });
  const answer = length === undefined ? one : many;
  const { data, error } = answer;
  if (error !== null)
    return (
      <>
        <Wrong error={error} again={() => void answer.refetch()} />
        <OthersAt to="/hosts">All hosts</OthersAt>
      </>
    );
  if (data === undefined) return <Waiting of={answer} lines={12} />;
  if (data.facts.conversations === 0) return <NotSeen host={data} />;
  return (
    <>
      <Conditions />
      <Facts host={data} />
      <div className={styles.top}>
        <Traffic host={data} stale={answer} />
        <Findings host={data} stale={answer} />
      </div>
      {data.facts.served === 0 ? (
        <Asks host={data} stale={answer} />
      ) : (
        <div className={styles.lists}>
          <div className={styles.stack}>
            <Serves host={data} stale={answer} />
            {data.facts.asked > 0 && <Asks host={data} stale={answer} />}
          </div>
          <Clients host={data} stale={answer} />
        </div>
      )}
    </>
  );
}

interface Part {
  readonly host: Host;
  /** The question that all parts are of. */
  readonly stale: {
    readonly isPending: boolean;
    readonly isPlaceholderData: boolean;
    readonly error: null;
    readonly slow: Slow;
    refetch(): unknown;
  };
}

function NotSeen({ host }: { readonly host: Host }) {
  return (
    <section className="card">
      <Empty>
        <b>
          {host.kind === 'mac'
            ? `Nothing from or to ${host.address} in this time that is not IP`
            : `${host.address} was not seen in this time`}
        </b>
        <span>
          {host.kind === 'mac'
            ? 'This page has frames that are not IP; the others are under their addresses.'
            : 'Look at a longer time, at all mirrors, or without conditions.'}
        </span>
        <Link
          to={'/sessions' as string}
          search={{ ...useCarried(), f: conditionsOf(host) } as never}
          className="l"
        >
          Its sessions
        </Link>
      </Empty>
    </section>
  );
}

function seen(text: string): string {
  const ms = Date.parse(text);
  return `${day(ms)}, ${clock(ms).slice(0, 8)}`;
}

function Facts({ host }: { readonly host: Host }) {
  const about = useAbout();
  const { facts, kind, address } = host;
  const { served, asked } = facts;
  const role = [
    served > 0 && asked > 0 ? 'server and client' : served > 0 ? 'server' : 'client',
    ...facts.vlans.map((vlan) => `VLAN ${vlan}`),
  ];
  return (
    <Head
      who={<span className="mono">{address}</span>}
      called={
        <>
          {kind === 'address' && <NamesOf address={address} />}
          <div className="muted">
            {role.join(' · ')}
            {facts.mirrors.map((m) => (
              <span key={m}>
                {' · '}
                <Mirror mirrors={about?.mirrors ?? []} of={m} inline />
              </span>
            ))}
          </div>
        </>
      }
      facts={[
        ['First seen', seen(facts.first_seen)],
        ['Last seen', seen(facts.last_seen)],
        ...(kind === 'prefix' ? [['Addresses seen', count(facts.hosts)] as const] : []),
        ...(kind === 'address' && facts.macs.length > 0
          ? [
              [
                'MAC address',
                <span key="macs" className="mono">
                  {facts.macs.join(' ')}
                </span>,
              ] as const,
            ]
          : []),
        ...(kind === 'address' && facts.ttls.length > 0
          ? [['TTL seen', facts.ttls.join(', ')] as const]
          : []),
        ...known(facts),
        ['Sent', bytes(facts.sent)],
        ['Received', bytes(facts.received)],
        ...(served > 0 ? [['Clients', count(facts.clients)] as const] : []),
        ...(served > 0 ? [['Serves', bytes(facts.served_bytes)] as const] : []),
        ...(asked > 0 ? [['Servers', count(facts.servers)] as const] : []),
        ...(asked > 0 ? [['Asks', bytes(facts.asked_bytes)] as const] : []),
      ]}
      conditions={conditionsOf(host)}
      meta={facts.meta}
    />
  );
}

/** What its rows say of it; of several networks and the like, some. */
function known(facts: Host['facts']): (readonly [name: string, value: string])[] {
  const { networks, roles, sites, systems, countries } = facts;
  const all = [
    ['Network', networks],
    ['Role', roles],
    ['Site', sites],
    ['AS', systems],
    ['Country', countries],
  ] as const;
  return all.flatMap(([name, values]) =>
    values.length === 0 ? [] : [[name, printable(values.join(', '))] as const],
  );
}

function Traffic({ host, stale }: Part) {
  const { traffic } = host;
  const series = useMemo(() => {
    const perSecond = (values: readonly number[]): number[] => values.map((v) => (v * 8) / traffic.interval);
    return [
      { name: 'as server', values: perSecond(traffic.as_server), color: 'var(--s1)' },
      { name: 'as client', values: perSecond(traffic.as_client), color: 'var(--s2)' },
    ];
  }, [traffic]);
  return (
    <Card title="Traffic" sub="bits a second" of={stale} meta={traffic.meta}>
      <Chart
        title="Traffic"
        from={traffic.from}
        interval={traffic.interval}
        series={series}
        format={bits}
        height={190}
        offer={(selection) => <Offered selection={selection} host={host} />}
      />
    </Card>
  );
}

function Offered({ selection, host }: { readonly selection: Selection; readonly host: Host }) {
  const navigate = useNavigate();
  const carried = useCarried();
  const change = useChangeScope();
  const { text } = absolute(selection.begin, selection.end);
  const search = { ...carried, t: text, f: conditionsOf(host) };
  return (
    <>
      <button
        type="button"
        className="btn sm pri"
        onClick={() => void navigate({ to: '/sessions' as string, search: search as never })}
      >
        <Icon of={List} />
        Sessions
        <kbd>Enter</kbd>
      </button>
      <button type="button" className="btn sm" onClick={() => change({ t: text })}>
        <Icon of={ZoomIn} />
        Zoom
      </button>
    </>
  );
}

function Findings({ host, stale }: Part) {
  const { rows, meta } = host.findings;
  return (
    <Card title="Worth a look" of={stale} meta={meta}>
      <HostFindings rows={rows} />
      {rows.length === 0 && (
        <Empty>
          <b>Nothing stands out</b>
          <span>
            Looked for: scans by it and of it, ports that refuse everybody, services slow for one network
            only.
          </span>
        </Empty>
      )}
    </Card>
  );
}

/** How a port answers, in a word. */
function Answers({ door }: { readonly door: Door }) {
  const { answered, refused, unanswered, ports, conversations } = door;
  if (ports > 1) return <span className="tag bad">none open</span>;
  if (answered === 0 && refused >= unanswered && refused > 0)
    return <span className="tag bad">refuses all</span>;
  if (answered === 0) return <span className="tag bad">answers none</span>;
  const failed = conversations - answered;
  if (failed === 0) return <span className="tag ok">answers</span>;
  return (
    <span className="tag warn" title={`${count(refused)} refused, ${count(unanswered)} unanswered`}>
      {count(failed)} failed
    </span>
  );
}

function portWords({ port, ports }: Door): string {
  return ports > 1 ? `${count(ports)} ports` : port === 0 ? '–' : String(port);
}

function Serves({ host, stale }: Part) {
  const { rows, of_all, meta } = host.serves;
  const each = host.kind === 'address';
  return (
    <Card title="What it serves" sub={cutWords(rows.length, of_all)} of={stale} meta={meta}>
      <div className={styles.wide}>
        <table aria-label="What it serves">
          <thead>
            <tr>
              <th>Port</th>
              <th>App</th>
              <th className="n">Conv.</th>
              <th className="n">Clients</th>
              <th className="n">Volume</th>
              <th className="n">Handshake</th>
              <th>It</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((door) => (
              <tr key={`${door.transport} ${door.port} ${door.ports} ${door.client}`}>
                <td className={door.ports > 1 ? 'mono faint' : 'mono'}>
                  {each && door.ports === 1 && door.port !== 0 ? (
                    <ServiceLink address={host.address} port={door.port}>
                      {door.port}
                    </ServiceLink>
                  ) : (
                    portWords(door)
                  )}
                </td>
                <td>{door.ports > 1 ? <OnceBy door={door} /> : door.app || door.transport}</td>
                <td className="n">{count(door.conversations)}</td>
                <td className="n">{count(door.clients)}</td>
                <td className="n">{bytes(door.bytes)}</td>
                <td className="n">{door.handshake_us === null ? '–' : micros(door.handshake_us)}</td>
                <td>
                  <Answers door={door} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function OnceBy({ door }: { readonly door: Door }) {
  return (
    <span className="faint">
      tried by <Address address={door.client} />
    </span>
  );
}

function Asks({ host, stale }: Part) {
  const { rows, of_all, meta } = host.asks;
  const alone = host.facts.served === 0 ? 'nobody asked it for anything' : undefined;
  return (
    <Card
      title="What it asks of others"
      sub={cutWords(rows.length, of_all) ?? alone}
      of={stale}
      meta={meta}
      className={styles.whole!}
    >
      <div className={styles.wide}>
        <table aria-label="What it asks of others">
          <thead>
            <tr>
              <th>Server</th>
              <th>Port</th>
              <th>App</th>
              <th className="n">Conv.</th>
              <th className="n">Volume</th>
              <th className="n">Handshake</th>
              <th>The server</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((door) => (
              <tr key={`${door.server} ${door.transport} ${door.port} ${door.ports} ${door.client}`}>
                <td>
                  <Address address={door.server} />
                </td>
                <td className={door.ports > 1 ? 'mono faint' : 'mono'}>
                  {door.ports === 1 && door.port !== 0 ? (
                    <ServiceLink address={door.server} port={door.port}>
                      {door.port}
                    </ServiceLink>
                  ) : (
                    portWords(door)
                  )}
                </td>
                <td>{door.app || door.transport}</td>
                <td className="n">{count(door.conversations)}</td>
                <td className="n">{bytes(door.bytes)}</td>
                <td className="n">{door.handshake_us === null ? '–' : micros(door.handshake_us)}</td>
                <td>
                  <Answers door={door} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function cutWords(shown: number, all: number): string | undefined {
  return all > shown ? `${count(shown)} of ${count(all)}` : undefined;
}

/** A handshake that takes so many times the least of all clients is marked. */
const SLOW_TIMES = 10;

function Clients({ host, stale }: Part) {
  const { rows, of_all, meta } = host.clients;
  const most = Math.max(1, ...rows.map((row) => row.bytes));
  const least = Math.min(...rows.flatMap(({ handshake_us }) => (handshake_us ? [handshake_us] : [])));
  return (
    <Card
      title="Its clients"
      of={stale}
      meta={meta}
      sub={`${cutWords(rows.length, of_all) ?? plural(of_all, 'client')}, by volume`}
    >
      <div className={styles.wide}>
        <table aria-label="Its clients">
          <thead>
            <tr>
              <th>Client</th>
              <th className="n">Conv.</th>
              <th className={styles.track}>
                <span className="sr">Share</span>
              </th>
              <th className="n">Volume</th>
              <th className="n">Failed</th>
              <th className="n">Handshake</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ client, conversations, bytes: n, failed, handshake_us }) => (
              <tr key={client}>
                <td>
                  <Address address={client} />
                </td>
                <td className="n">{count(conversations)}</td>
                <td className={styles.track}>
                  <span className="track">
                    <span style={{ width: `${(n / most) * 100}%` }} />
                  </span>
                </td>
                <td className="n">{bytes(n)}</td>
                <td className={failed > 0 ? 'n bad' : 'n faint'}>{count(failed)}</td>
                <td className={(handshake_us ?? 0) > SLOW_TIMES * least ? 'n warn' : 'n'}>
                  {handshake_us === null ? '–' : micros(handshake_us)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
