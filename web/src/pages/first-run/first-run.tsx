/**
 * The first page while there is nothing to show: what is waited for, three ways on, and what is in the way.
 * It goes by itself when the first packet comes.
 */
import { Link } from '@tanstack/react-router';
import { FileUp, SquareArrowRight, Terminal } from 'lucide-react';
import type { ReactNode } from 'react';
import type { CollectorStatus } from '../../../../src/model/status.js';
import { useAnswer } from '../../api/use-answer.js';
import { useRates } from '../../api/use-rates.js';
import { useCarried } from '../../app/frame.js';
import { count, plural, rate, seconds } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Code, CopyButton } from '../../parts/code.js';
import { Finding } from '../../parts/findings.js';
import { Icon } from '../../parts/icon.js';
import { Notes } from '../../parts/note.js';
import { Bones, Wrong } from '../../parts/states.js';
import { OverviewPage } from '../overview/overview.js';
import css from './first-run.module.css';

/** Milliseconds between two looks whether there are rows: the server looks every five seconds. */
const ROWS_EVERY = 2000;

/** The overview; while the store is empty, what is missing. */
export function HomePage() {
  const about = useAnswer('about');
  if (about.data === undefined || about.data.first_seen !== null) return <OverviewPage />;
  return <Nothing />;
}

/** Packets that the kernel handed over. */
function packetsOf(status: CollectorStatus): number {
  return status.receivers.reduce((sum, receiver) => sum + receiver.packets, 0);
}

function Nothing() {
  useAnswer('about', undefined, { every: ROWS_EVERY });
  const live = useAnswer('status', undefined, { every: 1000 });
  const status = live.data?.status ?? null;
  const packets = status === null ? 0 : packetsOf(status);
  const rates = useRates(live.dataUpdatedAt, status === null ? undefined : { packets });
  if (live.isPending) return null;
  if (status === null || packets === 0) return <FirstRun status={status} />;
  return (
    <>
      <Strip status={status} perSecond={rates('packets')} />
      <OverviewPage />
    </>
  );
}

/** Packets come, and rows do not yet. */
function Strip({
  status,
  perSecond,
}: {
  readonly status: CollectorStatus;
  readonly perSecond: number | undefined;
}) {
  const { open } = status.sessions;
  const refused = status.refused.length > 0 && status.mirrors.every((m) => m.packets === 0);
  return (
    <section className={`card ${css.strip}`} aria-label="The first rows" role="status">
      <span>
        <b>
          {perSecond === undefined
            ? `${count(packetsOf(status))} packets`
            : `${rate(Math.round(perSecond))} packets a second`}
        </b>
        ; {plural(open, 'conversation')} open; {refused ? <Refused /> : 'the first rows come within a minute'}
        .
      </span>
    </section>
  );
}

/** What keeps rows from coming. */
function Refused() {
  return (
    <>
      all of them are refused: no entry of <span className="mono">mirrors</span> names their sender, and{' '}
      <span className="mono">unknown_mirrors</span> is refuse
    </>
  );
}

