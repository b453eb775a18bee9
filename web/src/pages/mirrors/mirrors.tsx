import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useMemo } from 'react';
import type { MirrorSaid } from '../../../../src/console/contract/mirrors.js';
import type { CollectorStatus, MirrorStatus } from '../../../../src/model/status.js';
import type { Counters } from '../../api/samples.js';
import { useAnswer } from '../../api/use-answer.js';
import { useRates } from '../../api/use-rates.js';
import { useCarried } from '../../app/frame.js';
import { useKey } from '../../app/keys.js';
import { useAbout, useLookedAt } from '../../app/scope.js';
import { count, percent, plural, rate, seconds } from '../../format/numbers.js';
import { clock, minute, useUtc } from '../../format/times.js';
import { Card } from '../../parts/card.js';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { mirrorColor } from '../../parts/marks.js';
import { Empty } from '../../parts/states.js';
import { Trace } from '../../parts/trace.js';
import { MirrorDetail } from './detail.js';
import {
  gone,
  nameLines,
  nowOf,
  numberWords,
  placeWords,
  suggestedName,
  typeWords,
  upToNow,
  type Verdict,
  verdict,
} from './mirror.js';
import css from './mirrors.module.css';

const SEVERITY = { bad: 0, warn: 1, '': 2, ok: 3 } as const;

export interface MirrorLine {
  readonly mirror: MirrorSaid;
  /** What the collector counts of it. */
  readonly now: MirrorStatus | null;
  readonly verdict: Verdict;
}

export function MirrorsPage() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const looked = useLookedAt();
  const query = looked === undefined ? undefined : { from: looked.query.from, to: looked.query.to };
  const answer = useAnswer('mirrors', query, {
    enabled: query !== undefined,
    every: looked?.every ?? false,
  });
  const live = useAnswer('status', undefined, { every: 1000 });
  const status = live.data?.status ?? null;
  const { data } = answer;
  const rates = useRates(
    live.dataUpdatedAt,
    data === undefined || status === null ? undefined : countersOf(data.mirrors, status),
  );
  // Times are written in UTC, or not.
  const utc = useUtc();
  // biome-ignore lint/correctness/useExhaustiveDependencies: words of times change with the zone
  const lines = useMemo<MirrorLine[]>(
    () =>
      (data?.mirrors ?? []).map((said) => {
        const now = nowOf(said, status);
        const at = live.dataUpdatedAt;
        const started = status === null ? 0 : Date.parse(status.started);
        const runs = looked?.range.running === true;
        const mirror = runs ? upToNow(said, now, started, looked.range.begin) : said;
        const losing = runs ? rates(`${mirror.id} lost`) : undefined;
        const words = (ms: number): string => clock(ms).slice(0, 8);
        return { mirror, now, verdict: verdict(mirror, now, at, words, losing) };
      }),
    [data, status, live.dataUpdatedAt, utc, looked],
  );
  const worst = [...lines].sort((a, b) => SEVERITY[a.verdict.kind] - SEVERITY[b.verdict.kind])[0];
  const chosen = id === undefined ? worst : lines.find((line) => line.mirror.id === id);
  useRows(lines, chosen);
  const named = lines.filter((line) => line.mirror.name !== '').length;
  return (
    <div className={css.page}>
      <Card
        title="Mirror points"
        sub={`${count(named)} named, ${count(lines.length - named + (data?.unlisted ?? 0))} unknown`}
        of={answer}
        meta={data?.meta}
        tools={
          <Link to={'/mirrors/add' as string} search={useCarried() as never} className="btn sm pri">
            <Icon of={Plus} />
            Add a mirror
          </Link>
        }
      >
        {lines.length === 0 ? (
          <Empty>
            <b>No mirror has sent anything yet</b>
            <span>Add one: you get the commands for the switch, and see them take effect.</span>
          </Empty>
        ) : (
          <MirrorTable
            lines={lines}
            chosen={chosen?.mirror.id}
            perSecond={rates}
            live={status !== null}
            from={data!.from}
            length={looked === undefined ? 0 : (looked.range.end - looked.range.begin) / 1000}
            interval={data!.interval}
            at={live.dataUpdatedAt}
          />
        )}
        {(data?.unlisted ?? 0) > 0 && (
          <p className="faint">
            {plural(data!.unlisted, 'further mirror point')} without a name that the collector counts in sum
            only: an entry of mirrors lists each.
          </p>
        )}
      </Card>
      {chosen !== undefined && (
        <MirrorDetail line={chosen} lines={lines} status={status} key={chosen.mirror.id} />
      )}
      {id !== undefined && data !== undefined && chosen === undefined && (
        <Empty>
          <b>There is no mirror point {id}</b>
          <Link to={'/mirrors' as string} className="l">
            All mirrors
          </Link>
        </Empty>
      )}
    </div>
  );
}

/** What of each mirror point has a rate. */
function countersOf(mirrors: readonly MirrorSaid[], status: CollectorStatus): Counters {
  const counters: Record<string, number> = {};
  for (const mirror of mirrors) {
    const now = nowOf(mirror, status);
    if (now === null) continue;
    counters[mirror.id] = now.packets;
    counters[`${mirror.id} lost`] = gone(now);
  }
  return counters;
}

