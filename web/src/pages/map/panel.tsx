import { Link } from '@tanstack/react-router';
import { Eye, List, Plus, Server, X } from 'lucide-react';
import { useAnswer } from '../../api/use-answer.js';
import { useCarried } from '../../app/frame.js';
import type { LookedAt } from '../../app/looked-at.js';
import { useAbout } from '../../app/scope.js';
import { bytes, count, plural } from '../../format/numbers.js';
import { Icon } from '../../parts/icon.js';
import { mirrorLabel } from '../../parts/marks.js';
import { Bones, Wrong } from '../../parts/states.js';
import { HostFindings } from '../hosts/findings.js';
import type { MapAnswer, MapBy } from './layout.js';
import type { MapPrefixes } from './map.js';
import styles from './map.module.css';

export type MapLevel = 'host' | 'net' | 'vlan';
/** What nodes are called. */
export const THINGS: Readonly<Record<MapLevel, { readonly one: string; readonly many: string }>> = {
  host: { one: 'host', many: 'hosts' },
  net: { one: 'network', many: 'networks' },
  vlan: { one: 'VLAN', many: 'VLANs' },
};
/** Peers that are listed. */
const PEERS = 50;

/** What somebody wants to know of the node that is selected. */
export function Panel(props: {
  readonly answer: MapAnswer;
  readonly looked: LookedAt;
  readonly level: MapLevel;
  readonly by: MapBy;
  readonly prefixes: MapPrefixes;
  readonly id: string;
  readonly expanded: boolean;
  readonly select: (id: string | undefined) => void;
  readonly expand: () => void;
  readonly only: (condition: string) => void;
}) {
  const { answer, looked, level, by, prefixes, id, expanded, select, expand, only } = props;
  const about = useAbout();
  const carried = useCarried();
  const vlan = level === 'vlan';
  const known = level === 'net' && 'group' in prefixes;
  const shown = answer.nodes.find((one) => one.id === id);
  // A node that the map does not show any more has an address, or its links are not asked for.
  const condition = shown?.f ?? (vlan || known ? '' : `host:${id}`);
  // Links of what no condition says are those of the map.
  const asks = !vlan && condition !== '';
  // Its own links, those too weak for the map included. A VLAN alone has no links: it takes two.
  const asked = useAnswer(
    'map',
    {
      ...looked.query,
      ...prefixes,
      level,
      by,
      limit: String(PEERS),
      f: [...looked.conditions, ...(condition === '' ? [] : [condition])],
    },
    { enabled: asks, every: looked.every },
  );
  const findings = useAnswer(
    'hostFindings',
    { ...looked.query, host: id },
    { enabled: !vlan && !known, every: looked.every },
  );
  const found = findings.isPlaceholderData ? [] : (findings.data?.rows ?? []);
  const own = asks ? asked.data : answer;
  const node = shown ?? own?.nodes.find((one) => one.id === id);
  const links = (own?.links ?? []).filter(({ a, b }) => a === id || b === id);
  const peers = !asks || asked.data === undefined ? links.length : asked.data.all;
  const { one: thing, many: things } = THINGS[level];
  return (
    <aside className={`card ${styles.panel}`} aria-label={`Selected: ${id}`}>
      <div className={styles.head}>
        <div>
          <h2 className={vlan || known ? '' : 'mono'}>
            {vlan ? (id === 'untagged' ? 'Untagged' : `VLAN ${id}`) : id}
          </h2>
          <span className="muted">
            selected · talks to {by === 'failed' ? 'and fails at ' : ''}
            {plural(peers, thing, things)}
          </span>
        </div>
        <button
          type="button"
          className="btn ghost sm icon"
          aria-label="Close"
          onClick={() => select(undefined)}
        >
          <Icon of={X} />
        </button>
      </div>
      {!vlan && !known && found.length > 0 && (
        <section className={styles.found} aria-label="Worth a look">
          <HostFindings rows={found} />
        </section>
      )}
      {node !== undefined && (
        <dl className={`kv ${styles.facts}`}>
          <dt>Sent</dt>
          <dd>{bytes(node.sent)}</dd>
          <dt>Received</dt>
          <dd>{bytes(node.received)}</dd>
          <dt>Conversations</dt>
          <dd>{count(node.sessions)}</dd>
          <dt>Failed</dt>
          <dd>{node.failed > 0 ? <b className="bad">{count(node.failed)}</b> : '0'}</dd>
          <dt>Seen by</dt>
          <dd>{node.seen_by.map((point) => mirrorLabel(about?.mirrors ?? [], point)).join(', ')}</dd>
        </dl>
      )}
      <div className={styles.peers}>
        {asked.error !== null && asks ? (
          <Wrong error={asked.error} again={() => void asked.refetch()} />
        ) : own === undefined ? (
          <Bones lines={6} />
        ) : (
          <table aria-label="Talks to" className={asked.isPlaceholderData ? 'stale' : ''}>
            <thead>
              <tr>
                <th>Talks to</th>
                <th>App</th>
                <th className="n">Failed</th>
                <th className="n">Volume</th>
              </tr>
            </thead>
            <tbody>
              {links.map((link) => {
                const other = link.a === id ? link.b : link.a;
                return (
                  <tr key={other}>
                    <td>
                      {other === id ? (
                        <span className="muted">itself</span>
                      ) : (
                        <button type="button" className="l mono" onClick={() => select(other)}>
                          {other}
                        </button>
                      )}
                    </td>
                    <td className="muted">{link.app}</td>
                    <td className="n">
                      {link.failed > 0 ? (
                        <b className="bad">{count(link.failed)}</b>
                      ) : (
                        <span className="faint">0</span>
                      )}
                    </td>
                    <td className="n">{bytes(link.bytes)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
        {peers > links.length && own !== undefined && (
          <p className="faint">
            The {links.length} strongest of {count(peers)}.
          </p>
        )}
      </div>
      <div className={styles.todo}>
        {!vlan && !known && (
          <Link to={`/hosts/${id}` as string} search={carried as never} className="btn sm pri">
            <Icon of={Server} />
            {level === 'host' ? 'Host page' : 'Network page'}
          </Link>
        )}
        {condition !== '' && (
          <Link
            to={'/sessions' as string}
            search={{ ...carried, f: [...looked.conditions, condition] } as never}
            className="btn sm"
          >
            <Icon of={List} />
            Sessions
          </Link>
        )}
        {asks && (
          <>
            <button
              type="button"
              className={expanded ? 'btn sm on' : 'btn sm'}
              aria-pressed={expanded}
              onClick={expand}
            >
              <Icon of={Plus} />
              Expand
            </button>
            <button type="button" className="btn sm" onClick={() => only(condition)}>
              <Icon of={Eye} />
              Only this
            </button>
          </>
        )}
      </div>
    </aside>
  );
}
