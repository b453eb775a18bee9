import type { MirrorTable } from '../../accounts/mirrors.js';
import type { Demux } from '../../demux/demux.js';
import { UNLISTED_WORDS, type UnlistedKind } from '../../demux/unlisted-mirrors.js';
import { type Inputs, inputWord } from '../../model/inputs.js';
import { isPlain, MIRROR_TYPE_NAMES, type MirrorPoint, MirrorType } from '../../model/mirror-point.js';
import { MirrorRecord } from '../../model/mirror-record.js';
import { SequenceUse } from '../../model/sequence-use.js';
import type { ApplicationStatus } from '../../model/status.js';
import { counted, grouped, incompleteWords } from '../../model/words.js';
import type { PathsTold } from '../../reader/paths.js';
import { LOOK_PACKETS } from '../../reader/read-as.js';
import type { Reading } from '../../reader/run.js';
import type { SessionsTold } from '../../reader/session-dialect.js';
import { formatIp } from '../../wire/ip/addresses.js';
import { MALFORMED_NAMES } from '../../wire/walk/malformed.js';
import { displayWidth } from '../terminal.js';

/** Mirror points listed one by one. */
export const MOST_POINTS = 20;
/** Captures named one by one. */
const MOST_NAMED = 3;
/** Those whose frames come twice. */
const MOST_TWICE = 3;

/**
 * The summary of `read` for people: packets, GRE, per mirror, sessions, transactions, malformed by reason,
 * lost. `stored` says where.
 *
 * @param columns of the terminal; undefined: lines may have any length
 */
export function readSummary(
  demux: Demux,
  mirrors: MirrorTable,
  table: SessionsTold | undefined,
  stored: string | undefined,
  columns?: number,
  { clocks, paths, kinds, resembling }: Partial<Reading> = {},
): string {
  const c = demux.counters;
  const sessions = table?.counters;
  const packets = table?.packets;
  const lines: string[] = [];
  const where = stored === undefined ? '' : `, stored ${stored}`;
  const other = [
    c.notGre > 0 ? `${grouped(c.notGre)} ${demux.inputs.udp.length > 0 ? 'no mirror' : 'not GRE'}` : '',
    c.unsupportedLinkType > 0 ? `${grouped(c.unsupportedLinkType)} of a link type not known` : '',
    c.tunnelled > 0 ? `${grouped(c.tunnelled)} taken by tunnels` : '',
  ].filter((part) => part !== '');
  lines.push(`${counted(c.packets, 'packet')}: ${[...carried(demux), ...other].join(', ')}`);
  if (kinds !== undefined) lines.push(...kindLines(kinds));
  for (const { kind, port } of resembling?.values() ?? []) lines.push(resemblingWords(kind, port, demux));
  if (c.heldMirrors > 0)
    lines.push(
      `${counted(c.heldMirrors, 'plain frame')} held a mirror: read --as mirrors takes ` +
        `${c.heldMirrors === 1 ? 'it' : 'them'} for mirrored traffic`,
    );
  const kept = packets === undefined ? '' : `, and ${grouped(packets.kept)} of their packets`;
  if (table !== undefined) {
    const { opened, rows, copies } = table.counters;
    const transactions = Object.values(table.applications.transactions).reduce((a, b) => a + b, 0);
    const asked = transactions > 0 ? `, ${counted(transactions, 'transaction')}` : '';
    const said = `${counted(opened, 'session')} in ${counted(rows, 'row')}`;
    lines.push(`${said}${asked}${kept}${where}`);
    if (copies > 0)
      lines.push(`copies: ${counted(copies, 'row')} of conversations that another mirror had first`);
  }
  lines.push(...mirrorLines(mirrors, columns));
  if (clocks !== undefined) lines.push(clockLine(clocks));
  const twice = mirrors.points.filter((point) => table?.twice.includes(point.index));
  if (twice.length > 0) {
    const where = twice.slice(0, MOST_TWICE).map(pointWords).join(', ');
    const more = twice.length > MOST_TWICE ? ` and ${grouped(twice.length - MOST_TWICE)} more` : '';
    lines.push(`frames come twice: ${where}${more} (--deduplicate 10ms counts each once)`);
  }
  const malformed = [...c.malformed]
    .map((count, code) => [MALFORMED_NAMES[code] ?? `reason ${code}`, count] as const)
    .filter(([, count]) => count > 0);
  if (malformed.length > 0)
    lines.push(`malformed: ${malformed.map(([name, count]) => `${name} ${grouped(count)}`).join(', ')}`);
  if (c.reassembly.incomplete > 0)
    lines.push(`packets in fragments: ${incompleteWords(c.reassembly.incomplete)}`);
  if (sessions !== undefined && sessions.duplicates > 0)
    lines.push(`duplicates, counted once: ${grouped(sessions.duplicates)}`);
  if (sessions !== undefined && sessions.duplicatesForgotten > 0)
    lines.push(
      'frames forgotten too soon to tell their duplicates: ' +
        `${grouped(sessions.duplicatesForgotten)} (--deduplicate: a shorter time needs fewer)`,
    );
  if (sessions !== undefined && sessions.uncompared > 0)
    lines.push(
      `too many sessions with the same ends: ${grouped(sessions.uncompared)} not compared with those of ` +
        'other mirror points',
    );
  if (sessions !== undefined && sessions.groupCopies > 0)
    lines.push(`copies in groups, counted once: ${grouped(sessions.groupCopies)}`);
  if (sessions !== undefined && sessions.groupFramesForgotten > 0)
    lines.push(
      'frames of groups forgotten too soon to tell their copies: ' +
        `${grouped(sessions.groupFramesForgotten)} (--group-window: a shorter time needs fewer)`,
    );
  if (sessions !== undefined && sessions.pressure > 0)
    lines.push(
      `the session table was full: ${counted(sessions.pressure, 'session')} ended by ` +
        'pressure (see --max-sessions)',
    );
  if (sessions !== undefined && sessions.collisions > 0)
    lines.push(
      `too many hashes alike: ${counted(sessions.collisions, 'session')} ended by pressure ` +
        'to make room for others',
    );
  if (sessions !== undefined && sessions.fragmentTrainsDropped > 0)
    lines.push(`too many fragmented packets at once: ${grouped(sessions.fragmentTrainsDropped)} given up`);
  if (packets !== undefined && packets.dropped > 0)
    lines.push(`too many fragments waited for their first one: ${grouped(packets.dropped)} not kept`);
  lines.push(...inputLines(demux));
  if (table !== undefined) lines.push(...applicationLines(table.applications));
  if (paths !== undefined) lines.push(...pathLines(paths));
  return `${lines.join('\n')}\n`;
}

