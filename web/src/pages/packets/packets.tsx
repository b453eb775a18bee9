/** The packets of a session: their list, their layers, their bytes; what was said; who else saw it. */
import { Tabs } from '@base-ui/react/tabs';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowLeft, Download, Link as LinkIcon, Terminal } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { PacketsSession } from '../../../../src/console/contract/packets.js';
import { ApiError, call, urlOf } from '../../api/client.js';
import { useAnswer } from '../../api/use-answer.js';
import { OthersAt } from '../../app/astray.js';
import { press, useKey } from '../../app/keys.js';
import { useAbout } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { bytes, count, micros, plural } from '../../format/numbers.js';
import { Statement } from '../../parts/card.js';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { Ladder } from '../../parts/ladder.js';
import type { LadderEvent } from '../../parts/ladder-event.js';
import { TcpState } from '../../parts/marks.js';
import { Bones, Wrong } from '../../parts/states.js';
import { toast } from '../../parts/toasts.js';
import { Bytes, type View } from './bytes.js';
import { ConversationTab, type Sides } from './conversation-tab.js';
import { CopiesTab } from './copies-tab.js';
import { Decoder, nanoseconds, type Place, placeOf } from './decode/frame.js';
import type { Shown as Layer } from './decode/layer.js';
import { MOST_PACKETS } from './decode/paging.js';
import { LayerTree, placeWords } from './layers.js';
import { PacketList } from './list.js';
import css from './packets.module.css';
import { type Loaded, type Shown, usePackets } from './use-packets.js';

const TABS = ['packets', 'conversation', 'ladder', 'copies'] as const;
type Tab = (typeof TABS)[number];

