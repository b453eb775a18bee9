import { formatIp } from '../wire/addresses.js';
import { MALFORMED_NAMES } from '../wire/malformed.js';
import { MIRROR_TYPE_NAMES, type MirrorPoint } from '../wire/mirror-point.js';
import { MirrorRecord, SequenceUse } from '../wire/mirror-record.js';
import type { Pipeline } from './pipeline.js';

/** Mirror points listed one by one. */
const MOST_POINTS = 20;

/** What `read` says at its end, for a person: packets, GRE, by mirror, sessions, malformed by reason, lost. */
export function readSummary(pipeline: Pipeline, store: string | undefined): string {
  const c = pipeline.demux.counters;
  const t = pipeline.table.counters;
  const lines: string[] = [];
  const where = store === undefined ? '' : `, stored in ${store}`;
  const other = [
    c.notGre > 0 ? `${number(c.notGre)} not GRE` : '',
    c.unsupportedLinkType > 0 ? `${number(c.unsupportedLinkType)} of a link type not known` : '',
    c.tunnelled > 0 ? `${number(c.tunnelled)} taken by tunnels` : '',
  ].filter((part) => part !== '');
  lines.push(
    `${number(c.packets)} packets: ${number(c.gre)} GRE${other.length > 0 ? `, ${other.join(', ')}` : ''}`,
  );
  lines.push(`${number(t.opened)} sessions in ${number(t.rows)} rows${where}`);
  lines.push(...mirrorLines(pipeline));
  const malformed = [...c.malformed]
    .map((count, code) => [MALFORMED_NAMES[code] ?? `reason ${code}`, count] as const)
    .filter(([, count]) => count > 0);
  if (malformed.length > 0)
    lines.push(`malformed: ${malformed.map(([name, count]) => `${name} ${number(count)}`).join(', ')}`);
  if (t.pressure > 0)
    lines.push(
      `the session table was full: ${number(t.pressure)} sessions ended by pressure (see --max-sessions)`,
    );
  if (t.fragmentTrainsDropped > 0)
    lines.push(`too many fragmented packets at once: ${number(t.fragmentTrainsDropped)} given up`);
  return `${lines.join('\n')}\n`;
}

function mirrorLines(pipeline: Pipeline): string[] {
  const record = new MirrorRecord();
  const rows = pipeline.mirrors.points.map((point) => {
    pipeline.mirrors.totals(point, record);
    return { words: pointWords(point), packets: record.packets, text: accountWords(record) };
  });
  rows.sort((a, b) => b.packets - a.packets);
  const width = Math.max(0, ...rows.slice(0, MOST_POINTS).map((row) => row.words.length));
  const lines = rows.slice(0, MOST_POINTS).map((row) => `  ${row.words.padEnd(width)}  ${row.text}`);
  if (rows.length > MOST_POINTS) lines.push(`  and ${number(rows.length - MOST_POINTS)} more mirror points`);
  return lines;
}

/** erspan2 10.0.0.1 → 10.0.0.2 session 30 */
function pointWords(p: MirrorPoint): string {
  const id = p.type <= 3 ? ` session ${p.session}` : p.key === null ? '' : ` key ${p.key}`;
  return `${MIRROR_TYPE_NAMES[p.type]} ${formatIp(p.source, 0)} → ${formatIp(p.target, 0)}${id}`;
}

function accountWords(r: MirrorRecord): string {
  const parts = [`${number(r.packets)} packets`, `${number(r.bytes)} bytes`];
  if (r.sequence === SequenceUse.Unusable) parts.push('sequence numbers unusable');
  else if (r.sequence !== SequenceUse.None) {
    parts.push(`${number(r.lost)} lost`);
    if (r.reordered > 0) parts.push(`${number(r.reordered)} reordered`);
    if (r.repeated > 0) parts.push(`${number(r.repeated)} repeated`);
  }
  if (r.truncated > 0) parts.push(`${number(r.truncated)} truncated`);
  if (r.malformed > 0) parts.push(`${number(r.malformed)} malformed`);
  return parts.join(', ');
}

function number(n: number): string {
  return n.toLocaleString('en');
}