/** What came of each kind of input that is listed, and plain frames. */
function carried({ counters: c, inputs }: Demux): string[] {
  const plain = c.plain > 0 ? [counted(c.plain, 'plain frame')] : [];
  if (c.plain > 0 && c.plain === c.packets) return plain;
  const udp = inputs.udp.length > 0 ? [`${grouped(c.udp)} in UDP`] : [];
  const gre = inputs.gre || c.gre > 0 ? [`${grouped(c.gre)} GRE`] : [];
  return [...gre, ...udp, ...plain];
}

/** Mirrors of inputs that are not listed, and those that want more than to be read. */
function inputLines({ counters, inputs }: Demux): string[] {
  const lines = counters.unlisted.list().map(({ kind, port, packets }) => {
    const where = port > 0 ? ` to UDP port ${port}` : '';
    const said = `${UNLISTED_WORDS[kind]}${where}: ${counted(packets, 'packet')}`;
    if (kind === 'gre-dtls') return `${said}, encrypted: only its receiver can read it`;
    return `${said} not read: ${inputOptions(inputs, kind)} reads what it carries`;
  });
  const { gatewayLoadBalancer: inline } = counters;
  if (inline > 0)
    lines.push(
      `GENEVE of an AWS Gateway Load Balancer: ${counted(inline, 'packet')}. It waits for each to come ` +
        'back, which nobody sends here: mirror to this program, do not route through it',
    );
  return lines;
}

/** Which captures were found to be plain. */
function kindLines(kinds: Reading['kinds']): string[] {
  const plain = [...kinds].flatMap(([{ name }, kind]) => (kind === 'frames' ? [name] : []));
  if (plain.length === 0) return [];
  const more = plain.length > MOST_NAMED ? ` and ${counted(plain.length - MOST_NAMED, 'more capture')}` : '';
  const names = plain.slice(0, MOST_NAMED).join(', ');
  return [
    `read as plain frames: ${names}${more} (no mirror in the first ${grouped(LOOK_PACKETS)} packets; ` +
      '--as says otherwise)',
  ];
}

/** About plain captures that may be mirrors of an input that nobody has listed. */
function resemblingWords(kind: UnlistedKind, port: number, { inputs }: Demux): string {
  const said = `some of that looks like a mirror: ${UNLISTED_WORDS[kind]} to UDP port ${port}`;
  if (kind === 'gre-dtls') return `${said}, encrypted: only its receiver can read it`;
  return `${said}; ${inputOptions(inputs, kind)} reads what it carries`;
}

/** The options that list an input beside those that are listed. */
function inputOptions({ gre, udp }: Inputs, kind: string): string {
  return [...(gre ? ['gre'] : []), ...udp.map(inputWord), kind].map((input) => `--input ${input}`).join(' ');
}