export function PacketsPage() {
  const { id } = useParams({ strict: false }) as { readonly id: string };
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const loaded = usePackets(id);
  const about = useAbout();
  const copies = useAnswer('sessionCopies', undefined, {
    params: { id },
    enabled: loaded.first !== undefined,
  });
  const tab = TABS.find((known) => known === one(search.tab)) ?? 'packets';
  const change = (to: Record<string, unknown>, replace = true): void => {
    void navigate({ to: '.', search: ((before: object) => ({ ...before, ...to })) as never, replace });
  };
  const showPacket = (number: number): void =>
    change({ tab: undefined, at: undefined, n: numberText(number) }, false);
  const { first } = loaded;
  if (loaded.error !== null && first === undefined)
    return (
      <>
        <Wrong error={loaded.error} again={loaded.again} />
        <OthersAt to="/sessions">All sessions</OthersAt>
      </>
    );
  if (first === undefined) return <Bones lines={12} />;
  const { session } = first;
  const others = copies.data?.copies ?? [];
  return (
    <>
      <Head loaded={loaded} session={session} search={search} />
      <section className={`card ${css.card}`} aria-label="Packets of the session">
        <Tabs.Root
          value={tab}
          onValueChange={(next: Tab) => change({ tab: next === 'packets' ? undefined : next }, false)}
          className={css.tabs}
        >
          <Tabs.List className="tabs">
            <Tabs.Tab value="packets">Packets</Tabs.Tab>
            <Tabs.Tab value="conversation">Conversation</Tabs.Tab>
            <Tabs.Tab value="ladder">Ladder</Tabs.Tab>
            <Tabs.Tab value="copies">
              Copies by other mirrors{' '}
              <span className="faint">{copies.data === undefined ? '' : others.length}</span>
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="packets" className={css.panel} tabIndex={-1}>
            {loaded.packets.length === 0 ? (
              <NoPackets />
            ) : (
              <Panes loaded={loaded} search={search} change={change} />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="conversation" className={css.panel} tabIndex={-1}>
            <ConversationTab
              loaded={loaded}
              isStream={session.transport === 'tcp'}
              sides={sidesOf(one(search.side))}
              setSides={(side) => change({ side: side === 'both' ? undefined : side })}
              choose={showPacket}
            />
          </Tabs.Panel>
          <Tabs.Panel value="ladder" className={css.panel} tabIndex={-1}>
            <LadderTab loaded={loaded} session={session} chosen={numberOf(search)} choose={showPacket} />
          </Tabs.Panel>
          <Tabs.Panel value="copies" className={css.panel} tabIndex={-1}>
            {copies.error !== null ? (
              <Wrong error={copies.error} again={() => void copies.refetch()} />
            ) : copies.data === undefined ? (
              <Bones />
            ) : (
              <CopiesTab loaded={loaded} copies={others} mirrors={about?.mirrors ?? []} />
            )}
          </Tabs.Panel>
        </Tabs.Root>
      </section>
    </>
  );
}

/** A packet's number in the address; the first is not named. */
function numberText(number: number): string | undefined {
  return number <= 1 ? undefined : String(number);
}

function numberOf(search: Record<string, unknown>): number {
  const text = one(search.n) ?? '';
  return /^\d{1,9}$/.test(text) ? Math.max(1, Number(text)) : 1;
}

function sidesOf(text: string | undefined): Sides {
  return text === 'client' || text === 'server' ? text : 'both';
}

/** An address with its port, as people write them. */
function end(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function Head(props: {
  readonly loaded: Loaded;
  readonly session: PacketsSession;
  readonly search: Record<string, unknown>;
}) {
  const { loaded, session, search } = props;
  const first = loaded.first!;
  const id = session.session_id;
  const { n, at, tab, side, ...back } = search;
  const lasted = Number(nanoseconds(session.last_seen) - nanoseconds(session.first_seen)) / 1000;
  const cut = useMemo(
    () => loaded.packets.filter(({ packet }) => packet.frame.length < packet.frame.original_length).length,
    [loaded.packets],
  );
  const byMirror = loaded.packets.some(({ packet }) => packet.frame.truncated);
  const range = { from: session.first_seen, to: afterwards(session.last_seen) };
  const toDownload = { ...range, f: [`session_id:${id}`] };
  const downloads = useAnswer('packetsCount', toDownload, { enabled: first.kept > 0 });
  const left = downloads.data?.left ?? 0;
  const download = async (encapsulated: '0' | '1'): Promise<void> => {
    try {
      const { busy } = await call('packetsCount', { query: toDownload });
      if (busy) return toast('Two downloads of yours are running: wait until one has ended, or cancel it');
      const link = document.createElement('a');
      link.href = urlOf('sessionCapture', { params: { id }, query: { encapsulated } });
      link.download = '';
      link.click();
    } catch (error) {
      toast(error instanceof ApiError ? error.message : String(error));
    }
  };
  const command = `mirrorlake export --where "session_id = '${id}'" --output ${id}.pcapng`;
  const outer = session.mirror.startsWith('erspan') ? 'with ERSPAN headers' : 'with outer headers';
  const notes = [
    ...(first.kept > 0 && first.kept < session.packets
      ? [`${count(first.kept)} of ${plural(session.packets, 'packet')} are kept.`]
      : []),
    ...(cut > 0
      ? [
          `${plural(cut, 'packet')} ${cut === 1 ? 'is' : 'are'} here in part: ` +
            (byMirror ? 'the switch cut them, or' : 'the switch cut them without saying so, or') +
            ' only their beginning is kept.',
        ]
      : []),
    ...(left > 0
      ? [
          `${plural(left, 'packet')} cannot get outer headers back: left out ` +
            `of a download with them: an earlier version kept them without what carried them.`,
        ]
      : []),
    ...(loaded.packets.length >= MOST_PACKETS && first.kept > MOST_PACKETS
      ? [`The first ${count(MOST_PACKETS)} of ${count(first.kept)} are shown; the capture has all.`]
      : []),
  ];
  return (
    <>
      <div className={css.head}>
        <Link to={'/sessions' as string} search={back as never} className="btn sm">
          <Icon of={ArrowLeft} />
          Sessions
        </Link>
        <span className={`mono ${css.ends}`}>
          {end(session.client, session.client_port)} → {end(session.server, session.server_port)}
        </span>
        {session.tcp_state !== '' && <TcpState state={session.tcp_state} />}
        <span className="muted">
          {session.app_protocol || session.transport} · {plural(session.packets, 'packet')} ·{' '}
          {bytes(session.bytes)} · {micros(lasted)}
        </span>
        <span className="grow" />
        <button
          type="button"
          className="btn sm"
          disabled={first.kept === 0}
          onClick={() => void download('0')}
        >
          <Icon of={Download} />
          pcapng
        </button>
        <button
          type="button"
          className="btn sm"
          disabled={first.kept === 0}
          onClick={() => void download('1')}
        >
          <Icon of={Download} />
          {outer}
        </button>
        <button type="button" className="btn sm" onClick={() => void copy(command, 'Command')}>
          <Icon of={Terminal} />
          Command
        </button>
        <button type="button" className="btn sm" onClick={() => press('link')}>
          <Icon of={LinkIcon} />
          Copy link
        </button>
        <Statement meta={first.meta} />
      </div>
      {notes.length > 0 && (
        <p className={`faint ${css.notes}`} role="note">
          {notes.join(' ')}
        </p>
      )}
    </>
  );
}

/** Right behind a time: a range's end does not belong to it. */
function afterwards(time: string): string {
  const next = nanoseconds(time) + 1_000_000_000n;
  return `${new Date(Number(next / 1_000_000n)).toISOString().slice(0, -5)}Z`;
}

function NoPackets() {
  return (
    <div className={css.none}>
      <h2>No packets of this session are kept</h2>
      <p className="muted">
        A collector keeps frames of the mirrors that its configuration names; a capture&apos;s are kept when
        it is read so. They go with the retention time.
      </p>
      <pre className="code">{`mirrors:
  - name: dmz
    source: 192.0.2.7
    packets: all            # or: first 128 bytes, first 10 packets`}</pre>
      <pre className="code">mirrorlake read mirror.pcap --packets all</pre>
    </div>
  );
}

/** What is chosen in a packet: its place, and its names, by which it is found in others. */
interface Cursor extends Place {
  readonly number: number;
  readonly layerName: string;
  readonly fieldName: string | undefined;
}

function Panes(props: {
  readonly loaded: Loaded;
  readonly search: Record<string, unknown>;
  readonly change: (to: Record<string, unknown>) => void;
}) {
  const { loaded, search, change } = props;
  const { packets, hasMore, more } = loaded;
  const number = Math.min(numberOf(search), packets.length);
  const shown = packets[number - 1]!;
  const [view, setView] = useState<View>('hex');
  const [cursor, setCursor] = useState<Cursor>();
  // A link may lead beyond what is loaded.
  const wanted = numberOf(search);
  useEffect(() => {
    if (wanted > packets.length && hasMore) more();
  });
  const app = loaded.first!.session.app_protocol;
  const layers = useMemo(() => new Decoder(app).layers(shown.packet, shown.followed.numbers), [app, shown]);
  const chosen = chosenOf(cursor, number, layers, one(search.at));
  const field = chosen === undefined ? undefined : layers[chosen.layer]?.fields[chosen.field];
  const layer = chosen === undefined ? undefined : layers[chosen.layer];
  const [from, to] =
    field !== undefined
      ? field.at < 0
        ? [0, 0]
        : [field.at, field.at + field.length]
      : layer !== undefined && layer.at >= 0
        ? [layer.at, layer.end]
        : [0, 0];
  const go = (place: number): void => {
    const next = Math.max(0, Math.min(packets.length - 1, place)) + 1;
    if (next !== number) change({ n: numberText(next), at: undefined });
  };
  const choose = (place: Place): void => {
    const of = layers[place.layer]!;
    const fieldOf = of.fields[place.field];
    setCursor({ ...place, number, layerName: of.name, fieldName: fieldOf?.name });
    const [at, length] = fieldOf === undefined ? [of.at, of.end - of.at] : [fieldOf.at, fieldOf.length];
    change({ at: at < 0 || length === 0 ? undefined : `${at}~${length}` });
  };
  useKey('next', () => go(number));
  useKey('previous', () => go(number - 2));
  useKey('bytes', () => setView(view === 'hex' ? 'text' : 'hex'));
  const { original_length: length } = shown.packet.frame;
  return (
    <div className={css.panes}>
      <PacketList loaded={loaded} chosen={number - 1} choose={go} />
      <LayerTree
        number={number}
        of={count(loaded.first!.kept)}
        length={length}
        layers={layers}
        chosen={chosen}
        choose={choose}
        move={(by) => go(number - 1 + by)}
      />
      <Bytes
        bytes={shown.packet.bytes}
        layers={layers}
        from={from}
        to={to}
        words={placeWords(layers, chosen, shown.packet.bytes.length)}
        view={view}
        setView={setView}
        choose={(byte) => {
          const place = placeOf(layers, byte);
          if (place !== undefined) choose(place);
        }}
      />
    </div>
  );
}

/**
 * What is chosen of a packet: what was, what the address says, or what has the same names as what was chosen
 * of another.
 */
function chosenOf(
  cursor: Cursor | undefined,
  number: number,
  layers: readonly Layer[],
  at: string | undefined,
): Place | undefined {
  if (cursor?.number === number) return cursor;
  const named = /^(\d{1,6})~(\d{1,6})$/.exec(at ?? '');
  if (named !== null) {
    const [from, length] = [Number(named[1]), Number(named[2])];
    for (const [layer, { fields, at: begin, end: last }] of layers.entries()) {
      const field = fields.findIndex((one) => one.at === from && one.length === length);
      if (field >= 0 || (begin === from && last - begin === length)) return { layer, field };
    }
    return placeOf(layers, from);
  }
  if (cursor === undefined) return undefined;
  const layer = layers.findIndex(({ name }) => name === cursor.layerName);
  if (layer < 0) return undefined;
  const field = layers[layer]!.fields.findIndex(({ name }) => name === cursor.fieldName);
  return cursor.fieldName === undefined || field >= 0 ? { layer, field } : undefined;
}

function LadderTab(props: {
  readonly loaded: Loaded;
  readonly session: PacketsSession;
  readonly chosen: number;
  readonly choose: (number: number) => void;
}) {
  const { loaded, session, chosen, choose } = props;
  const events = useMemo(() => loaded.packets.map(eventOf), [loaded.packets]);
  return (
    <div className={css.tab}>
      <Ladder
        title="Ladder"
        client={end(session.client, session.client_port)}
        server={end(session.server, session.server_port)}
        events={events}
        chosen={chosen - 1}
        choose={(place) => choose(place + 1)}
      />
      {loaded.hasMore && (
        <button type="button" className="btn sm" disabled={loaded.isLoading} onClick={loaded.more}>
          1,000 more packets
        </button>
      )}
    </div>
  );
}

function eventOf({ packet, followed, ms }: Shown): LadderEvent {
  const said = packet.isData ? '' : packet.says;
  const sent = packet.payloadLength > 0 ? bytes(packet.payloadLength) : '';
  return {
    at: ms * 1000,
    from: packet.frame.direction === 'server' ? 'server' : 'client',
    label: (said || packet.flags).slice(0, 60),
    note: [said === '' ? '' : packet.flags, sent, followed.mark].filter((text) => text !== '').join(' · '),
    bad: followed.mark === 'sent again' || packet.flags.includes('RST'),
  };
}
