/** What happens now: what mirrors send, the conversations that have just ended, and those that are open. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Pause, Play, Search } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useAnswer } from '../../api/use-answer.js';
import { useEvents } from '../../api/use-events.js';
import { useCarried } from '../../app/frame.js';
import { useKey } from '../../app/keys.js';
import { useAbout } from '../../app/scope.js';
import { one, scopeSearch } from '../../app/search.js';
import { bits, count, percent, plural, rate } from '../../format/numbers.js';
import { Spark } from '../../parts/chart.js';
import { Icon } from '../../parts/icon.js';
import { mirrorColor } from '../../parts/marks.js';
import { Choose, Segments } from '../../parts/menu.js';
import { Bones, Empty, Wrong } from '../../parts/states.js';
import { Feed, matches, type ShownRow, shownRow, wordsOf } from './feed.js';
import styles from './live.module.css';
import { type MirrorRate, type Rates, StatusRates } from './rates.js';
import { LiveTable } from './table.js';

/** Cards of mirrors; more are on the page Mirrors. */
const MOST_CARDS = 7;
/** Milliseconds between two looks at what is open, and between two announcements. */
const OPEN_EVERY = 2000;
const ANNOUNCE_EVERY = 10_000;

const SHOWN = [
  { value: 'ended', label: 'Ended' },
  { value: 'open', label: 'Open now' },
] as const;
const ORDERS = [
  { value: 'bytes', label: 'Most bytes' },
  { value: 'packets', label: 'Most packets' },
] as const;

type Second = { readonly ended: number; readonly shown: number; readonly missed: number };

export function LivePage() {
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const shown = one(search.show) === 'open' ? 'open' : 'ended';
  const by = one(search.by) === 'packets' ? 'packets' : 'bytes';
  const [filter, setFilter] = useState(one(search.q) ?? '');
  const [paused, pause] = useState(false);
  const [scrolled, scroll] = useState(false);
  const [rates, setRates] = useState<Rates | null | undefined>();
  const [seconds, setSeconds] = useState<readonly Second[]>([]);
  const [away, setAway] = useState<{ readonly detail: string; readonly hint: string } | undefined>();
  const [feed] = useState(() => new Feed((show) => requestAnimationFrame(show)));
  const [samples] = useState(() => new StatusRates());
  const refused = useEvents('status,rows', {
    status: ({ status }) => setRates(status === null ? null : samples.add(status, performance.now())),
    rows: ({ rows }) => feed.add(rows),
    second: (second) => {
      setAway(undefined);
      setSeconds((before) => [...before.slice(-4), second]);
    },
    away: setAway,
  });
  useKey('pause', () => pause((before) => !before));
  const change = (more: Record<string, string | undefined>): void =>
    void navigate({
      to: '.',
      search: ((before: object) => ({ ...before, ...more })) as never,
      replace: true,
    });

  if (refused !== undefined) return <Wrong error={refused} />;
  if (rates === undefined) return <Bones lines={8} />;
  if (rates === null) return <Nobody />;
  return (
    <>
      <Cards rates={rates} />
      <div className="filters">
        <Segments
          label="Conversations"
          value={shown}
          choices={SHOWN}
          onChange={(show) => change({ show: show === 'ended' ? undefined : show })}
        />
        {shown === 'open' && (
          <Choose
            label="Order"
            value={by}
            choices={ORDERS}
            onChange={(next) => change({ by: next === 'bytes' ? undefined : next })}
            small
          />
        )}
        <button
          type="button"
          className={paused ? 'btn sm on' : 'btn sm'}
          aria-pressed={paused}
          onClick={() => pause(!paused)}
        >
          <Icon of={paused ? Play : Pause} />
          {paused ? 'Go on' : 'Pause'}
          <kbd aria-hidden="true">Space</kbd>
        </button>
        <span className={`search ${styles.filter}`}>
          <Icon of={Search} />
          <input
            aria-label="Filter"
            placeholder="Address, port, application…"
            spellCheck={false}
            value={filter}
            onChange={(event) => {
              setFilter(event.target.value);
              change({ q: event.target.value === '' ? undefined : event.target.value });
            }}
          />
        </span>
        <span className="grow" />
        <span className="muted">{shown === 'ended' && sampled(seconds, paused || scrolled)}</span>
      </div>
      {away !== undefined && shown === 'ended' && (
        <div className="wrong" role="alert">
          <b>{away.detail}</b>
          <p>{away.hint} It is asked again every two seconds.</p>
        </div>
      )}
      {shown === 'ended' ? (
        <Ended feed={feed} filter={filter} held={paused || scrolled} scroll={scroll} />
      ) : (
        <OpenNow by={by} filter={filter} paused={paused} />
      )}
    </>
  );
}

/** Of how many rows those are that are shown. */
function sampled(seconds: readonly Second[], held: boolean): string {
  const last = seconds.at(-1);
  if (last === undefined) return '';
  const ended = seconds.reduce((sum, s) => sum + s.ended, 0) / seconds.length;
  const got = seconds.reduce((sum, s) => sum + s.shown, 0) / seconds.length;
  const all = got >= ended;
  const missed = last.missed > 0 ? ` · ${plural(last.missed, 'row')} missed` : '';
  const which = all ? `all of ${rate(ended)} a second` : `a sample, ${rate(got)} of ${rate(ended)} a second`;
  return `${held ? 'held' : 'newest first'} · ${which}${missed}`;
}

