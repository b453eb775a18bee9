import { useSearch } from '@tanstack/react-router';
import { Download, Table2 } from 'lucide-react';
import { useRef, useState } from 'react';
import type { Answer } from '../../../../src/console/contract.js';
import { useAnswer } from '../../api/use-answer.js';
import { useKey } from '../../app/keys.js';
import { useAbout, useChangeScope, useLookedAt } from '../../app/scope.js';
import { one } from '../../app/search.js';
import { bytes, count } from '../../format/numbers.js';
import { Statement } from '../../parts/card.js';
import { Icon } from '../../parts/icon.js';
import { Choose, Segments } from '../../parts/menu.js';
import { save } from '../../parts/save.js';
import { Bones, Empty, Going, Waiting, Wrong } from '../../parts/states.js';
import { useTwins } from '../../parts/twins.js';
import { Chips } from '../sessions/chips.js';
import { Drawing, svgFile } from './drawing.js';
import type { MapAnswer, MapBy } from './layout.js';
import styles from './map.module.css';
import { type MapLevel, Panel, THINGS } from './panel.js';

const LEVELS: readonly { readonly value: MapLevel; readonly label: string }[] = [
  { value: 'host', label: 'Hosts' },
  { value: 'net', label: 'Networks' },
  { value: 'vlan', label: 'VLANs' },
];
const WIDTHS: readonly { readonly value: MapBy; readonly label: string }[] = [
  { value: 'bytes', label: 'Width: bytes' },
  { value: 'sessions', label: 'Width: conversations' },
  { value: 'failed', label: 'Width: failed' },
];
/** Lengths of networks, IPv4's in the address; and what is known of addresses, where anything is. */
const GROUPS = [
  { value: 'network', label: 'By network', of: 'networks', query: { group: 'network' } },
  { value: 'role', label: 'By role', of: 'roles', query: { group: 'role' } },
  { value: 'site', label: 'By site', of: 'sites', query: { group: 'site' } },
  { value: 'system', label: 'By AS', of: 'owners', query: { group: 'system' } },
  { value: 'country', label: 'By country', of: 'owners', query: { group: 'country' } },
  { value: '24', label: 'Group: /24', more: 'IPv6: /64', query: {} },
  { value: '16', label: 'Group: /16', more: 'IPv6: /48', query: { prefix4: '16', prefix6: '48' } },
  { value: '8', label: 'Group: /8', more: 'IPv6: /32', query: { prefix4: '8', prefix6: '32' } },
  { value: '32', label: 'No groups', query: { prefix4: '32', prefix6: '128' } },
] as const;
type Known = Answer<'about'>['known'];
export type MapPrefixes = (typeof GROUPS)[number]['query'];

/** Those that say something of this store; the first is the one where none is chosen. */
function groupsOf(known: Known) {
  return GROUPS.filter((group) => !('of' in group) || known[group.of]);
}

const NUMBERS = ['60', '110', '300'] as const;
const USUAL = '110';
/** Nodes that are expanded at once: as many as the API takes. */
const MOST_EXPANDED = 5;
const NOTHING_KNOWN: Known = { networks: false, roles: false, sites: false, owners: false };

function chosen<T extends string>(value: unknown, of: readonly { readonly value: T }[]): T {
  return of.find((choice) => choice.value === value)?.value ?? of[0]!.value;
}

