import { Link } from '@tanstack/react-router';
import { ArrowLeftRight, List, Terminal } from 'lucide-react';
import { Fragment, useState } from 'react';
import type { MirrorAccount } from '../../../../src/console/contract/mirrors.js';
import { isPlainType } from '../../../../src/console/contract/plain-points.js';
import type { CollectorStatus } from '../../../../src/model/status.js';
import { useAnswer } from '../../api/use-answer.js';
import { useCarried } from '../../app/frame.js';
import { useAbout, useLookedAt } from '../../app/scope.js';
import { count, nanoseconds, percent, plural, seconds } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Chart } from '../../parts/chart.js';
import { Code, CopyButton } from '../../parts/code.js';
import { Icon } from '../../parts/icon.js';
import { mirrorColor } from '../../parts/marks.js';
import { Note, Notes } from '../../parts/note.js';
import { Empty } from '../../parts/states.js';
import { adviceFor } from './advice.js';
import { gone, nameLines, numberWords, SEQUENCE_WORDS, suggestedName, typeWords } from './mirror.js';
import type { MirrorLine } from './mirrors.js';
import css from './mirrors.module.css';

export function MirrorDetail(props: {
  readonly line: MirrorLine;
  readonly lines: readonly MirrorLine[];
  readonly status: CollectorStatus | null;
}) {
  const { line, lines, status } = props;
  const { mirror, now } = line;
  const looked = useLookedAt();
  const carried = useCarried();
  const points = useAbout()?.mirrors ?? [];
  // An entry that has sent nothing is no mirror point, and has no minutes.
  const asked = looked !== undefined && mirror.account !== null;
  const minutes = useAnswer(
    'mirrorMinutes',
    { from: looked?.query.from, to: looked?.query.to, points: '120' },
    { params: { id: mirror.id }, enabled: asked, every: looked?.every ?? false },
  );
  const color = mirrorColor(points, mirror.id);
  const { data } = minutes;
  const other = lines.find((l) => l.mirror.id !== mirror.id && l.mirror.account !== null)?.mirror;
  const advice = adviceFor({ mirror, now, mirrors: lines.map((l) => l.mirror), minutes: data, status });
  return (
    <>
      <div className={css.head}>
        <i className="dot" style={{ background: color }} />
        <h2>{mirror.name || 'unnamed'}</h2>
        <span className="muted">{facts(line)}</span>
        <span className="grow" />
        <Link
          to={'/sessions' as string}
          // A conversation of a group is that of the mirror which saw it first, and was seen by others.
          search={
            (mirror.grouped
              ? { t: carried.t, f: [`seen_by:${mirror.name}`] }
              : { ...carried, m: mirror.id }) as never
          }
          className="btn sm"
        >
          <Icon of={List} />
          Its sessions
        </Link>
        {other !== undefined && (
          <Link
            to={'/compare' as string}
            search={{ ...carried, a: mirror.id, b: other.id } as never}
            className="btn sm"
          >
            <Icon of={ArrowLeftRight} />
            Compare with {other.name || other.source}
          </Link>
        )}
        <Link
          to={'/mirrors/add' as string}
          search={
            {
              ...carried,
              ...(mirror.name !== '' && { name: mirror.name }),
              source: mirror.source,
              ...(mirror.session !== null && mirror.session !== 0 && { session: String(mirror.session) }),
            } as never
          }
          className="btn sm"
        >
          <Icon of={Terminal} />
          Switch commands
        </Link>
      </div>
      <div className={`grid ${css.top}`}>
        <Card
          title="Packets received and lost"
          meta={data?.meta}
          tools={data === undefined ? undefined : <span>{stepWords(data.interval)}</span>}
          {...(asked && { of: minutes })}
        >
          {data === undefined ? (
            <Empty>Nothing of it is in the store in this time.</Empty>
          ) : (
            <Chart
              title="Packets received and lost"
              from={data.from}
              interval={data.interval}
              series={[
                { name: 'received', values: data.received, color },
                {
                  name: 'lost',
                  label: 'lost: numbers missing in its sequence',
                  values: data.lost.map((n, i) => Math.max(0, n - data.late[i]!)),
                  color: 'var(--bad)',
                },
              ]}
              format={count}
              height={190}
            />
          )}
        </Card>
        <Account
          line={line}
          alone={lines.filter((l) => l.mirror.account !== null).length <= 1}
          color={color}
        />
      </div>
      <div className={`grid ${css.below}`}>
        <Card title="What to do about it">
          {advice.length === 0 ? (
            <Empty>
              <span>
                Nothing: no loss, nothing dropped here, no fragments missing, no frame that cannot be right.
              </span>
            </Empty>
          ) : (
            <Notes label="What to do about it">
              {advice.map(({ kind, title, words, commands }) => (
                <Note key={title} kind={kind} title={title} {...(commands !== undefined && { commands })}>
                  <p>{words}</p>
                </Note>
              ))}
            </Notes>
          )}
        </Card>
        <Naming line={line} status={status} />
        {mirror.account?.clock != null && <Clock clock={mirror.account.clock} />}
      </div>
    </>
  );
}