function Nobody() {
  return (
    <section className="card">
      <Empty>
        <b>No collector runs beside this store, so nothing happens here now.</b>
        <span>
          <code className="mono">mirrorlake collect</code> starts one; this page follows it as soon as it
          runs.
        </span>
        <Link to={'/sessions' as string} search={useCarried() as never} className="l">
          What is stored is in Sessions
        </Link>
      </Empty>
    </section>
  );
}

function Cards({ rates }: { readonly rates: Rates }) {
  const { mirrors, open, opened, full } = rates;
  const strongest = [...mirrors].sort((a, b) => b.packets - a.packets).slice(0, MOST_CARDS);
  // A card keeps its place while rates change.
  const cards = mirrors.filter((m) => mirrors.length <= MOST_CARDS || strongest.includes(m));
  const more = mirrors.length - cards.length;
  return (
    <div className={styles.cards}>
      {cards.map((m) => (
        <MirrorCard key={`${m.name} ${m.id}`} of={m} />
      ))}
      <section className="card stat" aria-label="Open now">
        <div className="l">Open now</div>
        <div className="v">
          {count(open)} <small>{open === 1 ? 'conversation' : 'conversations'}</small>
        </div>
        <div className="d">
          {rate(opened)} new/s
          {full !== undefined && ` · table ${percent(full)} full`}
          {more > 0 && (
            <>
              {' · '}
              <Link to={'/mirrors' as string} className="l">
                {plural(more, 'more mirror')}
              </Link>
            </>
          )}
        </div>
      </section>
    </div>
  );
}

function MirrorCard({ of: m }: { readonly of: MirrorRate }) {
  const about = useAbout();
  const name = m.name || m.id;
  const color = mirrorColor(about?.mirrors ?? [], m.id);
  return (
    <section className="card stat" aria-label={name}>
      <div className={`l ${styles.mirror}`} title={name}>
        <i className="dot" style={{ background: color }} />
        {name}
      </div>
      <div className="v">
        {rate(m.packets)} <small>packets/s</small>
      </div>
      <div className="d">
        {m.lost > 0 ? <b className="bad">{rate(m.lost)} lost/s</b> : 'nothing lost'} · {bits(m.bits)}
      </div>
      <Spark values={m.course} color={color} />
    </section>
  );
}

function Ended(props: {
  readonly feed: Feed;
  readonly filter: string;
  readonly held: boolean;
  readonly scroll: (away: boolean) => void;
}) {
  const { feed, filter, held, scroll } = props;
  const newest = useSyncExternalStore(feed.subscribe, feed.get);
  const kept = useRef(newest);
  if (!held) kept.current = newest;
  const rows = useFiltered(kept.current, filter);
  const { m } = scopeSearch(useSearch({ strict: false }) as Record<string, unknown>);
  const ofMirror = useMemo(
    () => (m === undefined || m === 'once' ? rows : rows.filter((row) => row.mirror === m)),
    [rows, m],
  );
  useAnnounced(newest);
  return (
    <LiveTable
      title="Conversations that ended"
      rows={ofMirror}
      ended
      onScrolled={scroll}
      empty={
        newest.length === 0
          ? 'Nothing has ended since this page was opened. A row comes when its conversation ends.'
          : `None of the last ${count(newest.length)} rows matches.`
      }
    />
  );
}

function OpenNow({
  by,
  filter,
  paused,
}: {
  readonly by: 'bytes' | 'packets';
  readonly filter: string;
  readonly paused: boolean;
}) {
  const answer = useAnswer('liveOpen', { by, limit: '200' }, { every: paused ? false : OPEN_EVERY });
  const { data, error } = answer;
  const all = useMemo(() => (data?.rows ?? []).map((row) => shownRow(row, Date.parse(data!.time))), [data]);
  const rows = useFiltered(all, filter);
  if (error !== null) return <Wrong error={error} again={() => void answer.refetch()} />;
  if (data === undefined) return <Bones lines={8} />;
  return (
    <LiveTable
      title={`The strongest of ${plural(data.open, 'open conversation')}`}
      rows={rows}
      ended={false}
      empty={all.length === 0 ? 'No conversation is open.' : 'None of these matches.'}
    />
  );
}

function useFiltered(rows: readonly ShownRow[], filter: string): readonly ShownRow[] {
  const text = useDeferredValue(filter);
  return useMemo(() => {
    const words = wordsOf(text);
    return words.length === 0 ? rows : rows.filter((row) => matches(row, words));
  }, [rows, text]);
}

/** Says aloud how many rows came: each of them would be too much. */
function useAnnounced(rows: readonly ShownRow[]): void {
  const latest = useRef(rows);
  latest.current = rows;
  useEffect(() => {
    const region = document.createElement('div');
    region.className = 'sr';
    region.setAttribute('role', 'status');
    document.body.append(region);
    const timer = setInterval(() => {
      const since = Date.now() - ANNOUNCE_EVERY;
      const older = latest.current.findIndex((row) => row.at < since);
      const n = older < 0 ? latest.current.length : older;
      region.textContent = n === 0 ? '' : `${plural(n, 'conversation')} in ten seconds`;
    }, ANNOUNCE_EVERY);
    return () => {
      clearInterval(timer);
      region.remove();
    };
  }, []);
}