export function MapPage() {
  const looked = useLookedAt();
  const change = useChangeScope();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const level = chosen(search.level, LEVELS);
  const by = chosen(search.by, WIDTHS);
  const n = NUMBERS.find((number) => number === search.n) ?? USUAL;
  const selected = one(search.sel);
  const expanded = typeof search.x === 'string' ? [search.x] : ((search.x ?? []) as string[]);
  const about = useAbout();
  const groups = groupsOf(about?.known ?? NOTHING_KNOWN);
  // Systems and countries alone gather nothing of one's own.
  const usual = about?.known.networks || about?.known.roles || about?.known.sites ? groups[0]!.value : '24';
  const group = groups.find(({ value }) => value === search.g)?.value ?? usual;
  const prefixes = GROUPS.find(({ value }) => value === group)!.query;
  const tables = useTwins() || search.as === 'table';
  const shown = useRef<HTMLElement>(null);
  const [adding, setAdding] = useState(false);
  const mirrors = about?.mirrors ?? [];
  const answer = useAnswer(
    'map',
    {
      ...looked?.query,
      ...prefixes,
      level,
      by,
      limit: n,
      ...(expanded.length > 0 && { expand: expanded }),
    },
    { enabled: looked !== undefined && about !== undefined, every: looked?.every ?? false },
  );
  const select = (id: string | undefined): void => change({ sel: id });
  useKey('close', () => select(undefined), selected !== undefined);
  useKey('filter', () => setAdding(true));
  if (looked === undefined) return <Bones lines={10} />;
  const { data } = answer;
  const things = THINGS[level].many;
  const named = level === 'vlan' || (level === 'net' && 'group' in prefixes);
  return (
    <>
      <div className="filters">
        <Segments
          label="Nodes"
          value={level}
          choices={LEVELS}
          onChange={(next) =>
            change({ level: next === 'host' ? undefined : next, sel: undefined, x: undefined })
          }
        />
        {level !== 'vlan' && (
          <Choose
            small
            label="Group"
            value={group}
            choices={groups}
            onChange={(next) =>
              change({
                g: next === usual ? undefined : next,
                ...(level === 'net' && { sel: undefined, x: undefined }),
              })
            }
          />
        )}
        <Choose
          small
          label="Width"
          value={by}
          choices={WIDTHS}
          onChange={(next) => change({ by: next === 'bytes' ? undefined : next })}
        />
        <Choose
          small
          label="Links"
          value={n}
          choices={NUMBERS.map((value) => ({ value, label: `${value} links` }))}
          onChange={(next) => change({ n: next === USUAL ? undefined : next })}
        />
        <Chips
          of="sessions"
          conditions={looked.conditions}
          change={(f) => change({ f: f.length === 0 ? undefined : f })}
          mirrors={mirrors}
          adding={adding}
          setAdding={setAdding}
        />
        <span className="grow" />
        <span className="leg">
          <span>
            <i style={{ width: 18, height: 0, borderTop: '2px dashed var(--bad)', borderRadius: 0 }} />
            something failed
          </span>
          {data !== undefined && <span role="status">{howMuch(data, by, things)}</span>}
        </span>
        <button
          type="button"
          className={tables ? 'btn sm on' : 'btn sm'}
          aria-pressed={tables}
          onClick={() => change({ as: search.as === 'table' ? undefined : 'table' })}
        >
          <Icon of={Table2} />
          As a table
        </button>
        <button
          type="button"
          className="btn sm"
          disabled={data === undefined || tables}
          onClick={() => {
            const svg = shown.current?.querySelector<SVGSVGElement>('svg[role="group"]');
            if (svg != null) save(svgFile(svg), 'map.svg');
          }}
        >
          <Icon of={Download} />
          SVG
        </button>
        {data !== undefined && <Statement meta={data.meta} />}
      </div>
      <div className={styles.columns}>
        <section
          ref={shown}
          className={`card ${styles.card}${answer.isPlaceholderData ? ' stale' : ''}`}
          aria-label="Map"
        >
          {answer.isPlaceholderData && <Going of={answer} />}
          {answer.error !== null ? (
            <Wrong error={answer.error} again={() => void answer.refetch()} />
          ) : data === undefined ? (
            <div className="in">
              <Waiting of={answer} lines={10} />
            </div>
          ) : data.nodes.length === 0 ? (
            <Nothing conditions={looked.conditions} by={by} clear={() => change({ f: undefined })} />
          ) : tables ? (
            <Tables answer={data} level={level} named={named} selected={selected} select={select} />
          ) : (
            <Drawing answer={data} by={by} things={things} selected={selected} select={select} />
          )}
          {data?.meta.note !== undefined && !tables && <p className={styles.note}>{data.meta.note}</p>}
        </section>
        {selected !== undefined && data !== undefined && (
          <Panel
            answer={data}
            looked={looked}
            level={level}
            by={by}
            prefixes={prefixes}
            id={selected}
            expanded={expanded.includes(selected)}
            select={select}
            expand={() =>
              change({
                x: expanded.includes(selected)
                  ? expanded.filter((id) => id !== selected)
                  : [...expanded, selected].slice(-MOST_EXPANDED),
              })
            }
            only={(f) => change({ f: [...looked.conditions, f], x: undefined })}
          />
        )}
      </div>
    </>
  );
}

