/** One conversation beside the list: what was said, how much, how it ended, who mirrored it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Copy, Download, ExternalLink, Eye, X } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { isPlainType, sourceInId } from '../../../../src/console/contract/plain-points.js';
import type { Row } from '../../../../src/console/contract/sessions.js';
import type { Answer, Meta } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useCarried } from '../../app/frame.js';
import { useAbout } from '../../app/scope.js';
import { PREFIX } from '../../app/served.js';
import { useMe } from '../../app/signed-in.js';
import { bytes, count, micros, percent, plural } from '../../format/numbers.js';
import { printable } from '../../format/text.js';
import { day, nanoClock } from '../../format/times.js';
import { Statement } from '../../parts/card.js';
import { copy } from '../../parts/copy.js';
import { Icon } from '../../parts/icon.js';
import { ShortLadder } from '../../parts/ladder.js';
import { mirrorLabel, STATES, TcpState } from '../../parts/marks.js';
import { Actions } from '../../parts/menu.js';
import { sourceWords, useNames } from '../../parts/names.js';
import { Bones, Wrong } from '../../parts/states.js';
import { textOf } from './cells.js';
import { COLUMNS, type Mirrors, sideText } from './columns.js';
import { type KeptFrame, stepsOfFrames, stepsOfRow } from './ladder-steps.js';
import css from './sessions.module.css';
import { endWords, Outcome } from './words.js';

/** Packets of which a ladder is drawn. */
const MOST_FRAMES = 1000;
/** Steps of it that are drawn. */
const MOST_STEPS = 16;
/** Transactions that the drawer lists. */
const MOST_TRANSACTIONS = 50;

export function SessionDrawer(props: {
  readonly id: string;
  readonly mirrors: Mirrors;
  readonly close: () => void;
  readonly packets: (id: string) => void;
}) {
  const { id, mirrors, close, packets } = props;
  const answer = useAnswer('session', undefined, { params: { id } });
  const { data, error } = answer;
  const session = data?.session;
  return (
    <Drawer
      title={session === undefined ? '' : ends(session)}
      sub={session === undefined ? '' : subOf(session, mirrors)}
      close={close}
      stale={answer.isPlaceholderData}
      meta={data?.meta}
    >
      {error !== null ? (
        <Wrong error={error} again={() => void answer.refetch()} />
      ) : data === undefined ? (
        <Bones lines={9} />
      ) : (
        <Conversation data={data} mirrors={mirrors} packets={packets} />
      )}
    </Drawer>
  );
}

/** `10.20.0.34:49184 → 10.30.0.30:80`. */
function ends(row: Row): string {
  const side = (of: 'client' | 'server'): string => sideText(textOf(row[of]), Number(row[`${of}_port`]));
  return `${side('client')} → ${side('server')}`;
}

function subOf(row: Row, mirrors: Mirrors): string {
  const source = sourceInId(textOf(row.mirror_type), textOf(row.mirror_source), textOf(row.mirror_name));
  const point = `${row.mirror_type},${source},${row.mirror_session},${textOf(row.gre_key)}`;
  const vlans = row.vlan_ids as readonly number[];
  return [
    [textOf(row.app_protocol) || textOf(row.transport), textOf(row.server_name)].filter(Boolean).join(', '),
    textOf(row.mirror_name) || mirrorLabel(mirrors, point),
    ...(vlans.length > 0 ? [`VLAN ${vlans.join(', ')}`] : []),
    ...(row.vni === null ? [] : [`VNI ${row.vni}`]),
  ].join(' · ');
}

