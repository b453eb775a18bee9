/** A mirror point in words: what it is, how it is, and the lines that give it a name. */
import type { MirrorAccount, MirrorSaid } from '../../../../src/console/contract/mirrors.js';
import { isPlainType, sourceInId } from '../../../../src/console/contract/plain-points.js';
import type { CollectorStatus, MirrorStatus } from '../../../../src/model/status.js';
import { count, percent, plural, rate } from '../../format/numbers.js';

const TYPES: Readonly<Record<string, string>> = {
  erspan1: 'ERSPAN I',
  erspan2: 'ERSPAN II',
  erspan3: 'ERSPAN III',
  gre: 'GRE',
  gretap: 'GRE + Ethernet',
  pptp: 'PPTP',
  mellanox: 'NVIDIA Spectrum',
  span: 'SPAN port',
  capture: 'capture',
};

export function typeWords(type: string): string {
  return TYPES[type] ?? (type === '' ? 'any type' : type);
}

/** `session 2`, `key 300`; empty for types without. */
export function numberWords({ type, session, key }: Pick<MirrorSaid, 'type' | 'session' | 'key'>): string {
  const words = [
    session === null || (session === 0 && !type.startsWith('erspan')) ? '' : `session ${session}`,
    key === null ? '' : `key ${key}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** The address that it sends from; of plain frames the name of what they come from. */
export function placeWords({ type, source, name }: Pick<MirrorSaid, 'type' | 'source' | 'name'>): string {
  return (isPlainType(type) ? name : source) || 'any';
}

/** What its sequence numbers count. */
export const SEQUENCE_WORDS: Readonly<Record<string, string>> = {
  none: 'no sequence numbers',
  session: 'one sequence for the mirror',
  hardware: 'a sequence for each line card',
  direction: 'a sequence for each direction',
  hardware_direction: 'a sequence for each line card and direction',
  source: 'one sequence for all sessions of the source',
  unusable: 'sequence numbers that cannot be used',
};

/** What the collector counts of a mirror point now. */
export function nowOf(mirror: MirrorSaid, status: CollectorStatus | null | undefined): MirrorStatus | null {
  if (status == null) return null;
  const all = [...status.mirrors, ...status.unlisted.loudest];
  const id = (m: MirrorStatus): string =>
    `${m.type},${sourceInId(m.type, m.source, m.name)},${m.session ?? ''},${m.key ?? ''}`;
  return (
    all.find((m) => id(m) === mirror.id) ??
    all.find((m) => m.target === '' && m.name !== '' && m.name === mirror.name) ??
    null
  );
}

/**
 * A mirror point with what the collector counts, where that began within the range: the store has the minute
 * that runs only when it has ended.
 *
 * @param begin of the range, milliseconds since 1970
 */
export function upToNow(
  mirror: MirrorSaid,
  now: MirrorStatus | null,
  started: number,
  begin: number,
): MirrorSaid {
  const { account } = mirror;
  if (account === null || now === null || started < begin || now.packets < account.packets) return mirror;
  const { packets, bytes, lost = 0, late, reordered, repeated, truncated, malformed, sequence } = now;
  return {
    ...mirror,
    account: { ...account, packets, bytes, lost, late, reordered, repeated, truncated, malformed, sequence },
  };
}

/** Packets that never came: `late` of the lost ones did. */
export function gone({ lost, late }: { readonly lost?: number; readonly late: number }): number {
  return Math.max(0, (lost ?? 0) - late);
}

export interface Verdict {
  readonly kind: 'ok' | 'warn' | 'bad' | '';
  /** A word or two. */
  readonly tag: string;
  /** What has to be said beyond it. */
  readonly words: string;
}

/** Seconds without a packet after which a mirror is silent. */
export const SILENT = 60;
/** Minutes of a range below which nothing is said of bursts. */
const FEW_MINUTES = 3;
/** From here on a share is worth a word: of malformed packets, of conversations with one direction. */
const MALFORMED_SHARE = 0.01;
const ONE_SIDED_SHARE = 0.5;
const FEW_CONVERSATIONS = 5;

/** How the losses of some minutes lie in time. */
export function pattern({ minutes, lost_minutes, most_lost, lost }: MirrorAccount): 'bursts' | 'steady' | '' {
  if (minutes < FEW_MINUTES || lost_minutes === 0) return '';
  return lost_minutes >= 0.9 * minutes && most_lost <= (3 * lost) / lost_minutes ? 'steady' : 'bursts';
}

const PATTERN_WORDS = {
  bursts: 'in bursts, on the way here',
  steady: 'steadily, on the way here',
  '': 'on the way here',
};

/**
 * The sentence at the end of a mirror's line.
 *
 * @param now what the collector counts of it; null: no collector, or it knows none
 * @param at milliseconds since 1970
 * @param clock writes a time
 * @param losing packets that it loses a second now
 */
export function verdict(
  mirror: MirrorSaid,
  now: MirrorStatus | null,
  at: number,
  clock: (ms: number) => string,
  losing = 0,
): Verdict {
  const { account, policy, tcp, one_sided } = mirror;
  if (policy === 'refuse') return { kind: 'warn', tag: 'refused', words: 'counted, and never stored' };
  if (policy === 'ignore') return { kind: '', tag: 'only counted', words: 'its entry says observe: false' };
  if (now !== null && now.last_seen === undefined && account === null)
    return { kind: 'warn', tag: 'nothing yet', words: 'configured, and has sent nothing' };
  if (now?.last_seen !== undefined && at / 1000 - now.last_seen > SILENT)
    return { kind: 'warn', tag: 'silent', words: `since ${clock(now.last_seen * 1000)}` };
  const counts = account ?? now;
  if (counts === null) return { kind: '', tag: 'nothing', words: 'nothing of it in this time' };
  const lost = gone(counts);
  const dropped = account?.host_drops ?? now?.kernel_drops ?? 0;
  const incomplete = account?.incomplete ?? 0;
  if (lost > 0) {
    const share = lost / (counts.packets + lost);
    const also = dropped > 0 ? `; this host dropped ${count(dropped)}` : '';
    return {
      kind: 'bad',
      tag: `loses ${percent(share)}`,
      words: `${PATTERN_WORDS[account === null ? '' : pattern(account)]}${also}`,
    };
  }
  if (losing > 0)
    return { kind: 'bad', tag: 'loses now', words: `${rate(losing)} a second, on the way here` };
  if (dropped > 0)
    return {
      kind: 'bad',
      tag: 'dropped here',
      words: `this host had no room for ${plural(dropped, 'packet')}`,
    };
  if (now?.comes_twice === true)
    return { kind: 'warn', tag: 'twice', words: 'its frames come twice: both ways of two mirrored ports' };
  if (incomplete > 0)
    return {
      kind: 'warn',
      tag: 'in part',
      words: `of ${plural(incomplete, 'packet')} fragments are missing`,
    };
  if (counts.malformed > MALFORMED_SHARE * counts.packets)
    return { kind: 'warn', tag: 'malformed', words: `${count(counts.malformed)} frames cannot be right` };
  if (tcp >= FEW_CONVERSATIONS && one_sided > ONE_SIDED_SHARE * tcp)
    return {
      kind: 'warn',
      tag: 'one-sided',
      words: `${count(one_sided)} of ${count(tcp)} conversations show one direction only`,
    };
  if (counts.sequence === 'unusable')
    return {
      kind: 'warn',
      tag: 'not countable',
      words: 'its sequence numbers are none: loss cannot be seen',
    };
  if (counts.sequence === 'none')
    return { kind: '', tag: 'comes', words: 'without sequence numbers: loss cannot be seen' };
  const cut = counts.truncated > 0 ? `; the switch cuts ${percent(counts.truncated / counts.packets)}` : '';
  return { kind: 'ok', tag: 'well', words: `nothing lost${cut}` };
}

/** Words that YAML takes for something else than text. */
const NOT_TEXT = /^(?:true|false|null|yes|no|on|off|y|n|[\d.+-].*)$/i;

function scalar(text: string): string {
  const quoted = text === '' || !/^[A-Za-z0-9_./-]+$/.test(text);
  return quoted || (NOT_TEXT.test(text) && !/^\d+(\.\d+){3}(\/\d+)?$/.test(text))
    ? JSON.stringify(text)
    : text;
}

/** The entry of `mirrors` that gives a mirror point its name. */
export function nameLines(mirror: MirrorSaid, name: string): string {
  const { site, source, type, session, key } = mirror;
  const pairs = [
    `name: ${scalar(name)}`,
    site === '' ? '' : `site: ${scalar(site)}`,
    source === '' ? '' : `source: ${scalar(source)}`,
    // Without a session or key only the type tells it from others of the same source.
    type === '' || type.startsWith('erspan') || key !== null ? '' : `type: ${type}`,
    session === null || numberWords({ type, session, key: null }) === '' ? '' : `session: ${session}`,
    key === null ? '' : `key: ${key}`,
  ].filter((pair) => pair !== '');
  return `mirrors:\n  - { ${pairs.join(', ')} }\n`;
}

/** A name for a mirror point that has none: to be typed over. */
export function suggestedName({ type, source, session, key }: MirrorSaid): string {
  const number = key ?? (session === 0 ? null : session);
  const host =
    source
      .split(/[.:]/)
      .filter((part) => part !== '')
      .at(-1) ?? 'x';
  return `${type.startsWith('erspan') ? 'switch' : 'host'}-${host}${number === null ? '' : `-${number}`}`;
}
