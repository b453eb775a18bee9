/** Whether a new mirror arrives: five steps, each of which the one before makes possible. */
import type { FindingSaid } from '../../../../src/console/contract/setup.js';
import type { FramesResult } from '../../../../src/model/live.js';
import type { CollectorStatus, MirrorStatus } from '../../../../src/model/status.js';
import { parseAddress } from '../../../../src/wire/ip/addresses.js';
import { count, percent, plural, rate, seconds } from '../../format/numbers.js';
import type { NoteKind } from '../../parts/note-kind.js';
import { gone, typeWords } from '../mirrors/mirror.js';

export interface Tick {
  readonly kind: NoteKind;
  readonly title: string;
  readonly words: string;
}

/** What is to come. */
export interface Expected {
  /** An address or prefix. */
  readonly source: string;
  /** Undefined: the packets carry none. */
  readonly session: number | undefined;
  /** Words of `mirror_type`; none: whatever GRE it is. */
  readonly types: readonly string[];
}

export interface Arrived {
  readonly status: CollectorStatus | null;
  /** What the doctor says; undefined while it looks. */
  readonly findings: readonly FindingSaid[] | undefined;
  readonly frames: FramesResult | undefined;
  /** Packets a second of a mirror point. */
  readonly rateOf: (mirror: MirrorStatus) => number | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Packets after which something can be said of loss. */
export const ENOUGH = 100;

/** Whether an address is one, or lies in a prefix. */
export function within(address: string, prefix: string): boolean {
  const [network = '', length] = prefix.split('/');
  const [a, b] = [new Uint8Array(16), new Uint8Array(16)];
  const [version, other] = [parseAddress(network, a, 0), parseAddress(address, b, 0)];
  if (version === 0 || version !== other) return false;
  // IPv4 addresses are in the last four bytes.
  const bits = length === undefined ? 128 : Number(length) + (version === 4 ? 96 : 0);
  return a.every((byte, i) => {
    const mask = 0xff & (0xff00 >> Math.max(0, Math.min(8, bits - i * 8)));
    return (byte & mask) === (b[i]! & mask);
  });
}

/** The mirror points that the source has, those that were expected first. */
export function pointsFrom(expected: Expected, status: CollectorStatus | null): MirrorStatus[] {
  if (status === null) return [];
  const fits = (m: MirrorStatus): number =>
    (expected.session === undefined || m.session === expected.session ? 2 : 0) +
    (expected.types.length === 0 || expected.types.includes(m.type) ? 1 : 0);
  return [...status.mirrors, ...status.unlisted.loudest]
    .filter((m) => m.packets > 0 && within(m.source, expected.source))
    .sort((a, b) => fits(b) - fits(a) || (b.last_seen ?? 0) - (a.last_seen ?? 0));
}

/** The five steps. */
export function ticks(expected: Expected, arrived: Arrived): Tick[] {
  const points = pointsFrom(expected, arrived.status);
  const [point] = points;
  return [
    ready(arrived),
    comes(expected, arrived, point),
    ...(point === undefined
      ? [
          unread(expected, arrived) ?? {
            kind: 'wait' as const,
            title: expectedWords(expected),
            words: 'as the commands say',
          },
          { kind: 'wait' as const, title: 'First conversation', words: ROWS },
          { kind: 'wait' as const, title: 'Nothing lost', words: `known after ${ENOUGH} packets` },
        ]
      : [asExpected(expected, arrived, point), conversations(point), losses(point)]),
  ];
}

const ROWS =
  'a row appears when one ends: UDP after 60 s of silence, TCP at its FIN or after 5 min of silence, all ' +
  'after 15 min';

function ready({ status, findings }: Arrived): Tick {
  const title = 'This collector can receive';
  if (status === null)
    return {
      kind: 'bad',
      title: 'No collector runs',
      words: 'mirrorlake collect starts one; then this page listens',
    };
  const down = status.receivers.filter((r) => r.state !== 'up');
  if (down.length > 0)
    return { kind: 'bad', title, words: down.map((r) => `${r.name} is ${r.state}`).join(', ') };
  if (findings === undefined) return { kind: 'wait', title, words: 'mirrorlake doctor looks …' };
  const bad = findings.filter((f) => f.state === 'bad');
  if (bad.length > 0)
    return { kind: 'bad', title, words: bad.map((f) => `${f.subject}: ${f.text}`).join('; ') };
  const poor = findings.filter((f) => f.state === 'poor').map((f) => f.subject);
  const receivers = status.receivers.map((r) =>
    r.kind === 'raw' ? 'raw sockets are open' : `${r.name} is up`,
  );
  const beware = poor.length === 0 ? '' : `; beware: ${poor.join(', ')}`;
  return { kind: 'ok', title, words: `${receivers.join(', ')}, nothing drops protocol 47${beware}` };
}

function ago(at: number, s: number): string {
  return `${seconds(Math.max(0, Math.floor(at / 1000 - s)))} ago`;
}

function comes({ source }: Expected, { status, at, rateOf, frames }: Arrived, point?: MirrorStatus): Tick {
  const title = `GRE from ${source}`;
  if (point !== undefined) {
    const a = rateOf(point);
    const first = point.first_seen === undefined ? '' : `first packet ${ago(at, point.first_seen)}`;
    return {
      kind: 'ok',
      title,
      words: [first, a === undefined ? '' : `${rate(Math.round(a))} a second`]
        .filter((w) => w !== '')
        .join(', '),
    };
  }
  const other = [
    ...(status?.malformed_senders ?? []).filter((m) => within(m.source, source)),
    ...(status?.refused ?? []).filter((r) => within(r.source, source)),
  ];
  if (other.length > 0 || (frames?.frames.length ?? 0) > 0) return { kind: 'ok', title, words: 'it comes' };
  return { kind: 'wait', title, words: 'nothing yet' };
}

function expectedWords({ types, session }: Expected): string {
  const type = types.length === 0 ? 'GRE with frames in it' : types.map(typeWords).join(' or ');
  return session === undefined ? type : `${type}, session ${session}`;
}

/** What comes and is no mirror point. */
function unread({ source }: Expected, { status, at }: Arrived): Tick | undefined {
  const refused = status?.refused.find((r) => within(r.source, source));
  if (refused !== undefined)
    return {
      kind: 'bad',
      title: `${typeWords(refused.type)}, session ${refused.session}: refused`,
      words: 'unknown_mirrors is refuse: give it its name here first, and reload the collector',
    };
  const malformed = status?.malformed_senders?.find((m) => within(m.source, source));
  if (malformed !== undefined)
    return {
      kind: 'bad',
      title: 'What comes cannot be read',
      words:
        `${malformed.reason}, ${plural(malformed.packets, 'packet')}, the last ` +
        `${ago(at, malformed.last_seen)}`,
    };
  return undefined;
}

function asExpected(expected: Expected, { frames }: Arrived, point: MirrorStatus): Tick {
  const type = expected.types.length === 0 || expected.types.includes(point.type);
  const session = expected.session === undefined || expected.session === point.session;
  const is =
    point.type.startsWith('erspan') && point.type !== 'erspan1'
      ? `${typeWords(point.type)}, session ${point.session}`
      : typeWords(point.type);
  if (!type || !session)
    return { kind: 'warn', title: is, words: `not what the commands say: ${expectedWords(expected)}` };
  const frame = frames?.frames.find((f) => f.type === point.type && f.malformed === '');
  const words = [
    frame === undefined || frame.mirror_port === 0 ? '' : `port index ${frame.mirror_port}`,
    frame === undefined
      ? ''
      : frame.vlan_ids.length > 0
        ? `VLAN ${frame.vlan_ids.join(' in ')}`
        : 'no VLAN tag',
    point.truncated > 0 ? 'cut short by the switch' : '',
    point.policy === 'ignore' ? 'only counted: its entry says observe: false' : '',
  ];
  return { kind: 'ok', title: is, words: words.filter((word) => word !== '').join(', ') };
}

function conversations({ sessions = 0, malformed, packets }: MirrorStatus): Tick {
  if (sessions > 0) return { kind: 'ok', title: plural(sessions, 'conversation'), words: ROWS };
  if (malformed > packets / 2)
    return { kind: 'bad', title: 'No conversation', words: 'the frames in it cannot be right' };
  return { kind: 'wait', title: 'First conversation', words: ROWS };
}

function losses(point: MirrorStatus): Tick {
  const { packets, sequence, kernel_drops } = point;
  const lost = gone(point);
  if (packets < ENOUGH)
    return { kind: 'wait', title: 'Nothing lost', words: `known after ${ENOUGH} packets` };
  if (sequence === 'none' || sequence === 'unusable')
    return { kind: 'warn', title: 'Loss cannot be seen', words: 'its packets have no sequence numbers' };
  const here = kernel_drops > 0 ? `, and this host dropped ${count(kernel_drops)}` : '';
  if (lost + kernel_drops > 0)
    return {
      kind: 'bad',
      title: `${count(lost)} lost on the way`,
      words: `${percent(lost / (packets + lost))} of ${count(packets + lost)} packets${here}`,
    };
  return { kind: 'ok', title: 'Nothing lost', words: `of ${count(packets)} packets` };
}
