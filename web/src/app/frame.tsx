/** What is around every page: the rail with the pages and the collector, and the bar above. */
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import {
  ChevronLeft,
  ChevronRight,
  Clock,
  Moon,
  Play,
  Search,
  SquareArrowRight,
  Sun,
  Tag,
} from 'lucide-react';
import { useRef, useState } from 'react';
import { useAnswer } from '../api/use-answer.js';
import { plural, seconds } from '../format/numbers.js';
import { setUtc, span, useUtc, zone } from '../format/times.js';
import { copy } from '../parts/copy.js';
import { Icon } from '../parts/icon.js';
import { mirrorLabel } from '../parts/marks.js';
import { Choose } from '../parts/menu.js';
import { toggleNames, useNamesRange, useNamesShown } from '../parts/names.js';
import { toggleTwins } from '../parts/twins.js';
import { StoreAway, WrongTime } from './astray.js';
import { CaptureStrip, CapturesDialog, DropCapture, useSender } from './captures.js';
import { KeyHelp } from './key-help.js';
import { useKey } from './keys.js';
import { PAGES, type Page, useCarried } from './pages.js';
import { Palette } from './palette.js';
import { absolute, RUNNING, runningWords, shifted } from './range.js';
import { useAbout, useChangeScope, useLookedAt } from './scope.js';
import { useMe } from './signed-in.js';
import { sought } from './sought.js';
import { toggleTheme } from './theme.js';
import { TimeDialog } from './time-dialog.js';
import { useTheme } from './use-theme.js';
import { ViewsDialog, ViewsMenu } from './views.js';

export { PAGES, useCarried };

export function Frame() {
  const [help, showHelp] = useState(false);
  const [palette, showPalette] = useState(false);
  const [views, showViews] = useState(false);
  const [captures, showCaptures] = useState(false);
  const sender = useSender();
  const me = useMe();
  useKey('help', () => showHelp(true));
  useKey('palette', () => showPalette(true));
  useKey('twins', toggleTwins);
  useKey('save', () => showViews(true));
  useKey('theme', toggleTheme);
  useKey('names', toggleNames);
  useNamesRange();
  return (
    <div className="app">
      <a className="skip" href="#content">
        To the content
      </a>
      <Rail />
      <div className="main">
        <Bar />
        <CaptureStrip />
        <DropCapture sender={sender} />
        <main className="body" id="content" tabIndex={-1}>
          <WrongTime />
          <StoreAway />
          <Outlet />
        </main>
      </div>
      <Palette
        open={palette}
        close={() => showPalette(false)}
        captures={me?.rights.includes('captures') === true ? () => showCaptures(true) : undefined}
      />
      <CapturesDialog open={captures} close={() => showCaptures(false)} sender={sender} />
      <ViewsDialog open={views} close={() => showViews(false)} />
      <KeyHelp open={help} close={() => showHelp(false)} />
    </div>
  );
}

function Rail() {
  return (
    <nav className="rail" aria-label="Pages">
      <Link to="/" className="brand" search={useCarried() as never} aria-label="mirrorlake">
        <Logo />
        <span>mirrorlake</span>
      </Link>
      <div className="nav">
        {PAGES.map(({ group, pages }) => (
          <div key={group ?? ''} className="nav">
            {group !== undefined && <h2>{group}</h2>}
            {pages.map((page) => (
              <RailLink key={page.to} page={page} />
            ))}
          </div>
        ))}
      </div>
      <Foot />
    </nav>
  );
}

function RailLink({ page }: { readonly page: Page }) {
  const navigate = useNavigate();
  const carried = useCarried();
  useKey(page.key, () => void navigate({ to: page.to, search: carried as never }));
  return (
    <Link
      to={page.to}
      search={carried as never}
      activeOptions={{ exact: page.to === '/', includeSearch: false }}
      title={page.title}
    >
      <Icon of={page.icon} />
      <span>{page.title}</span>
    </Link>
  );
}

function Logo() {
  return (
    <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="var(--accent)" />
      <path
        d="M5 9c2-2 5-2 7 0s5 2 7 0M5 15c2-2 5-2 7 0s5 2 7 0"
        fill="none"
        stroke="var(--accentText)"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  );
}

/** The collector, in two lines. */
function Foot() {
  const about = useAbout();
  const { data } = useAnswer('status', undefined, { every: 5000 });
  if (about === undefined) return <div className="foot" />;
  if (data?.status == null)
    return (
      <div className="foot">
        <div className="flex">
          <span className="dot off" />
          <b>no collector</b>
        </div>
        {about.capture || about.store}
      </div>
    );
  const { status } = data;
  const drops = status.receivers.reduce((sum, r) => sum + r.dropped, 0);
  const waiting = status.store.spool_segments;
  return (
    <div className="foot">
      <div className="flex">
        <span className={status.store.state === 'up' ? 'dot' : 'dot bad'} />
        <b>{status.collector}</b>
      </div>
      up {seconds(Math.max(0, (Date.now() - Date.parse(status.started)) / 1000))} ·{' '}
      <span className={drops > 0 ? 'bad' : ''}>{plural(drops, 'kernel drop')}</span>
      <br />
      store {status.store.state} ·{' '}
      {waiting === 0 ? 'nothing waiting' : plural(waiting, 'segment waiting', 'segments waiting')}
    </div>
  );
}

