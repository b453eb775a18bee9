/** A collector's status for people. */

import type {
  CollectorStatus,
  InputStatus,
  MirrorStatus,
  PathStatus,
  RefusedStatus,
  StoreStatus,
} from '../model/status.js';
import { type TunnelStatus, tunnelTrouble } from '../model/tunnel-status.js';
import {
  copiesWords,
  counted,
  DEDUPLICATE_WORDS,
  daysWords,
  grouped,
  incompleteWords,
  sizeWords,
} from '../model/words.js';
import { ailments } from '../observe/ailments.js';
import { table } from './terminal.js';

/** Mirror points shown, the loudest first; likewise refused ones. */
export const MOST_POINTS = 50;
const MOST_REFUSED = 5;

/** @param width columns of the terminal; undefined: tables may have any width */
export function statusText(s: CollectorStatus, width?: number): string {
  const wrong = ailments(s);
  const lines = [
    `mirrorlake ${s.version} on ${s.collector}, pid ${s.pid}, up ${duration(s.uptime_s)}, ` +
      `${sizeWords(s.memory_bytes)}`,
    ...wrong.map((w) => `! ${w}`),
    ...(s.store.state === 'none'
      ? ['', 'store     none: tunnels only, nothing is observed or stored']
      : observed(s, width)),
  ];
  const { incomplete = 0, kernel_failures: failures } = s.fragments ?? {};
  if (incomplete > 0) lines.push(`fragments ${incompleteWords(incomplete)}`);
  if (typeof failures === 'number' && failures > 0)
    lines.push(`fragments ${incompleteWords(failures)} (of any protocol: the kernel's count)`);
  const { inputs = [], unlisted_inputs: unlisted = [] } = s;
  if (inputs.some(({ input }) => input !== 'gre')) lines.push(`inputs    ${inputWords(inputs)}`);
  if (unlisted.length > 0) lines.push(`unlisted  ${inputWords(unlisted)}: no input, so not read`);
  const dropped = Object.entries(s.dropped).filter(([, n]) => n > 0);
  if (dropped.length > 0) {
    lines.push(`passed    ${dropped.map(([reason, n]) => `${grouped(n)} ${reason}`).join(', ')}`);
  }
  for (const p of s.pools.filter((p) => p.full > 0)) {
    const [whose, their] = p.name === '' ? ['unknown mirror points', 'their'] : [p.name, 'its'];
    const packets = `${counted(p.full, 'packet')} of points beyond ${their} ${counted(p.places, 'place')}`;
    lines.push(`full      ${whose}: ${packets} share one, ::`);
  }
  lines.push(...refused(s.refused));
  for (const t of s.tunnels) lines.push('', ...tunnel(t, width));
  const none = s.tunnels_refused;
  if (none !== undefined && none.header + none.checksum + none.no_tunnel > 0) {
    const why = [
      `${grouped(none.checksum)} with a wrong checksum`,
      `${grouped(none.header)} with a bad header`,
    ];
    lines.push('', `${counted(none.no_tunnel, 'packet')} for no tunnel, ${why.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function inputWords(inputs: readonly InputStatus[]): string {
  return inputs.map(({ input, packets }) => `${grouped(packets)} ${input}`).join(', ');
}

function observed(s: CollectorStatus, width: number | undefined): string[] {
  return [
    '',
    ...table(
      ['RECEIVER', 'STATE', 'PACKETS', 'KERNEL DROPS'],
      s.receivers.map((r) => [`${r.name} (${r.kind})`, r.state, grouped(r.packets), grouped(r.dropped)]),
      width,
    ),
    '',
    ...mirrors(s, width),
    ...paths(s, width),
    ...policies(s, width),
    '',
    `sessions  ${grouped(s.sessions.open)} open, ${grouped(s.sessions.opened)} seen, ` +
      `${counted(s.sessions.rows, 'row')}${copiesWords(s.sessions.copies)}, ` +
      `${grouped(s.sessions.pressure)} ended by pressure, ` +
      (s.sessions.collisions > 0 ? `${grouped(s.sessions.collisions)} for their hashes, ` : '') +
      counted(s.sessions.duplicates, 'duplicate frame'),
    `store     ${s.store.target} is ${s.store.state}, ${counted(s.store.rows_stored, 'row')} stored, ` +
      `${counted(s.store.spool_segments, 'segment')} (${sizeWords(s.store.spool_bytes)}) waiting`,
    ...disk(s.store),
    ...addresses(s),
  ];
}

/** What is known of addresses, if anything. */
function addresses({ addresses: a }: CollectorStatus): string[] {
  if (a === undefined) return [];
  const since = a.networks_since === null ? '' : ` since ${minute(a.networks_since)}`;
  return [
    ...(a.networks_from === '' ? [] : [`networks  ${grouped(a.networks)} of ${a.networks_from}${since}`]),
    ...a.owners.map(
      ({ file, built }) => `owners    ${file}${built === null ? '' : ` of ${built.slice(0, 10)}`}`,
    ),
    ...a.wrong.map((wrong) => `! ${wrong}: what was read before is in use`),
  ];
}

/** What is not allowed, and how often it was done, the most frequent first. */
function policies({ policies: all = [] }: CollectorStatus, width: number | undefined): string[] {
  if (all.length === 0) return [];
  const shown = [...all].sort((a, b) => b.sessions - a.sessions).slice(0, MOST_POINTS);
  const more = all.length - shown.length;
  return [
    '',
    ...table(
      ['POLICY', 'NOT ALLOWED'],
      shown.map(({ from, to, sessions }) => [`${from} > ${to}`, grouped(sessions)]),
      width,
    ),
    ...(more > 0 ? [`and ${counted(more, 'more policy')}`] : []),
  ];
}

/** 2026-01-01T00:00Z */
function minute(time: string): string {
  return `${time.slice(0, 16)}Z`;
}

/** How long the store's disk lasts, if known. */
function disk({ disk_free_bytes: free, bytes_per_day: daily, days_left: days }: StoreStatus): string[] {
  if (free === null) return [];
  const grows = daily === null ? '' : `, ${sizeWords(daily)} a day are added`;
  const left = days === null ? '' : `: full in ${daysWords(days)}`;
  return [`disk      ${sizeWords(free)} free${grows}${left}`];
}

function mirrors(s: CollectorStatus, width: number | undefined): string[] {
  const all = [...s.mirrors, ...s.unlisted.loudest].sort((a, b) => b.packets - a.packets);
  const silent = all.filter(isSilent);
  const loudest = all.filter((m) => !isSilent(m)).slice(0, MOST_POINTS);
  const more = s.mirror_points - loudest.length;
  const moreSilent = silent.length - MOST_POINTS;
  const shown = [...loudest, ...silent.slice(0, MOST_POINTS)];
  return [
    ...(s.mirror_points === 0 ? ['no mirror point has sent anything yet'] : []),
    ...(shown.length === 0
      ? []
      : table(
          ['MIRROR', 'TYPE', 'SOURCE', 'PACKETS', 'SIZE', 'LOST', 'KERNEL DROPS', 'POLICY'],
          shown.map(row),
          width,
        )),
    ...shown
      .filter((m) => m.comes_twice === true)
      .map(
        (m) =>
          `! ${m.name || m.source}: its frames come twice; ${DEDUPLICATE_WORDS} in its entry ` +
          'of mirrors counts each once',
      ),
    ...(more > 0 ? [`and ${counted(more, 'more mirror point')}`] : []),
    ...(moreSilent > 0 ? [`and ${counted(moreSilent, 'more mirror')} that sent nothing`] : []),
  ];
}

/** Between which mirrors packets are matched, those with the most packets first. */
function paths({ paths: p }: CollectorStatus, width: number | undefined): string[] {
  if (p === undefined) return [];
  const all = [...p.paths].sort((a, b) => b.matched + b.lost - a.matched - a.lost);
  const more = all.length - MOST_POINTS;
  return [
    '',
    ...(all.length === 0
      ? [`paths     of ${counted(p.observed, 'packet')} none has been matched yet`]
      : table(
          ['PATH', 'MATCHED', 'LOST', 'UNKNOWN', 'REORDERED', 'P50 ms', 'P99 ms'],
          all.slice(0, MOST_POINTS).map(pathRow),
          width,
        )),
    ...(more > 0 ? [`and ${counted(more, 'more path')}`] : []),
    ...(p.dropped > 0 ? [`! ${counted(p.dropped, 'observation')} of paths had no room`] : []),
  ];
}

/** Its packets since the start, and its delays in the last minute. */
function pathRow(p: PathStatus): string[] {
  return [
    `${p.from} to ${p.to}`,
    ...[p.matched, p.lost, p.unknown, p.reordered].map(grouped),
    ...[p.delay_ns.p50, p.delay_ns.p99].map((ns) => (ns / 1e6).toFixed(3)),
  ];
}

/** Whether it is a configured entry without a known mirror point. */
function isSilent(m: MirrorStatus): boolean {
  return m.target === '';
}

function policyWords(m: MirrorStatus): string {
  if (!isSilent(m)) return m.policy;
  if (m.last_seen === undefined) return `${m.policy}: configured, nothing seen yet`;
  return `${m.policy}: nothing since ${minute(new Date(m.last_seen * 1000).toISOString())}`;
}

function row(m: MirrorStatus): string[] {
  return [
    m.name || m.source,
    typeWords(m),
    m.source || 'any',
    grouped(m.packets),
    sizeWords(m.bytes),
    m.lost === undefined || m.sequence === 'none' || m.sequence === 'unusable' ? '-' : grouped(m.lost),
    grouped(m.kernel_drops),
    policyWords(m),
  ];
}

/** erspan2 7 */
function typeWords(m: Pick<MirrorStatus, 'type' | 'session' | 'key'>): string {
  const session = (m.session ?? 0) > 0 ? ` ${m.session}` : '';
  return `${m.type || 'any'}${session}${m.key === null ? '' : ` key ${m.key}`}`;
}

/** The loudest of the refused ones, as far as they stand out. */
function refused(list: readonly RefusedStatus[]): string[] {
  const loud = list.filter((r) => 2 * r.packets_at_least >= r.packets_at_most);
  return loud.slice(0, MOST_REFUSED).map((r) => {
    const { packets_at_least: least, packets_at_most: most } = r;
    const packets =
      least === most ? counted(most, 'packet') : `${grouped(least)} to ${counted(most, 'packet')}`;
    return `refused   ${r.source} ${typeWords(r)}: ${packets}`;
  });
}

/** A tunnel in the form of `ip -s link`. */
function tunnel(t: TunnelStatus, width: number | undefined): string[] {
  const c = t.counters;
  const key = t.key === null ? '' : ` key ${t.key}`;
  const row = (p: 'rx' | 'tx', third: string, fourth: string): string[] =>
    [c[`${p}_bytes`], c[`${p}_packets`], c[`${p}_errors`], c[`${p}_dropped`], c[third], c[fourth]].map((n) =>
      String(n ?? 0),
    );
  return [
    `${t.name}: ${t.mode} remote ${t.remote} local ${t.local}${key}${health(t)}`,
    ...table(
      ['    RX:  bytes', 'packets', 'errors', 'dropped', 'missed', 'mcast'],
      [row('rx', 'rx_missed_errors', 'multicast')],
      width,
    ),
    ...table(
      ['    TX:  bytes', 'packets', 'errors', 'dropped', 'carrier', 'collsns'],
      [row('tx', 'tx_carrier_errors', 'collisions')],
      width,
    ),
  ];
}

function health(t: TunnelStatus): string {
  if (t.mtu === undefined) return '';
  const trouble = tunnelTrouble(t);
  return trouble === '' ? `, up, MTU ${t.mtu}` : `, ${trouble}`;
}

function duration(seconds: number): string {
  const d = Math.floor(seconds / 86400);
  const h = Math.floor((seconds % 86400) / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  if (d > 0) return `${d}d ${h}h`;
  return h > 0 ? `${h}h ${m}m` : `${m}m ${seconds % 60}s`;
}
