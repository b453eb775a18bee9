/** One service: whether the network or the server takes the time, and who says so. */
import { Popover } from '@base-ui/react/popover';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Gauge } from 'lucide-react';
import type { Answer } from '../../../../src/console/contract.js';
import type { Slow } from '../../api/slow.js';
import { useAnswer } from '../../api/use-answer.js';
import { OthersAt } from '../../app/astray.js';
import { useCarried } from '../../app/frame.js';
import { useAbout, useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { bytes, count, micros, plural } from '../../format/numbers.js';
import { printable } from '../../format/text.js';
import { clock, day } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { Conditions } from '../../parts/conditions.js';
import { Head } from '../../parts/head.js';
import { Icon } from '../../parts/icon.js';
import { Address, Mirror, TcpState } from '../../parts/marks.js';
import { Segments } from '../../parts/menu.js';
import { useNames } from '../../parts/names.js';
import { Empty, Waiting, Wrong } from '../../parts/states.js';
import { Steps } from '../../parts/steps.js';
import styles from './service.module.css';

type Service = Answer<'service'>;

interface Part {
  readonly service: Service;
  /** The question that all parts are of. */
  readonly stale: {
    readonly isPending: boolean;
    readonly isPlaceholderData: boolean;
    readonly error: null;
    readonly slow: Slow;
    refetch(): unknown;
  };
}

export function ServicePage() {
  const { service: name = '' } = useParams({ strict: false }) as { service?: string };
  const looked = useLookedAt();
  const answer = useAnswer(
    'service',
    { ...looked?.query, points: '30' },
    { params: { service: name }, enabled: looked !== undefined, every: looked?.every ?? false },
  );
  const { data, error } = answer;
  if (error !== null)
    return (
      <>
        <Wrong error={error} again={() => void answer.refetch()} />
        <OthersAt to="/services">All services</OthersAt>
      </>
    );
  if (data === undefined) return <Waiting of={answer} lines={12} />;
  const part = { service: data, stale: answer };
  if (data.facts.conversations === 0)
    return (
      <section className="card">
        <Empty>
          <b>Nobody asked {name} in this time</b>
          <span>Look at a longer time, at all mirrors, or without conditions.</span>
          <Link to={'/hosts/$address' as string} params={{ address: data.address } as never} className="l">
            Its host
          </Link>
        </Empty>
      </section>
    );
  return (
    <>
      <Conditions />
      <Facts {...part} />
      <Told {...part} />
      <div className={styles.two}>
        <Times {...part} />
        <Waits {...part} />
      </div>
      <div className={styles.three}>
        <div className={styles.stack}>
          <Ended {...part} />
          <Versions {...part} />
        </div>
        <Slowest {...part} />
        <Clients {...part} />
      </div>
    </>
  );
}

function conditionsOf({ address, port }: Service): string[] {
  return [`server:${address}`, `server_port:${port}`];
}

const SOURCES = { tls: 'TLS server name', http: 'HTTP host' } as const;

function Facts({ service }: Part) {
  const about = useAbout();
  const { facts, address, port, versions } = service;
  const seen = (text: string): string => {
    const ms = Date.parse(text);
    return `${day(ms)}, ${clock(ms).slice(0, 8)}`;
  };
  const names = useNames([address]).get(address) ?? [];
  const asked = facts.names.slice(0, 3);
  const other = names.find(({ source, name }) => !(source in SOURCES) && !asked.some((a) => a.name === name));
  const [version] = versions.versions;
  return (
    <Head
      who={
        <>
          <Link
            to={'/hosts/$address' as string}
            params={{ address } as never}
            search={useCarried() as never}
            className="mono"
          >
            {address}
          </Link>
          <span className="mono faint">:{port}</span>
        </>
      }
      called={
        <>
          {asked.map(({ name, source, conversations }) => (
            <div key={`${source} ${name}`}>
              {printable(name)}{' '}
              <span className="faint">
                {SOURCES[source]}, {count(conversations)} of {count(facts.conversations)}
              </span>
            </div>
          ))}
          {other !== undefined && (
            <div>
              {printable(other.name)}{' '}
              <span className="faint">{other.source === 'dns' ? 'DNS' : other.source}</span>
            </div>
          )}
        </>
      }
      facts={[
        ['Application', [facts.app || facts.transport, version?.value].filter(Boolean).join(' · ')],
        ['Conversations', count(facts.conversations)],
        ['Clients', count(facts.clients)],
        ['Volume', bytes(facts.bytes)],
        ['First seen', seen(facts.first_seen)],
        ['Last seen', seen(facts.last_seen)],
        [
          facts.mirrors.length === 1 ? 'Mirror' : 'Mirrors',
          facts.mirrors.map((m, i) => (
            <span key={m}>
              {i > 0 && ' '}
              <Mirror mirrors={about?.mirrors ?? []} of={m} inline />
            </span>
          )),
        ],
      ]}
      conditions={conditionsOf(service)}
      meta={facts.meta}
    />
  );
}

const TONES = { bad: 'bad', warn: 'warn', ok: 'ok', none: 'faint' } as const;

function Told({ service }: Part) {
  const { tone, head, text } = service.told;
  return (
    <section className={`card ${styles.told}`} data-tone={tone} aria-label="Network or server, in a sentence">
      <div className="in">
        <span className={TONES[tone]}>
          <Icon of={Gauge} />
        </span>
        <div>
          <b>{head}</b>
          <div className="muted">{text}</div>
        </div>
        <Popover.Root>
          <Popover.Trigger className={`l ${styles.how}`}>How this is told</Popover.Trigger>
          <Popover.Portal>
            <Popover.Positioner sideOffset={4} align="end">
              <Popover.Popup className={`popup ${styles.popup}`}>
                <p>
                  A mirror point stands between client and server, and sees when each packet passes. From the
                  server’s segments to the client’s acknowledgments is the way to the <b>client</b> and back (
                  <code className="mono">client_rtt_us</code>), from the client’s to the server’s the way to
                  the <b>server</b> and back (<code className="mono">server_rtt_us</code>): the least of each
                  conversation, as acknowledgments may be delayed.
                </p>
                <p>
                  An answer takes from the last payload of a question to the first of its answer (
                  <code className="mono">response_us / responses</code>). The way to the server is in it,
                  wherever the mirror is; the rest is the <b>server’s own</b>. A client waits for the answer,
                  and for the way between it and the mirror.
                </p>
                <p>
                  What is shown are medians over conversations in which both were timed:{' '}
                  {count(service.waits.all.timed)} of {count(service.facts.conversations)} here. It is slow
                  for some only where a network with at least 3 of these waits three times as long as the
                  others. A server that acknowledges late, together with its answer, looks as if it were far
                  away: compare its SYN-ACK.
                </p>
              </Popover.Popup>
            </Popover.Positioner>
          </Popover.Portal>
        </Popover.Root>
      </div>
    </section>
  );
}

const COURSES = [
  { value: 'answer', label: 'answer' },
  { value: 'handshake', label: 'handshake' },
  { value: 'tls', label: 'TLS' },
] as const;

/** A choice that is in the page's address. */
function useChoice<T extends string>(name: string, values: readonly T[]): readonly [T, (value: T) => void] {
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const given = one(search[name]);
  const value = values.find((v) => v === given) ?? values[0]!;
  return [
    value,
    (next) =>
      void navigate({
        to: '.',
        search: ((before: object) => ({ ...before, [name]: next === values[0] ? undefined : next })) as never,
      }),
  ];
}

function Times({ service, stale }: Part) {
  const [of, choose] = useChoice('time', ['answer', 'handshake', 'tls'] as const);
  const { times } = service;
  const course = times[of];
  const words = (us: number | null): string => (us === null ? '–' : micros(us));
  const word = of === 'tls' ? 'TLS' : of;
  return (
    <Card
      title="Response time"
      sub={plural(course.count, of === 'answer' ? 'answer' : of === 'tls' ? 'TLS handshake' : 'handshake')}
      of={stale}
      meta={times.meta}
      tools={<Segments label="Time" value={of} choices={COURSES} onChange={choose} />}
    >
      {course.count === 0 ? (
        <Empty>{of === 'answer' ? 'No answer was timed.' : 'No handshake of this kind was seen.'}</Empty>
      ) : (
        <Steps
          title="Response time"
          from={times.from}
          interval={times.interval}
          height={190}
          format={micros}
          steps={[
            { label: `${word}, median ${words(course.p50_us)}`, values: course.p50, color: 'var(--s2)' },
            { label: `p95 ${words(course.p95_us)}`, values: course.p95, color: 'var(--s2)', dashed: true },
            {
              label: `of it network to the server, ${words(times.network_us)}`,
              values: times.network,
              color: 'var(--s3)',
            },
          ]}
        />
      )}
    </Card>
  );
}

const PARTS = [
  { name: 'client_rtt_us', title: 'Client net', words: 'client to mirror and back', color: 'var(--s1)' },
  { name: 'server_rtt_us', title: 'Server net', words: 'mirror to server and back', color: 'var(--s3)' },
  { name: 'server_us', title: 'Server', words: 'the rest of the answer: the server', color: 'var(--s2)' },
] as const;

type Wait = Service['waits']['all'];

function total(wait: Wait): number {
  return PARTS.reduce((sum, { name }) => sum + (wait[name] ?? 0), 0);
}

/** Clients that are shown where they are asked for. */
const MOST_CLIENTS = 12;

function Waits({ service, stale }: Part) {
  const [by, choose] = useChoice('wait', ['networks', 'clients'] as const);
  const { waits, clients } = service;
  const { others } = waits;
  const rows: readonly (Wait & { readonly name: string; readonly conversations: number })[] =
    by === 'networks'
      ? waits.networks.map((row) => ({ ...row, name: row.prefix }))
      : [...clients.rows]
          .map((row) => ({ ...row, name: row.client }))
          .sort((a, b) => total(b) - total(a))
          .slice(0, MOST_CLIENTS);
  const most = Math.max(1, ...rows.map(total), total(others));
  return (
    <Card
      title="Network or server"
      sub="medians"
      of={stale}
      meta={by === 'networks' ? waits.meta : clients.meta}
      tools={
        <Segments
          label="Rows"
          value={by}
          choices={[
            { value: 'networks', label: 'Networks' },
            { value: 'clients', label: 'Clients' },
          ]}
          onChange={choose}
        />
      }
    >
      <div className={styles.wide}>
        <table aria-label="Network or server">
          <thead>
            <tr>
              <th>Clients</th>
              <th className="n">Conv.</th>
              <th className={styles.bars}>What a client waits</th>
              {PARTS.map(({ name, title, color }) => (
                <th key={name} className="n">
                  <i className={styles.key} style={{ background: color }} />
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <td>
                  {by === 'clients' ? <Address address={row.name} /> : <NetworkLink prefix={row.name} />}
                </td>
                <WaitCells wait={row} conversations={row.conversations} most={most} />
              </tr>
            ))}
            {others.timed > 0 && (
              <tr>
                <td className="muted">the same, {plural(others.servers, 'other server')}</td>
                <WaitCells wait={others} conversations={others.conversations} most={most} />
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <div className="leg">
        {PARTS.map(({ name, words, color }) => (
          <span key={name}>
            <i style={{ background: color }} />
            {words}
          </span>
        ))}
      </div>
    </Card>
  );
}

function NetworkLink({ prefix }: { readonly prefix: string }) {
  const [address = '', length = ''] = prefix.split('/');
  return (
    <Link
      to={'/hosts/$address/$length' as string}
      params={{ address, length } as never}
      search={useCarried() as never}
      className="mono"
    >
      {prefix}
    </Link>
  );
}

function WaitCells(props: { readonly wait: Wait; readonly conversations: number; readonly most: number }) {
  const { wait, conversations, most } = props;
  const sum = total(wait);
  return (
    <>
      <td className="n faint">{count(conversations)}</td>
      <td className={styles.bars}>
        {wait.timed === 0 ? (
          <span className="faint">not timed</span>
        ) : (
          <span className={styles.bar} title={`${micros(sum)} in all`}>
            {PARTS.map(({ name, color }) => (
              <span key={name} style={{ width: `${((wait[name] ?? 0) / most) * 100}%`, background: color }} />
            ))}
          </span>
        )}
      </td>
      {PARTS.map(({ name }) => {
        const us = wait[name];
        const largest = us !== null && us > sum / 2;
        return (
          <td key={name} className="n">
            {us === null ? '–' : largest ? <b>{micros(us)}</b> : micros(us)}
          </td>
        );
      })}
    </>
  );
}

const ENDS: Readonly<Record<string, string>> = {
  SF: 'finished',
  S1: 'not finished',
  S2: 'closed by the client only',
  S3: 'closed by the server only',
  RSTR: 'reset by the server',
  RSTO: 'reset by a client',
  REJ: 'refused',
  S0: 'unanswered',
  RSTOS0: 'given up by a client',
  RSTRH: 'answered, then reset',
  OTH: 'no beginning seen',
  SH: 'no answer seen',
  SHR: 'no attempt seen',
  '': 'not TCP',
};

function Ended({ service, stale }: Part) {
  const { states, segments, retransmits, reordered, zero_windows, missing, meta } = service.ended;
  const number = (n: number, text = count(n)) => <span className={n === 0 ? 'faint' : ''}>{text}</span>;
  return (
    <Card
      title="How they ended"
      sub={plural(service.facts.conversations, 'conversation')}
      of={stale}
      meta={meta}
    >
      <table aria-label="How they ended">
        <tbody>
          {states.map(({ state, conversations }) => (
            <tr key={state}>
              <td>{ENDS[state] ?? state}</td>
              <td>{state !== '' && <TcpState state={state} />}</td>
              <td className="n">{count(conversations)}</td>
            </tr>
          ))}
          <tr>
            <td colSpan={2}>segments sent again</td>
            <td className="n">{number(retransmits, `${count(retransmits)} of ${count(segments)}`)}</td>
          </tr>
          <tr>
            <td colSpan={2}>segments out of order</td>
            <td className="n">{number(reordered)}</td>
          </tr>
          <tr>
            <td colSpan={2}>windows closed (zero)</td>
            <td className="n">{number(zero_windows)}</td>
          </tr>
          <tr>
            <td colSpan={2}>bytes the mirror missed</td>
            <td className="n">{number(missing, missing === 0 ? '0' : bytes(missing))}</td>
          </tr>
        </tbody>
      </table>
    </Card>
  );
}

const SPOKEN = [
  ['versions', 'Version', 'tls_version'],
  ['ciphers', 'Cipher', 'tls_cipher'],
  ['ja4', 'JA4', 'ja4'],
  ['alpn', 'ALPN', undefined],
  ['software', 'Software', 'server_software'],
] as const;

function Versions({ service, stale }: Part) {
  const { versions } = service;
  const carried = useCarried();
  const rows = SPOKEN.flatMap(([what, title, column]) =>
    versions[what].map((said, i) => ({ ...said, what, title: i === 0 ? title : '', column })),
  );
  if (rows.length === 0) return null;
  return (
    <Card title="Versions and ciphers" of={stale} meta={versions.meta}>
      <div className={styles.wide}>
        <table aria-label="Versions and ciphers">
          <tbody>
            {rows.map(({ what, title, value, conversations, column }) => (
              <tr key={`${what} ${value}`}>
                <td className="faint">{title}</td>
                <td className={`mono ${styles.cut}`} title={printable(value)}>
                  {column === undefined ? (
                    printable(value)
                  ) : (
                    <Link
                      to={'/sessions' as string}
                      search={
                        { ...carried, f: [...conditionsOf(service), `${column}:${quoted(value)}`] } as never
                      }
                    >
                      {printable(value)}
                    </Link>
                  )}
                </td>
                <td className="n">{count(conversations)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

/** A value of a condition: one with a comma or a quote is in quotes. */
function quoted(value: string): string {
  return /[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function Slowest({ service, stale }: Part) {
  const { slowest } = service;
  const carried = useCarried();
  const read = slowest.of === 'transactions';
  const statuses = slowest.rows.some(({ status }) => status !== '');
  return (
    <Card
      title={read ? 'Slowest transactions' : 'Slowest answers'}
      sub={read ? undefined : 'by conversation'}
      of={stale}
      meta={slowest.meta}
    >
      {slowest.rows.length === 0 ? (
        <Empty>No answer was timed.</Empty>
      ) : (
        <div className={styles.wide}>
          <table aria-label={read ? 'Slowest transactions' : 'Slowest answers'}>
            <thead>
              <tr>
                <th>Asked at</th>
                <th className="n">Time</th>
                <th>Client</th>
                {read && <th>What</th>}
                {statuses && <th>Status</th>}
              </tr>
            </thead>
            <tbody>
              {slowest.rows.map(({ session_id, time, client, us, method, name, resource, status }) => (
                <tr key={`${session_id} ${time} ${us}`}>
                  <td className="mono">
                    <Link
                      to={'/sessions' as string}
                      search={{ ...carried, f: [`session_id:${session_id}`] } as never}
                      className="l"
                      title="Its session"
                    >
                      {clock(Date.parse(time))}
                    </Link>
                  </td>
                  <td className="n">{micros(us)}</td>
                  <td>
                    <Address address={client} />
                  </td>
                  {read && (
                    <td className={styles.cut} title={printable(`${method} ${name} ${resource}`.trim())}>
                      {printable(`${method} ${resource || name}`.trim())}
                    </td>
                  )}
                  {statuses && <td>{printable(status)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!read && slowest.rows.length > 0 && (
        <p className="faint">
          What was asked is encrypted, or not read: these are each conversation’s longest answer.
        </p>
      )}
    </Card>
  );
}

function Clients({ service, stale }: Part) {
  const { rows, of_all, meta } = service.clients;
  const [anyReset, anyFailed] = [rows.some((r) => r.reset > 0), rows.some((r) => r.failed > 0)];
  const most = Math.max(1, ...rows.map((row) => row.bytes));
  return (
    <Card
      title="Its clients"
      sub={`${of_all > rows.length ? `${count(rows.length)} of ` : ''}${count(of_all)}, by volume`}
      of={stale}
      meta={meta}
    >
      <div className={styles.wide}>
        <table aria-label="Its clients">
          <thead>
            <tr>
              <th>Client</th>
              <th className="n">Conv.</th>
              {anyReset && <th className="n">Reset</th>}
              {anyFailed && <th className="n">Failed</th>}
              <th className={styles.share}>
                <span className="sr">Share</span>
              </th>
              <th className="n">Volume</th>
              <th className="n">Answer</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ client, conversations, reset, failed, bytes: n, answer_us }) => (
              <tr key={client}>
                <td>
                  <Address address={client} />
                </td>
                <td className="n">{count(conversations)}</td>
                {anyReset && <td className={reset > 0 ? 'n warn' : 'n faint'}>{count(reset)}</td>}
                {anyFailed && <td className={failed > 0 ? 'n bad' : 'n faint'}>{count(failed)}</td>}
                <td>
                  <span className="track">
                    <span style={{ width: `${(n / most) * 100}%` }} />
                  </span>
                </td>
                <td className="n">{bytes(n)}</td>
                <td className="n">{answer_us === null ? '–' : micros(answer_us)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