export function Drawer(props: {
  readonly title: string;
  readonly sub: string;
  readonly close: () => void;
  readonly stale?: boolean;
  readonly meta?: Meta | undefined;
  readonly children: ReactNode;
}) {
  const { title, sub, close, stale = false, meta, children } = props;
  return (
    <aside className={stale ? `card ${css.drawer} ${css.stale}` : `card ${css.drawer}`} aria-label="Details">
      <header>
        <span className={css.title}>
          <h2 className="mono">{printable(title)}</h2>
          <span className="sub" title={sub}>
            {printable(sub)}
          </span>
        </span>
        <span className="r">
          {meta !== undefined && <Statement meta={meta} />}
          <button type="button" className="btn sm icon ghost" aria-label="Close the details" onClick={close}>
            <Icon of={X} />
          </button>
        </span>
      </header>
      <div className="in">{children}</div>
    </aside>
  );
}

/**
 * The conversation's first packets, for its ladder; none where none are kept, or this person may not see
 * them.
 */
function useFrames(id: string, kept: number): readonly KeptFrame[] | undefined {
  const me = useMe();
  const allowed = kept > 0 && me?.rights.includes('packets') === true;
  return (
    useQuery({
      queryKey: ['ladder', id],
      queryFn: async ({ signal }) => {
        const url = `${PREFIX}/api/v1/sessions/${id}/packets?limit=${MOST_FRAMES}`;
        const response = await fetch(url, { signal, credentials: 'same-origin' });
        if (!response.ok) return null;
        return ((await response.json()) as { frames: readonly KeptFrame[] }).frames;
      },
      enabled: allowed,
      staleTime: Number.POSITIVE_INFINITY,
    }).data ?? undefined
  );
}

