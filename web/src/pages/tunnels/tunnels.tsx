import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { List } from 'lucide-react';
import type { TunnelSaid } from '../../../../src/console/contract/tunnels.js';
import type { RefusedTunnelPackets } from '../../../../src/model/tunnel-status.js';
import type { Counters } from '../../api/samples.js';
import { useAnswer } from '../../api/use-answer.js';
import { useRates } from '../../api/use-rates.js';
import { useCarried } from '../../app/frame.js';
import { useKey } from '../../app/keys.js';
import { useChangeScope, useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { bytes, count, plural, rate, seconds } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Chart } from '../../parts/chart.js';
import { Code } from '../../parts/code.js';
import { Icon } from '../../parts/icon.js';
import { Note, Notes } from '../../parts/note.js';
import { Empty } from '../../parts/states.js';
import { Trace } from '../../parts/trace.js';
import { COUNTERS, errorsOf, isError, specification, tunnelAdvice, tunnelVerdict } from './tunnel.js';
import css from './tunnels.module.css';

export function TunnelsPage() {
  const looked = useLookedAt();
  const query = looked === undefined ? undefined : { from: looked.query.from, to: looked.query.to };
  const answer = useAnswer('tunnels', query, { enabled: query !== undefined, every: looked?.every ?? false });
  const live = useAnswer('status', undefined, { every: 1000 });
  const status = live.data?.status ?? null;
  const { data } = answer;
  const tunnels = (data?.tunnels ?? []).map((tunnel) => ({
    ...tunnel,
    now: status?.tunnels.find(({ name }) => name === tunnel.name) ?? null,
  }));
  const rates = useRates(
    live.dataUpdatedAt,
    status === null
      ? undefined
      : Object.fromEntries(
          status.tunnels.flatMap(({ name, counters }) => [
            [`${name} rx`, counters.rx_packets ?? 0],
            [`${name} tx`, counters.tx_packets ?? 0],
          ]),
        ),
  );
  const wanted = one((useSearch({ strict: false }) as Record<string, unknown>).tunnel);
  const chosen = tunnels.find(({ name }) => name === wanted) ?? tunnels[0];
  const change = useChangeScope();
  const step = (by: -1 | 1): void => {
    const at = tunnels.findIndex(({ name }) => name === chosen?.name);
    const next = tunnels[Math.min(tunnels.length - 1, Math.max(0, at + by))];
    if (next !== undefined) change({ tunnel: next.name });
  };
  useKey('next', () => step(1));
  useKey('previous', () => step(-1));
  return (
    <div className={css.page}>
      <Card
        title="Tunnels of this host"
        sub={
          status === null
            ? 'as the store has them: no collector runs'
            : plural(status.tunnels.length, 'tunnel')
        }
        of={answer}
        meta={data?.meta}
      >
        {tunnels.length === 0 ? (
          <Empty>
            <b>No tunnel here, and none in this time</b>
            <span>
              The collector ends GRE tunnels too, and counts what they refuse: an entry of{' '}
              <span className="mono">tunnels</span> in its configuration, with the words of{' '}
              <span className="mono">ip tunnel add</span>:
            </span>
            <div className={css.example}>
              <Code label="An example">
                {'tunnels:\n  - branch-2 mode gre local 192.0.2.10 remote 10.9.0.2 key 500\n'}
              </Code>
            </div>
          </Empty>
        ) : (
          <TunnelTable tunnels={tunnels} chosen={chosen?.name} perSecond={rates} live={status !== null} />
        )}
        {data?.refused != null && <Refused refused={status?.tunnels_refused ?? data.refused} />}
      </Card>
      {chosen !== undefined && <TunnelDetail tunnel={chosen} key={chosen.name} />}
    </div>
  );
}

/**
 * What a tunnel has carried: what the store has of this time, else since the collector started. ICMP errors
 * are in the status only.
 */
function countersOf({ now, counters }: TunnelSaid): Counters {
  if (counters === null) return now?.counters ?? {};
  const icmp = now?.counters.icmp_errors;
  return icmp === undefined ? counters : { ...counters, icmp_errors: icmp };
}