/** `110 strongest of 305 pairs: 84 % of the bytes`. */
function howMuch({ of, all, links, nodes, shown, total }: MapAnswer, by: MapBy, things: string): string {
  const [n, what] = of === 'pairs' ? [links.length, 'pairs'] : [nodes.length, things];
  if (n >= all) return `all ${count(all)} ${what}`;
  const whole = { bytes: 'the bytes', sessions: 'the conversations', failed: 'what failed' }[by];
  const share = total === 0 ? 0 : Math.floor((shown / total) * 100);
  return `${count(n)} strongest of ${count(all)} ${what}: ${share} % of ${whole}`;
}

function Nothing(props: {
  readonly conditions: readonly string[];
  readonly by: MapBy;
  readonly clear: () => void;
}) {
  const { conditions, by, clear } = props;
  return (
    <Empty>
      <b>{by === 'failed' ? 'Nothing failed in this time range.' : 'Nobody talked in this time range.'}</b>
      {conditions.length > 0 && (
        <>
          With {conditions.join(' and ')}.
          <button type="button" className="l" onClick={clear}>
            Without conditions
          </button>
        </>
      )}
    </Empty>
  );
}

/** The map for everybody who reads tables better. */
function Tables(props: {
  readonly answer: MapAnswer;
  readonly level: MapLevel;
  /** Nodes have names rather than addresses. */
  readonly named: boolean;
  readonly selected: string | undefined;
  readonly select: (id: string | undefined) => void;
}) {
  const { answer, level, named, selected, select } = props;
  const mono = named ? 'l' : 'l mono';
  const button = (id: string) => (
    <button type="button" className={mono} onClick={() => select(id)}>
      {id}
    </button>
  );
  const failed = (n: number) =>
    n > 0 ? <b className="bad">{count(n)}</b> : <span className="faint">0</span>;
  return (
    <div className={styles.tables} tabIndex={0}>
      <table>
        <caption>Who talks to whom</caption>
        <thead>
          <tr>
            <th>One</th>
            <th>The other</th>
            <th>App</th>
            <th className="n">Conversations</th>
            <th className="n">Failed</th>
            <th className="n">Volume</th>
          </tr>
        </thead>
        <tbody>
          {answer.links.map(({ a, b, app, sessions, failed: wrong, bytes: volume }) => (
            <tr key={`${a} ${b}`} aria-selected={a === selected || b === selected}>
              <td>{button(a)}</td>
              <td>{button(b)}</td>
              <td className="muted">{app}</td>
              <td className="n">{count(sessions)}</td>
              <td className="n">{failed(wrong)}</td>
              <td className="n">{bytes(volume)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table>
        <caption>{LEVELS.find(({ value }) => value === level)!.label}</caption>
        <thead>
          <tr>
            <th>{THINGS[level].one}</th>
            <th>Group</th>
            <th className="n">Sent</th>
            <th className="n">Received</th>
            <th className="n">Conversations</th>
            <th className="n">Failed</th>
          </tr>
        </thead>
        <tbody>
          {answer.nodes.map((node) => (
            <tr key={node.id} aria-selected={node.id === selected}>
              <td>{button(node.id)}</td>
              <td className="muted">{node.group}</td>
              <td className="n">{bytes(node.sent)}</td>
              <td className="n">{bytes(node.received)}</td>
              <td className="n">{count(node.sessions)}</td>
              <td className="n">{failed(node.failed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