function FirstRun({ status }: { readonly status: CollectorStatus | null }) {
  const addresses = useAnswer('addresses').data?.addresses ?? [];
  const carried = useCarried();
  const address = addresses[0]?.address ?? '192.0.2.10';
  const ring = status?.receivers.find((r) => r.kind === 'ring' || r.kind === 'xdp');
  const name = ring?.name ?? addresses[0]?.interface ?? 'eth0';
  return (
    <div className={css.page}>
      <section className={`card ${css.waiting}`} aria-label="First run">
        <div className={css.head}>
          <svg width="52" height="52" viewBox="0 0 52 52" aria-hidden="true">
            <circle cx="26" cy="26" r="25" fill="none" stroke="var(--accent)" opacity="0.25" />
            <circle cx="26" cy="26" r="17" fill="none" stroke="var(--accent)" opacity="0.5" />
            <circle cx="26" cy="26" r="8" fill="var(--accent)" />
          </svg>
          <div>
            <h2>{status === null ? 'Nothing in this store yet' : 'Waiting for the first packet'}</h2>
            <p className="muted">
              {status === null ? (
                <>
                  No collector runs beside it. <span className="mono">mirrorlake collect</span> receives
                  mirrors; <span className="mono">mirrorlake read</span> takes a capture.
                </>
              ) : (
                <>
                  Receiving IP protocol 47 on <b className="mono">{address}</b> (
                  {ring === undefined ? 'raw sockets, any interface' : `${ring.name}, packet ring`}) for{' '}
                  {seconds(status.uptime_s)}. Nothing has come yet.
                </>
              )}
            </p>
          </div>
        </div>
        <div className={`grid ${css.ways}`}>
          <Way icon={SquareArrowRight} title="Point a switch at it">
            <p className="muted">
              Choose what you have: NX-OS, IOS-XE, Arista, Juniper, SONiC, Open vSwitch … You get the commands
              with this address in them.
            </p>
            <Link to={'/mirrors/add' as string} search={carried as never} className="btn pri">
              Add a mirror
            </Link>
          </Way>
          <Way icon={FileUp} title="Read a capture">
            <p className="muted">
              A pcap or pcapng, also .gz or .zst, into a store of its own; this store stays as it is.
            </p>
            <div className="flex">
              <code className="mono">mirrorlake read capture.pcapng --store ./capture</code>
              <CopyButton
                text={
                  'mirrorlake read capture.pcapng --store ./capture && mirrorlake console --store ./capture'
                }
                what="Command"
                small
              />
            </div>
          </Way>
          <Way icon={Terminal} title="Mirror a host">
            <p className="muted">No switch at hand? Any Linux host can mirror itself to here.</p>
            <Link
              to={'/mirrors/add' as string}
              search={{ ...carried, platform: 'mirror' } as never}
              className="btn"
            >
              Show the command
            </Link>
          </Way>
        </div>
        {status !== null && <SoFar status={status} />}
        <h3 className={css.section}>Sure that it was sent?</h3>
        <Code label="Commands that tell whether it was sent">
          {beside([
            [`tcpdump -ni ${ring === undefined ? 'any' : name} 'ip proto 47 or ip6 proto 47'`, 'here'],
            ['show monitor session 1', 'on the switch: is it up?'],
            [`ping ${address} source 10.0.0.11 df-bit size 1600`, 'there: does the way carry 1,600 bytes?'],
          ])}
        </Code>
      </section>
      <ThisHost />
    </div>
  );
}

/** Commands, and beside each what it tells. */
function beside(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return lines.map(([command, means]) => `${command.padEnd(width)}   # ${means}`).join('\n');
}

function Way(props: {
  readonly icon: typeof Terminal;
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <div className={`card ${css.way}`}>
      <div className="flex">
        <Icon of={props.icon} />
        <h3>{props.title}</h3>
      </div>
      {props.children}
    </div>
  );
}

/** What has come, and what that means. */
function SoFar({ status }: { readonly status: CollectorStatus }) {
  const down = status.receivers.filter((r) => r.state !== 'up');
  const seen = status.receivers.filter((r) => r.interface_packets !== undefined);
  const any = seen.reduce((sum, r) => sum + r.interface_packets!, 0);
  const rows: { label: string; n: number; means: string }[] = [
    {
      label: 'GRE, protocol 47',
      n: packetsOf(status),
      means: 'no mirror sends here, or something on the way drops it',
    },
    ...(seen.length === 0
      ? []
      : [
          {
            label: `Packets of any kind on ${seen.map((r) => r.name).join(', ')}`,
            n: any,
            means:
              any > 0 ? 'the interface itself works' : 'nothing reaches the interface: cable, VLAN, port?',
          },
        ]),
    ...down.map((r) => ({
      label: `${r.name} is ${r.state}`,
      n: r.packets,
      means: 'nothing can come while it is: see at the right',
    })),
  ];
  return (
    <>
      <h3 className={css.section}>What has come in so far</h3>
      <table aria-label="What has come in so far">
        <thead>
          <tr>
            <th>Seen since the start</th>
            <th className="n">Packets</th>
            <th>What it means</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ label, n, means }) => (
            <tr key={label}>
              <td>{label}</td>
              <td className="n">{count(n)}</td>
              <td className="muted">{means}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** What is in the way, with the command that mends it. */
function ThisHost() {
  const doctor = useAnswer('doctor');
  const { data } = doctor;
  const order = { bad: 0, poor: 1, good: 2 } as const;
  return (
    <Card
      title="This host"
      sub="mirrorlake doctor"
      tools={
        <button
          type="button"
          className="btn sm"
          disabled={doctor.isFetching}
          onClick={() => void doctor.refetch()}
        >
          {doctor.isFetching ? 'Looking …' : 'Look again'}
        </button>
      }
    >
      {doctor.error !== null ? (
        <Wrong error={doctor.error} again={() => void doctor.refetch()} />
      ) : data === undefined ? (
        <Bones lines={8} />
      ) : (
        <Notes label="Findings">
          {[...data.findings]
            .sort((a, b) => order[a.state] - order[b.state])
            .map((finding) => (
              <Finding key={finding.subject + finding.text} finding={finding} />
            ))}
        </Notes>
      )}
      <p className="faint">This page goes by itself when the first packet comes.</p>
    </Card>
  );
}