/** What came of `--path`, and which of its bounds were hit. */
function pathLines({ counters, rows, leftOut }: PathsTold): string[] {
  const lines = [`paths: ${counted(counters.observed, 'packet')} observed, ${counted(rows, 'row')}`];
  for (const [n, words] of [
    [leftOut, 'too many packets in several captures: NUMBER left out (a smaller --sample needs fewer)'],
    [counters.early, 'too many packets waited at once: NUMBER judged early (a smaller --sample needs fewer)'],
    [counters.hopsFull, 'too many conversations at once: NUMBER packets without a row of hops'],
    [counters.gapsForgotten, 'mirrors lost too often: NUMBER gaps in their numbers forgotten'],
  ] as const)
    if (n > 0) lines.push(words.replace('NUMBER', grouped(n)));
  return lines;
}

/** What came of timestamps. */
function clockLine({ size, jumps, disbelieved, crowded }: NonNullable<Reading['clocks']>): string {
  const parts = [
    size === 0 ? 'no timestamps' : counted(size, 'clock'),
    jumps > 0 ? `set ${counted(jumps, 'time')}` : '',
    disbelieved > 0 ? `${counted(disbelieved, 'timestamp')} disbelieved` : '',
    crowded > 0 ? `${counted(crowded, 'packet')} of too many clocks` : '',
  ];
  return `hardware time: ${parts.filter((part) => part !== '').join(', ')}`;
}

/** What was not read of messages, and why. */
function applicationLines(a: ApplicationStatus): string[] {
  const partial = Object.entries(a.partial).filter(([, n]) => n > 0);
  const lines: string[] = [];
  if (partial.length > 0)
    lines.push(`messages read in part: ${partial.map(([why, n]) => `${why} ${grouped(n)}`).join(', ')}`);
  for (const [n, words] of [
    [a.conversations_given_up, 'too many conversations were read at once: NUMBER were read no further'],
    [a.questions_given_up, 'too many questions were open at once: NUMBER stored without their answer'],
    [a.messages_given_up, 'too many messages were in pieces at once: NUMBER given up'],
    [a.words_left_out, 'too many names, users and fingerprints at once: NUMBER left out'],
    [a.certificates_forgotten, 'too many certificates in a day: NUMBER rows may be repeated'],
  ] as const)
    if (n > 0) lines.push(words.replace('NUMBER', grouped(n)));
  return lines;
}

function mirrorLines(mirrors: MirrorTable, columns = Number.POSITIVE_INFINITY): string[] {
  const record = new MirrorRecord();
  const rows = mirrors.points.map((point) => {
    mirrors.totals(point, record);
    return { words: pointWords(point), packets: record.packets, text: accountWords(record) };
  });
  rows.sort((a, b) => b.packets - a.packets);
  const shown = rows.slice(0, MOST_POINTS);
  const width = Math.max(0, ...shown.map((row) => row.words.length));
  const side = shown.map((row) => `  ${row.words.padEnd(width)}  ${row.text}`);
  // If they do not fit side by side, the counts go below their point.
  const lines = side.every((line) => displayWidth(line) <= columns)
    ? side
    : shown.flatMap((row) => [`  ${row.words}`, `    ${row.text}`]);
  if (rows.length > MOST_POINTS)
    lines.push(`  and ${counted(rows.length - MOST_POINTS, 'more mirror point')}`);
  return lines;
}

/** erspan2 10.0.0.1 → 10.0.0.2 session 30; capture a.pcap */
function pointWords(p: MirrorPoint): string {
  if (isPlain(p.type)) return `${MIRROR_TYPE_NAMES[p.type]} ${p.name}`;
  const numbered = p.type <= MirrorType.Erspan3 || p.session !== 0;
  const id = numbered ? ` session ${p.session}` : p.key === null ? '' : ` key ${p.key}`;
  return `${MIRROR_TYPE_NAMES[p.type]} ${formatIp(p.source, 0)} → ${formatIp(p.target, 0)}${id}`;
}

function accountWords(r: MirrorRecord): string {
  const parts = [counted(r.packets, 'packet'), counted(r.bytes, 'byte')];
  if (r.sequence === SequenceUse.Unusable) parts.push('sequence numbers unusable');
  else if (r.sequence !== SequenceUse.None) {
    parts.push(`${grouped(r.lost)} lost`);
    if (r.reordered > 0) parts.push(`${grouped(r.reordered)} reordered`);
    if (r.repeated > 0) parts.push(`${grouped(r.repeated)} repeated`);
  }
  if (r.truncated > 0) parts.push(`${grouped(r.truncated)} truncated`);
  if (r.malformed > 0) parts.push(`${grouped(r.malformed)} malformed`);
  return parts.join(', ');
}