function Conversation(props: {
  readonly data: Answer<'session'>;
  readonly mirrors: Mirrors;
  readonly packets: (id: string) => void;
}) {
  const { data, mirrors, packets } = props;
  const { session, packets_kept: kept } = data;
  // The answer's, which is the former one until the next is there.
  const id = textOf(session.session_id);
  const told = useAnswer('sessionTransactions', { limit: String(MOST_TRANSACTIONS) }, { params: { id } });
  const [client, server] = [textOf(session.client), textOf(session.server)];
  const frames = useFrames(id, kept);
  const rows = told.isPlaceholderData ? undefined : told.data?.rows;
  const steps = useMemo(() => {
    if (frames !== undefined && frames.length > 0) return stepsOfFrames(session, frames, rows ?? []);
    return stepsOfRow(session, rows ?? []);
  }, [session, frames, rows]);
  return (
    <>
      <Buttons id={id} data={data} packets={packets} />
      <div>
        <ShortLadder
          title={`${client} and ${server}`}
          client={client}
          server={server}
          events={steps}
          most={MOST_STEPS}
        />
        {kept === 0 && <p className="faint">From the session's row: no packets of it are kept.</p>}
        {kept > MOST_FRAMES && frames !== undefined && (
          <p className="faint">
            The first {count(MOST_FRAMES)} of {count(kept)} packets.
          </p>
        )}
      </div>
      <Numbers session={session} />
      <Ends session={session} />
      {rows !== undefined && rows.length > 0 && (
        <Transactions id={id} rows={rows} more={told.data?.next !== null} />
      )}
      <Tls session={session} />
      <Facts data={data} mirrors={mirrors} />
    </>
  );
}

function Buttons(props: {
  readonly id: string;
  readonly data: Answer<'session'>;
  readonly packets: (id: string) => void;
}) {
  const { id, data, packets } = props;
  const { session, packets_kept: kept } = data;
  const me = useMe();
  const allowed = me?.rights.includes('packets') === true;
  const why = kept === 0 ? 'No packets of it are kept' : allowed ? undefined : 'This takes the right packets';
  const community = textOf(session.community_id);
  return (
    <div className="filters">
      <button
        type="button"
        className="btn sm pri"
        disabled={why !== undefined}
        title={why}
        onClick={() => packets(id)}
      >
        <Icon of={Eye} />
        {kept === 0 ? 'No packets' : plural(kept, 'packet')}
        {why === undefined && <kbd aria-hidden="true">P</kbd>}
      </button>
      {why === undefined && (
        <a className="btn sm" href={`${PREFIX}/api/v1/sessions/${id}/packets.pcapng`} download>
          <Icon of={Download} />
          pcapng
        </a>
      )}
      <Actions
        trigger={
          <button type="button" className="btn sm">
            <Icon of={Copy} />
            Copy as
          </button>
        }
        actions={[
          {
            label: 'Community ID',
            act: () => void copy(community, 'Community ID'),
            disabled: community === '',
          },
          { label: 'Session id', act: () => void copy(id, 'Session id') },
          {
            label: 'Command: mirrorlake export',
            act: () =>
              void copy(`mirrorlake export --where "session_id = '${id}'" --output ${id}.pcapng`, 'Command'),
          },
          { label: 'JSON', act: () => void copy(JSON.stringify(session, undefined, 2), 'JSON') },
        ]}
      />
    </div>
  );
}

const ENDS = [
  ['Network', 'network'],
  ['Role', 'role'],
  ['Site', 'site'],
  ['AS', 'asn'],
  ['AS name', 'as_org'],
  ['Country', 'country'],
] as const;

/** Who both sides are: names, and what the row says of them. Lines of nothing are left out. */
function Ends({ session }: { readonly session: Row }) {
  const sides = ['client', 'server'] as const;
  const names = useNames(sides.map((side) => textOf(session[side])));
  const called = sides.map((side) => names.get(textOf(session[side])) ?? []);
  const said = (name: string): string[] =>
    sides.map((side) => {
      const value = session[`${side}_${name}`];
      return value === 0 ? '' : textOf(value);
    });
  const lines = ENDS.map(([label, name]) => [label, said(name)] as const).filter(([, values]) =>
    values.some(Boolean),
  );
  if (lines.length === 0 && called.every((one) => one.length === 0)) return null;
  return (
    <table className={css.tight} aria-label="Who both sides are">
      <thead>
        <tr>
          <th aria-label="What" />
          <th>Client</th>
          <th>Server</th>
        </tr>
      </thead>
      <tbody>
        {called.some((one) => one.length > 0) && (
          <tr>
            <td className="faint">Name</td>
            {called.map((one, i) => (
              <td key={sides[i]} title={sourceWords(one)}>
                {one[0] === undefined ? '–' : printable(one[0].name)}
              </td>
            ))}
          </tr>
        )}
        {lines.map(([label, values]) => (
          <tr key={label}>
            <td className="faint">{label}</td>
            {values.map((value, i) => (
              <td key={sides[i]} title={value}>
                {value === '' ? '–' : printable(value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What both sides sent, and what went wrong: lines of zeros are left out. */
function Numbers({ session }: { readonly session: Row }) {
  const lines: readonly [string, string, (n: number) => string, boolean][] = [
    ['Packets', 'packets', count, true],
    ['Bytes', 'bytes', count, true],
    ['Sent again', 'retransmits', count, textOf(session.transport) === 'tcp'],
    ['Out of order', 'reordered', count, false],
    ['Missing bytes', 'missing', count, false],
    ['Zero windows', 'zero_windows', count, false],
  ];
  return (
    <table className={css.tight} aria-label="What both sides sent">
      <thead>
        <tr>
          <th aria-label="What" />
          <th className="n">Client sent</th>
          <th className="n">Server sent</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([label, name, format, always]) => {
          const [client, server] = [Number(session[`client_${name}`]), Number(session[`server_${name}`])];
          if (!always && client === 0 && server === 0) return null;
          return (
            <tr key={name}>
              <td className="faint">{label}</td>
              <td className="n">{format(client)}</td>
              <td className="n">{format(server)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Transactions(props: { readonly id: string; readonly rows: readonly Row[]; readonly more: boolean }) {
  const { id, rows, more } = props;
  const carried = useCarried();
  return (
    <div>
      <table className={css.tight} aria-label="Transactions">
        <thead>
          <tr>
            <th>{more ? `The first ${rows.length} transactions` : plural(rows.length, 'transaction')}</th>
            <th>Answer</th>
            <th className="n">Answered in</th>
            <th className="n">Body</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, more ? undefined : 12).map((row) => {
            const words = [row.method, textOf(row.resource) || row.name]
              .map(textOf)
              .filter(Boolean)
              .join(' ');
            return (
              <tr key={textOf(row.number)}>
                <td className="mono" title={`${words} ${textOf(row.name)}`}>
                  {printable(words)}
                </td>
                <td>
                  <Outcome outcome={textOf(row.outcome)} status={textOf(row.status)} />
                </td>
                <td className="n">{row.response_us === 0 ? '–' : micros(Number(row.response_us))}</td>
                <td className="n">{bytes(Number(row.response_bytes))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {(more || rows.length > 12) && (
        <Link
          to={'/sessions' as string}
          search={{ ...carried, f: [`session_id:${id}`], of: 'transactions' } as never}
          className="l"
        >
          All of them
        </Link>
      )}
    </div>
  );
}

const TLS_FACTS = [
  ['Server name', 'server_name'],
  ['Version', 'tls_version'],
  ['Cipher', 'tls_cipher'],
  ['ALPN', 'alpn'],
  ['Alert', 'tls_alert'],
  ['QUIC', 'quic_version'],
  ['JA4', 'ja4'],
] as const;

function Tls({ session }: { readonly session: Row }) {
  if (textOf(session.tls_version) === '' && textOf(session.ja4) === '') return null;
  const said = [
    session.tls_established === 1 ? 'established' : 'not established',
    ...(session.tls_resumed === 1 ? ['resumed'] : []),
    ...(session.tls_ech === 1 ? ['with an encrypted ClientHello'] : []),
    ...(Number(session.tls_us) > 0 ? [`in ${micros(Number(session.tls_us))}`] : []),
  ];
  return (
    <dl className="kv" aria-label="TLS">
      <dt>TLS</dt>
      <dd>{said.join(', ')}</dd>
      {TLS_FACTS.filter(([, name]) => textOf(session[name]) !== '').map(([label, name]) => (
        <Fact key={name} label={label} mono={name === 'ja4' || name === 'tls_cipher'}>
          {printable(textOf(session[name]))}
        </Fact>
      ))}
    </dl>
  );
}

function Fact(props: { readonly label: string; readonly mono?: boolean; readonly children: ReactNode }) {
  return (
    <>
      <dt>{props.label}</dt>
      <dd className={props.mono === true ? 'mono' : undefined}>{props.children}</dd>
    </>
  );
}

function Facts({ data, mirrors }: { readonly data: Answer<'session'>; readonly mirrors: Mirrors }) {
  const { session, mirror, also } = data;
  const about = useAbout();
  const state = textOf(session.tcp_state);
  const community = textOf(session.community_id);
  const first = textOf(session.first_seen);
  const lasted = lastedOf(session);
  const handshake = Number(session.handshake_us);
  const [toServer, toClient] = [Number(session.server_rtt_us), Number(session.client_rtt_us)];
  const links = (about?.links ?? []).flatMap(({ name, url }) => {
    const filled = linkOf(url, session);
    return filled === undefined ? [] : [{ name, url: filled }];
  });
  return (
    <dl className="kv">
      {state !== '' && (
        <Fact label="State">
          <TcpState state={state} /> <span className="muted">{STATES[state]?.words}</span>
        </Fact>
      )}
      {textOf(session.policy) !== '' && (
        <Fact label="Policy">
          <span className="tag bad">{printable(textOf(session.policy))}</span>{' '}
          <span className="muted">does not allow it</span>
        </Fact>
      )}
      <Fact label="First seen" mono>
        {day(Date.parse(first))}, {nanoClock(first)}
      </Fact>
      <Fact label="Lasted">
        {micros(lasted)}, {endWords(textOf(session.end_reason))}
      </Fact>
      {Number(session.parts) > 1 && (
        <Fact label="Parts">
          {count(Number(session.parts))}
          {session.complete === 1 ? '' : ', some are not there'}
        </Fact>
      )}
      {handshake > 0 && (
        <Fact label="Handshake">
          {micros(handshake)}
          {toServer > 0 && toClient > 0 && `: server ${unbroken(toServer)}, client ${unbroken(toClient)}`}
        </Fact>
      )}
      {Number(session.responses) > 0 && <Fact label="Answers">{answersOf(session)}</Fact>}
      {['client_software', 'server_software', 'user_name', 'partial'].map((name) => {
        const text = textOf(session[name]);
        if (text === '') return null;
        return (
          <Fact key={name} label={COLUMNS.sessions.get(name)?.label ?? name}>
            {printable(text)}
          </Fact>
        );
      })}
      <Fact label="Mirrored by">{mirroredBy(session)}</Fact>
      {mirror.lost > 0 && (
        <Fact label="Lost there">
          <span className="warn">
            {plural(mirror.lost, 'packet')} of the mirror in these minutes (
            {percent(mirror.lost / (mirror.packets + mirror.lost))})
          </span>
        </Fact>
      )}
      {also.length > 0 && (
        <Fact label="Also seen by">
          {also.map((row) => (
            <AlsoSeen key={`${row.session_id} ${row.part}`} row={row} session={session} mirrors={mirrors} />
          ))}
        </Fact>
      )}
      {community !== '' && (
        <Fact label="Community ID" mono>
          <span className={css.community}>
            <span title={community}>{community}</span>
            <button
              type="button"
              className="btn sm icon ghost"
              aria-label="Copy the Community ID"
              onClick={() => void copy(community, 'Community ID')}
            >
              <Icon of={Copy} />
            </button>
          </span>
        </Fact>
      )}
      {links.length > 0 && (
        <Fact label="Elsewhere">
          {links.map(({ name, url }) => (
            <a key={name} className={`l ${css.out}`} href={url} target="_blank" rel="noopener noreferrer">
              {name} <Icon of={ExternalLink} />
            </a>
          ))}
        </Fact>
      )}
    </dl>
  );
}

/** Microseconds with their unit, on one line. */
function unbroken(us: number): string {
  return micros(us).replaceAll(' ', '\u00a0');
}

/** How often the server answered, and how soon. */
function answersOf(session: Row): string {
  const [n, most] = [Number(session.responses), micros(Number(session.response_us_max))];
  if (n === 1) return `one, after ${most}`;
  return `${count(n)}, after ${micros(Number(session.response_us) / n)} on average, ${most} at most`;
}

/** Microseconds from the first packet to the last. */
function lastedOf({ first_seen, last_seen }: Row): number {
  const nanos = (text: string): number => Number((/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(9, '0'));
  const [first, last] = [textOf(first_seen), textOf(last_seen)];
  const whole = (text: string): number => Date.parse(text.replace(/\.\d+/, ''));
  return (whole(last) - whole(first)) * 1000 + (nanos(last) - nanos(first)) / 1000;
}

function mirroredBy(row: Row): string {
  const key = row.gre_key === null ? [] : [`key ${row.gre_key}`];
  const session = textOf(row.mirror_type).startsWith('erspan') ? [`session ${row.mirror_session}`] : [];
  const port = row.mirror_port === 0 ? [] : [`port ${row.mirror_port}`];
  const direction = row.mirror_direction === 'unknown' ? [] : [textOf(row.mirror_direction)];
  const type = textOf(row.mirror_type);
  const from = isPlainType(type) ? textOf(row.mirror_name) : textOf(row.mirror_source);
  return [`${type} of ${from}`, ...session, ...key, ...port, ...direction].join(', ');
}

function AlsoSeen(props: { readonly row: Row; readonly session: Row; readonly mirrors: Mirrors }) {
  const { row, session, mirrors } = props;
  const carried = useCarried();
  const said = textOf(row.mirror);
  const own = Number(session.client_packets) + Number(session.server_packets);
  const apart = Number(row.packets) - own;
  const state = row.tcp_state === session.tcp_state ? '' : `, ${textOf(row.tcp_state)}`;
  return (
    <div>
      <Link
        to={'.' as string}
        search={((before: object) => ({ ...before, ...carried, sel: textOf(row.session_id) })) as never}
        className="l"
      >
        {mirrorLabel(mirrors, said)}
      </Link>{' '}
      <span className="faint">
        {plural(Number(row.packets), 'packet')},{' '}
        {apart === 0 ? 'the same' : `${count(Math.abs(apart))} ${apart < 0 ? 'fewer' : 'more'}`}
        {state}
      </span>
    </div>
  );
}

/** A link of the configuration with this conversation in it; undefined where it is not to http or https. */
function linkOf(template: string, session: Row): string | undefined {
  const values: Readonly<Record<string, string>> = {
    community_id: textOf(session.community_id),
    client: textOf(session.client),
    server: textOf(session.server),
    from: textOf(session.first_seen),
    to: textOf(session.last_seen),
  };
  const url = template.replace(/\{(\w+)\}/g, (all, name: string) =>
    name in values ? encodeURIComponent(values[name] ?? '') : all,
  );
  return /^https?:\/\//i.test(url) ? url : undefined;
}

/** One transaction: its question, its answer, and what else was said. */
export function TransactionDrawer(props: {
  readonly row: Row;
  readonly close: () => void;
  readonly packets: (id: string) => void;
}) {
  const { row, close, packets } = props;
  const id = textOf(row.session_id);
  const number = Number(row.number);
  const carried = useCarried();
  const answer = useAnswer('sessionTransactions', { from: String(number), limit: '1' }, { params: { id } });
  const told = answer.isPlaceholderData ? undefined : answer.data?.rows[0];
  const attributes = Object.entries((told?.attributes ?? {}) as Readonly<Record<string, string>>);
  const words = [row.method, row.resource].map(textOf).filter(Boolean).join(' ') || textOf(row.app_protocol);
  return (
    <Drawer title={words} sub={`${textOf(row.app_protocol)} · ${ends(row)}`} close={close}>
      <div className="filters">
        <button type="button" className="btn sm pri" onClick={() => packets(id)}>
          <Icon of={Eye} />
          Packets <kbd aria-hidden="true">P</kbd>
        </button>
        <Link
          to={'/sessions' as string}
          search={{ ...carried, f: [`session_id:${id}`] } as never}
          className="btn sm"
        >
          Its conversation
        </Link>
      </div>
      {answer.error !== null && <Wrong error={answer.error} again={() => void answer.refetch()} />}
      {told === undefined && answer.error === null && <Bones lines={8} />}
      {told !== undefined && (
        <dl className="kv">
          {textOf(told.name) !== '' && <Fact label="Of whom">{printable(textOf(told.name))}</Fact>}
          {textOf(told.resource) !== '' && (
            <Fact label="For what" mono>
              {printable(textOf(told.resource))}
            </Fact>
          )}
          <Fact label="Outcome">
            <Outcome outcome={textOf(told.outcome)} status={textOf(told.status)} />
          </Fact>
          <Fact label="Time" mono>
            {day(Date.parse(textOf(told.time)))}, {nanoClock(textOf(told.time))}
          </Fact>
          <Fact label="Answered in">
            {told.response_us === 0 ? '–' : micros(Number(told.response_us))}
            {Number(told.transfer_us) > 0 && `, then ${micros(Number(told.transfer_us))} to its last byte`}
          </Fact>
          <Fact label="Asked with">{bytes(Number(told.request_bytes))}</Fact>
          <Fact label="Answered with">{bytes(Number(told.response_bytes))}</Fact>
          {attributes.map(([name, value]) => (
            <Fact key={name} label={printable(name.replaceAll('_', ' '))}>
              {printable(value)}
            </Fact>
          ))}
        </dl>
      )}
    </Drawer>
  );
}