function Bar() {
  const title = useRouterState({
    select: ({ matches }) =>
      // Every page is a route below the frame's.
      matches.length === 1
        ? 'No such page'
        : ((matches.at(-1)?.staticData as { title?: string } | undefined)?.title ?? ''),
  });
  const theme = useTheme();
  const names = useNamesShown();
  const looked = useLookedAt();
  const change = useChangeScope();
  useKey('link', () => {
    const url = new URL(location.href);
    if (looked !== undefined) url.searchParams.set('t', absolute(looked.range.begin, looked.range.end).text);
    void copy(url.href.replaceAll('%3A', ':').replaceAll('%7E', '~'), 'Link');
  });
  return (
    <div className="top">
      <h1>{title}</h1>
      <SearchBox />
      <span className="grow" />
      <Scope />
      <Time />
      <button
        type="button"
        className={looked?.range.running === true ? 'btn live' : 'btn'}
        aria-pressed={looked?.range.running === true}
        onClick={() =>
          change({
            t: looked?.range.running === true ? absolute(looked.range.begin, looked.range.end).text : '-1h',
          })
        }
      >
        <Icon of={Play} />
        Live
      </button>
      <button
        type="button"
        className={names ? 'btn ghost icon on' : 'btn ghost icon'}
        aria-label="Names beside addresses"
        title="Names beside addresses (Shift N)"
        aria-pressed={names}
        onClick={toggleNames}
      >
        <Icon of={Tag} />
      </button>
      <ViewsMenu />
      <button type="button" className="btn ghost icon" aria-label="Light or dark" onClick={toggleTheme}>
        <Icon of={theme === 'dark' ? Sun : Moon} />
      </button>
    </div>
  );
}

function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const carried = useCarried();
  useKey('search', () => input.current?.select());
  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = input.current?.value.trim() ?? '';
        if (text === '') return;
        const { to, search } = sought(text);
        input.current?.blur();
        void navigate({ to, search: { ...carried, ...search } as never });
      }}
    >
      <Icon of={Search} />
      <input
        ref={input}
        aria-label="Search"
        placeholder="Search an address, a port…"
        spellCheck={false}
        autoComplete="off"
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

/** Whose packets are looked at. */
function Scope() {
  const about = useAbout();
  const looked = useLookedAt();
  const change = useChangeScope();
  if (about === undefined) return null;
  return (
    <Choose
      label="Mirrors that are looked at"
      icon={SquareArrowRight}
      value={looked?.mirror ?? 'all'}
      choices={[
        { value: 'all', label: 'All mirrors' },
        { value: 'once', label: 'Each conversation once' },
        ...about.mirrors.map((m) => ({
          value: m.id,
          label: mirrorLabel(about.mirrors, m.id),
          more: m.site || undefined,
        })),
      ]}
      onChange={(m) => change({ m: m === 'all' ? undefined : m })}
    />
  );
}

function Time() {
  const looked = useLookedAt();
  const change = useChangeScope();
  const utc = useUtc();
  const [open, setOpen] = useState(false);
  const shift = (by: -1 | 1): void => {
    if (looked !== undefined) change({ t: shifted(looked.range, by).text });
  };
  useKey('earlier', () => shift(-1));
  useKey('later', () => shift(1));
  useKey('time', () => setOpen(true));
  if (looked === undefined) return null;
  const { range } = looked;
  return (
    <>
      <span className="grp">
        <button type="button" className="btn icon" aria-label="Earlier" onClick={() => shift(-1)}>
          <Icon of={ChevronLeft} />
        </button>
        <button type="button" className="btn" onClick={() => setOpen(true)} title={zone(range.begin)}>
          <Icon of={Clock} />
          {range.running ? runningWords(range.text) : span(range.begin, range.end)}
          <span className="faint">{zone(range.begin)}</span>
        </button>
        <button type="button" className="btn icon" aria-label="Later" onClick={() => shift(1)}>
          <Icon of={ChevronRight} />
        </button>
      </span>
      <TimeDialog
        open={open}
        close={() => setOpen(false)}
        range={range}
        choices={RUNNING}
        choose={(t) => change({ t })}
        utc={utc}
        setUtc={setUtc}
      />
    </>
  );
}