function TunnelTable(props: {
  readonly tunnels: readonly TunnelSaid[];
  readonly chosen: string | undefined;
  readonly perSecond: (name: string) => number | undefined;
  readonly live: boolean;
}) {
  const { tunnels, chosen, perSecond, live } = props;
  const navigate = useNavigate();
  const carried = useCarried();
  const to = (name: string): { to: string } =>
    ({ to: '/tunnels', search: { ...carried, tunnel: name } }) as { to: string };
  const words = (name: string): string => {
    const n = perSecond(name);
    return n === undefined ? '…' : `${rate(Math.round(n * 10) / 10)}/s`;
  };
  return (
    <div className={css.wide} tabIndex={0} role="group" aria-label="Tunnels, in a table">
      <table className={css.list}>
        <thead>
          <tr>
            <th>Tunnel</th>
            <th>Mode</th>
            <th>Local</th>
            <th>Remote</th>
            <th>Key</th>
            <th>MTU</th>
            <th>Received</th>
            {live && <th className="n">Now in, out</th>}
            <th className="n">Received</th>
            <th className="n">Sent</th>
            <th className="n">Errors in</th>
            <th className="n">Errors out</th>
            <th>So</th>
          </tr>
        </thead>
        <tbody>
          {tunnels.map((tunnel) => {
            const { name, now, trace } = tunnel;
            const counters = countersOf(tunnel);
            const said = tunnelVerdict(tunnel, counters);
            const errors = errorsOf(counters);
            return (
              <tr key={name} aria-selected={name === chosen} onClick={() => void navigate(to(name) as never)}>
                <td>
                  <span className="flex">
                    <span className={`dot ${DOTS[said.kind]}`} />
                    <Link {...to(name)}>
                      <b>{name}</b>
                    </Link>
                  </span>
                </td>
                <td>{tunnel.mode}</td>
                <td className="mono">{tunnel.local}</td>
                <td className="mono">{tunnel.remote}</td>
                <td className="mono">{tunnel.key ?? '–'}</td>
                <td className="n">{now === null || now.mtu === 0 ? '–' : count(now.mtu)}</td>
                <td>
                  <Trace values={trace} words={`packets received, by step: ${trace.join(', ')}`} />
                </td>
                {live && (
                  <td className="n">
                    {now === null ? (
                      '–'
                    ) : (
                      <>
                        {words(`${name} rx`)}
                        <br />
                        <span className="faint">{words(`${name} tx`)}</span>
                      </>
                    )}
                  </td>
                )}
                <td className="n">
                  {count(counters.rx_packets ?? 0)}
                  <br />
                  <span className="faint">{bytes(counters.rx_bytes ?? 0)}</span>
                </td>
                <td className="n">
                  {count(counters.tx_packets ?? 0)}
                  <br />
                  <span className="faint">{bytes(counters.tx_bytes ?? 0)}</span>
                </td>
                <td className={errors.rx > 0 ? 'n bad' : 'n'}>{count(errors.rx)}</td>
                <td className={errors.tx > 0 ? 'n bad' : 'n'}>{count(errors.tx)}</td>
                <td className={css.verdict}>
                  <span className={`tag ${said.kind}`}>{said.tag}</span>{' '}
                  <span className="muted">{said.words}</span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const DOTS = { ok: '', warn: 'warn', bad: 'bad', '': 'off' } as const;

/** Packets for no tunnel: another key or pair of addresses. */
function Refused({ refused }: { readonly refused: RefusedTunnelPackets }) {
  const { no_tunnel, checksum, header } = refused;
  if (no_tunnel + checksum + header === 0) return null;
  return (
    <p className="muted">
      {plural(no_tunnel, 'packet')} reached the tunnels' sockets with a key or addresses of none of them
      (mirrors of the same senders are among them), {count(checksum)} with a wrong checksum,
      {count(header)} with a header that no tunnel accepts, since the collector started.
    </p>
  );
}

function TunnelDetail({ tunnel }: { readonly tunnel: TunnelSaid }) {
  const looked = useLookedAt();
  const carried = useCarried();
  const stored = tunnel.counters !== null;
  const minutes = useAnswer(
    'tunnelMinutes',
    { from: looked?.query.from, to: looked?.query.to, points: '120' },
    { params: { name: tunnel.name }, enabled: stored && looked !== undefined, every: looked?.every ?? false },
  );
  const { data } = minutes;
  const counters = countersOf(tunnel);
  const advice = tunnelAdvice(tunnel, counters);
  const perSecond = (name: string): number[] =>
    (data?.counters[name] ?? []).map((n) => n / (data?.interval ?? 1));
  const words = (n: number): string => `${rate(n)}/s`;
  return (
    <>
      <div className={css.head}>
        <h2>{tunnel.name}</h2>
        <span className="muted mono">{specification(tunnel)}</span>
        <span className="grow" />
        <Link
          to={'/sessions' as string}
          search={{ ...carried, f: [`host:${tunnel.remote}`] } as never}
          className="btn sm"
        >
          <Icon of={List} />
          Sessions of its remote
        </Link>
      </div>
      <div className={`grid ${css.top}`}>
        <Card
          title="Packets"
          sub="a second"
          meta={data?.meta}
          tools={data === undefined ? undefined : <span>{seconds(data.interval)} a bar</span>}
          {...(stored && { of: minutes })}
        >
          {data === undefined ? (
            <Empty>The first minute of it has not ended yet.</Empty>
          ) : (
            <>
              <Chart
                title="Packets received and refused"
                from={data.from}
                interval={data.interval}
                series={[
                  { name: 'received', values: perSecond('rx_packets'), color: 'var(--s1)' },
                  { name: 'refused', values: perSecond('rx_errors'), color: 'var(--bad)' },
                ]}
                format={words}
                height={150}
              />
              <Chart
                title="Packets sent and not sent"
                from={data.from}
                interval={data.interval}
                series={[
                  { name: 'sent', values: perSecond('tx_packets'), color: 'var(--s3)' },
                  { name: 'not sent', values: perSecond('tx_errors'), color: 'var(--bad)' },
                ]}
                format={words}
                height={130}
              />
            </>
          )}
          {advice.length > 0 && (
            <Notes label="What to do about it">
              {advice.map(({ title, words: said, commands }) => (
                <Note key={title} kind="warn" title={title} {...(commands !== undefined && { commands })}>
                  <p>{said}</p>
                </Note>
              ))}
            </Notes>
          )}
        </Card>
        <Card
          title="Counters"
          sub="the kernel's names"
          tools={<span>{stored ? 'in this time' : 'since the start'}</span>}
        >
          <table className={css.counters} aria-label="Counters">
            <tbody>
              {COUNTERS.filter(([name]) => counters[name] !== undefined).map(([name, means]) => (
                <tr key={name}>
                  <th scope="row" className="mono">
                    {name}
                  </th>
                  <td className="muted">{means}</td>
                  <td className={isError(name) && counters[name]! > 0 ? 'n bad' : 'n'}>
                    {count(counters[name]!)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      </div>
    </>
  );
}