function stepWords(interval: number): string {
  return interval === 60 ? 'a minute a bar' : `${seconds(interval)} a bar`;
}

/** `10.0.0.12 → 10.0.0.100 · ERSPAN III session 2 · one sequence for the mirror · amsterdam`. */
function facts({ mirror, now }: MirrorLine): string {
  const sequence = mirror.account?.sequence ?? now?.sequence;
  return [
    isPlainType(mirror.type)
      ? mirror.name
      : mirror.target === ''
        ? mirror.source || 'any source'
        : `${mirror.source} → ${mirror.target}`,
    `${typeWords(mirror.type)} ${numberWords(mirror)}`.trim(),
    mirror.target === '' || sequence === undefined ? '' : SEQUENCE_WORDS[sequence],
    mirror.site,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** Sent = received + lost on the way + dropped here; and of what was received, what was wrong with it. */
function Account(props: {
  readonly line: MirrorLine;
  /** No other mirror point had a part in what this host dropped. */
  readonly alone: boolean;
  readonly color: string;
}) {
  const { line, alone, color } = props;
  const { mirror, now } = line;
  const counts = mirror.account ?? now;
  if (counts === null || (counts.packets === 0 && counts.sequence === 'none'))
    return (
      <Card title="Where its packets went">
        <Empty>It has sent nothing in this time.</Empty>
      </Card>
    );
  const known = !/^(?:none|unusable)$/.test(counts.sequence);
  const lost = gone(counts);
  const drops = mirror.account?.host_drops ?? now?.kernel_drops ?? 0;
  // Of what all mirrors lost here nobody knows how much was this one's, but from its own counters.
  const its = mirror.account === null || alone;
  const received = counts.packets - counts.repeated;
  const sent = received + lost + (its ? drops : 0);
  const share = (n: number): string => (sent === 0 ? '' : percent(n / sent));
  const bars = [
    {
      label: 'Sent by the switch',
      more: known ? 'by its sequence numbers' : 'at least: it has no sequence numbers',
      n: sent,
      color: 'var(--s7)',
    },
    { label: 'Received', more: share(received), n: received, color },
    {
      label: 'Lost on the way',
      more: known ? `switch or network${lost > 0 ? `, ${share(lost)}` : ''}` : 'cannot be seen',
      n: known ? lost : undefined,
      color: 'var(--bad)',
    },
    {
      label: 'Dropped by this host',
      more: drops === 0 ? 'its kernel had room for all' : its ? 'no room in time' : 'of all mirrors',
      n: drops,
      color: 'var(--bad)',
    },
  ];
  const within = [
    ['came twice by the network', counts.repeated],
    ['out of order', counts.reordered],
    ['counted as lost, and came late', counts.late],
    ['cut short by the switch', counts.truncated],
    ['with fragments missing', mirror.account?.incomplete ?? 0],
    ['malformed', counts.malformed],
  ] as const;
  const wrong = within.filter(([, n]) => n > 0);
  return (
    <Card
      title="Where its packets went"
      sub={mirror.account === null ? 'since the collector started' : undefined}
    >
      {bars.map((bar) => (
        <div key={bar.label} className={css.account}>
          <span>
            {bar.label}
            <small>{bar.more}</small>
          </span>
          <span className="track" aria-hidden="true">
            <span
              style={{
                width: `${sent === 0 ? 0 : Math.min(100, ((bar.n ?? 0) / sent) * 100)}%`,
                background: bar.color,
              }}
            />
          </span>
          <b className={bar.color === 'var(--bad)' && (bar.n ?? 0) > 0 ? 'bad' : ''}>
            {bar.n === undefined ? '–' : count(bar.n)}
          </b>
        </div>
      ))}
      <div className={css.within}>
        {wrong.length === 0 ? (
          <span className="faint">Of those received none was repeated, out of order, cut or malformed.</span>
        ) : (
          wrong.map(([label, n]) => (
            <div key={label} className="flex">
              <span className="muted">{label}</span>
              <span className="grow" />
              <span>{count(n)}</span>
            </div>
          ))
        )}
      </div>
    </Card>
  );
}

/** The clock of its switch, whose timestamps are the times of its frames. */
function Clock({ clock }: { readonly clock: NonNullable<MirrorAccount['clock']> }) {
  const { name, kind, offset_ns, drift_ppb, delay_ns, jitter_ns, disbelieved, jumps } = clock;
  const signed = (n: number): string => (n < 0 ? `−${nanoseconds(-n)}` : nanoseconds(n));
  const facts = [
    ['Clock', name],
    ['It shows', kind === 'absolute' ? 'the time of day' : 'a count, fitted to when frames came'],
    ['To add for UTC', signed(offset_ns)],
    ['Runs', drift_ppb === 0 ? 'as fast as this host’s' : driftWords(drift_ppb)],
    ['Least time on the way', signed(delay_ns)],
    ['Jitter, at most', nanoseconds(jitter_ns)],
    ['Timestamps not believed', count(disbelieved)],
    ['Set, or restarted', jumps === 0 ? 'never' : plural(jumps, 'time')],
  ] as const;
  return (
    <Card title="Its clock" sub="times are the switch’s">
      <dl className="kv">
        {facts.map(([label, value]) => (
          <Fragment key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </Card>
  );
}

/** `2.5 ppm faster than this host’s`. */
function driftWords(ppb: number): string {
  const ppm = (Math.abs(ppb) / 1000).toLocaleString('en-US');
  return `${ppm} ppm ${ppb > 0 ? 'faster' : 'slower'} than this host’s`;
}

/** The lines of the configuration that name it: this page changes none. */
function Naming({
  line: { mirror },
  status,
}: {
  readonly line: MirrorLine;
  readonly status: CollectorStatus | null;
}) {
  const [typed, type] = useState<string | undefined>();
  const name = typed ?? (mirror.name || suggestedName(mirror));
  const lines = nameLines(mirror, name);
  return (
    <Card
      title="Its name here"
      className={css.naming!}
      tools={<CopyButton text={lines} what="Its entry for the configuration" />}
    >
      {mirror.name === '' && (
        <label className={css.name}>
          Name
          <input className="mono" value={name} spellCheck={false} onChange={(e) => type(e.target.value)} />
        </label>
      )}
      <Code label="Its entry in the configuration">{lines}</Code>
      <p className="muted">
        {mirror.entry === null ? (
          <>
            {mirror.name === '' ? 'Paste it into' : 'An entry like this is in'} the collector's configuration,
            the file behind <span className="mono">collect --config</span> (
            <span className="mono">/etc/mirrorlake.yaml</span> where it runs as a service), then{' '}
          </>
        ) : (
          <>
            From <span className="mono">{mirror.entry.file}</span>, line {mirror.entry.line}. Change it there,
            then{' '}
          </>
        )}
        <span className="mono">systemctl reload mirrorlake</span>
        {status !== null && (
          <>
            {' '}
            or <span className="mono">kill -HUP {status.pid}</span>
          </>
        )}
        . This console changes no configuration.
      </p>
      {mirror.name === '' && (
        <p className="faint">
          With a name it is listed even when it is silent, and keeps {plural(1024, 'place')} that no other
          traffic takes.
        </p>
      )}
    </Card>
  );
}