/** J and K go through the lines, Enter shows the sessions. */
function useRows(lines: readonly MirrorLine[], chosen: MirrorLine | undefined): void {
  const navigate = useNavigate();
  const carried = useCarried();
  const step = (by: -1 | 1): void => {
    const at = lines.findIndex((line) => line.mirror.id === chosen?.mirror.id);
    const next = lines[Math.min(lines.length - 1, Math.max(0, at + by))];
    if (next !== undefined) void navigate(toMirror(next.mirror.id, carried) as never);
  };
  useKey('next', () => step(1));
  useKey('previous', () => step(-1));
  useKey(
    'open',
    () => void navigate({ to: '/sessions' as string, search: { ...carried, m: chosen?.mirror.id } as never }),
    chosen !== undefined,
  );
}

function toMirror(id: string, carried: object): object {
  return { to: '/mirrors/$id', params: { id }, search: carried };
}

function MirrorTable(props: {
  readonly lines: readonly MirrorLine[];
  readonly chosen: string | undefined;
  readonly perSecond: (id: string) => number | undefined;
  readonly live: boolean;
  /** Of the traces, seconds. */
  readonly from: number;
  readonly interval: number;
  /** Of the range, seconds. */
  readonly length: number;
  readonly at: number;
}) {
  const { lines, chosen, perSecond, live, from, interval, length, at } = props;
  const navigate = useNavigate();
  const carried = useCarried();
  const points = useAbout()?.mirrors ?? [];
  const begin = minute(from * 1000);
  return (
    <div className={css.wide} tabIndex={0} role="group" aria-label="Mirror points, in a table">
      <table className={css.list}>
        <thead>
          <tr>
            <th>Mirror</th>
            <th>Type</th>
            <th>Source</th>
            <th>Packets, {seconds(length)}</th>
            {live && <th className="n">Now</th>}
            <th className="n">Received</th>
            <th className="n">Lost on the way</th>
            <th className="n">Dropped here</th>
            <th className="n">Cut short</th>
            <th className="n">Malformed</th>
            <th className="n">Last packet</th>
            <th>How it is</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ mirror, now, verdict: said }) => {
            const { account } = mirror;
            const counts = account ?? now;
            const lost = counts === null ? undefined : gone(counts);
            const known = counts !== null && !/^(?:none|unusable)$/.test(counts.sequence);
            const drops = account?.host_drops ?? now?.kernel_drops;
            return (
              <tr
                key={mirror.id}
                aria-selected={mirror.id === chosen}
                onClick={() => void navigate(toMirror(mirror.id, carried) as never)}
              >
                <td>
                  <span className="flex">
                    <i className="dot" style={{ background: mirrorColor(points, mirror.id) }} />
                    <Link {...(toMirror(mirror.id, carried) as { to: string })}>
                      {mirror.name === '' ? <span className="muted">unnamed</span> : mirror.name}
                    </Link>
                    {mirror.name === '' && <GiveName mirror={mirror} />}
                  </span>
                </td>
                <td>{typeWords(mirror.type)}</td>
                <td className="mono">
                  {placeWords(mirror)} <span className="faint">{numberWords(mirror)}</span>
                </td>
                <td>
                  <Trace
                    values={mirror.trace}
                    color={mirrorColor(points, mirror.id)}
                    words={`packets from ${begin} on, by ${seconds(interval)}: ${mirror.trace.join(', ')}`}
                  />
                </td>
                {live && <td className="n">{now === null ? '–' : perSecondWords(perSecond(mirror.id))}</td>}
                <td className="n">{numberOr(counts?.packets)}</td>
                <td className={lost !== undefined && lost > 0 ? 'n bad' : 'n'}>
                  {known && lost !== undefined ? (
                    <>
                      {count(lost)}
                      {lost > 0 && ` · ${percent(lost / (counts.packets + lost))}`}
                    </>
                  ) : (
                    <span title="Without sequence numbers nobody knows">–</span>
                  )}
                </td>
                <td className={(drops ?? 0) > 0 ? 'n bad' : 'n'}>{numberOr(drops)}</td>
                <td className="n">{numberOr(counts?.truncated)}</td>
                <td className={(counts?.malformed ?? 0) > 0 ? 'n warn' : 'n'}>
                  {numberOr(counts?.malformed)}
                </td>
                <td className="n faint">{lastPacket(mirror, now, at)}</td>
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

/** Copies the lines that give it a name; where they go is said below, with the name to type over. */
function GiveName({ mirror }: { readonly mirror: MirrorSaid }) {
  return (
    <button
      type="button"
      className="l"
      onClick={() => void copy(nameLines(mirror, suggestedName(mirror)), 'Its entry for the configuration')}
    >
      give it a name
    </button>
  );
}

function numberOr(n: number | undefined): string {
  return n === undefined ? '–' : count(n);
}

function perSecondWords(n: number | undefined): string {
  return n === undefined ? '…' : `${rate(n >= 10 ? Math.round(n) : Math.round(n * 10) / 10)}/s`;
}

/** `0.2 s ago` from a collector, else the minute of its last row. */
function lastPacket({ account }: MirrorSaid, now: MirrorStatus | null, at: number): string {
  if (now?.last_seen !== undefined) return `${seconds(Math.max(0, at / 1000 - now.last_seen))} ago`;
  return account === null ? '–' : minute(account.last_minute * 1000);
}
