/** A conversation as steps of a ladder: who said what, when. */
import type { Row } from '../../../../src/console/contract/sessions.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../../../../src/wire/walk/frame.js';
import { bytes, micros, plural } from '../../format/numbers.js';
import type { LadderEvent } from '../../parts/ladder-event.js';
import { textOf } from './cells.js';

/** A kept frame, as `/sessions/:id/packets` has it. */
export interface KeptFrame {
  readonly time: string;
  readonly direction: 'client' | 'server' | '';
  readonly length: number;
  readonly original_length: number;
  readonly data: string;
  readonly layer: string;
  readonly gre_protocol: number;
}

/** A time of the API, microseconds after another one. */
function since(time: string, first: string): number {
  const fraction = (text: string): number => Number((/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(9, '0')) / 1000;
  const whole = (text: string): number => Date.parse(text.replace(/\.\d+/, ''));
  return (whole(time) - whole(first)) * 1000 + fraction(time) - fraction(first);
}

function question(row: Row): string {
  const parts = [row.method, textOf(row.resource) || row.name].map(textOf).filter((text) => text !== '');
  return parts.length === 0 ? 'question' : parts.join(' ');
}

function answer(row: Row): string {
  const size = Number(row.response_bytes);
  const said = [textOf(row.status) || 'answer', ...(size > 0 ? [bytes(size)] : [])].join(' · ');
  return Number(row.response_us) > 0 ? `${said} after ${micros(Number(row.response_us))}` : said;
}

/** Questions and answers, in the order of their times. */
function exchanges(session: Row, transactions: readonly Row[]): LadderEvent[] {
  const first = textOf(session.first_seen);
  return transactions.flatMap((row) => {
    const at = since(textOf(row.time), first);
    const steps: LadderEvent[] = [];
    if (row.outcome !== 'unasked') steps.push({ from: 'client', at, label: question(row) });
    if (row.outcome === 'unasked') steps.push({ from: 'server', at, label: answer(row) });
    else if (row.outcome !== 'unanswered' && Number(row.response_us) > 0)
      steps.push({ from: 'server', at: at + Number(row.response_us), label: answer(row) });
    return steps;
  });
}

/** The last one of some letters of `history`: who did it. */
function lastOf(history: string, letters: readonly [string, string]): 'client' | 'server' | undefined {
  const [client, server] = letters.map((letter) => history.lastIndexOf(letter)) as [number, number];
  return client < 0 && server < 0 ? undefined : client > server ? 'client' : 'server';
}

/** What the session's row and its transactions tell, where no packets are kept. */
export function stepsOfRow(session: Row, transactions: readonly Row[]): LadderEvent[] {
  const history = textOf(session.history);
  const end = since(textOf(session.last_seen), textOf(session.first_seen));
  const steps: LadderEvent[] = [];
  if (history.includes('S')) steps.push({ from: 'client', at: 0, label: 'SYN' });
  if (/h/i.test(history))
    steps.push({ from: history.includes('h') ? 'server' : 'client', at: undefined, label: 'SYN-ACK' });
  const said = exchanges(session, transactions).sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  steps.push(...said);
  if (said.length === 0)
    for (const side of ['client', 'server'] as const) {
      const payload = Number(session[`${side}_payload`]);
      const packets = Number(session[`${side}_packets`]);
      if (payload > 0)
        steps.push({ from: side, at: undefined, label: `${bytes(payload)} in ${plural(packets, 'packet')}` });
    }
  const reset = lastOf(history, ['R', 'r']);
  const closed = lastOf(history, ['F', 'f']);
  if (reset !== undefined) steps.push({ from: reset, at: end, label: 'RST', bad: true });
  else if (closed !== undefined) steps.push({ from: closed, at: end, label: 'FIN' });
  return steps;
}

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const TCP = 6;
/** Bytes of one side without an answer between them are one step; a pause this long, µs, begins another. */
const PAUSE = 100_000;

/** Payload of one side, segment after segment. */
interface Flight {
  readonly from: 'client' | 'server';
  readonly at: number;
  last: number;
  bytes: number;
  packets: number;
  readonly again: boolean;
}

const KINDS: Readonly<Record<string, number>> = {
  ethernet: FrameKind.Ethernet,
  ipv4: FrameKind.Ip,
  ipv6: FrameKind.Ip,
  ppp: FrameKind.Ppp,
  ieee80211: FrameKind.Ieee80211,
};

/** The steps of a conversation's kept packets; what its transactions say stands beside their bytes. */
export function stepsOfFrames(
  session: Row,
  frames: readonly KeptFrame[],
  transactions: readonly Row[],
): LadderEvent[] {
  const first = textOf(session.first_seen);
  const [walk, frame] = [new Walk(KNOWN_TUNNEL_PORTS), new Frame()];
  /** The highest sequence number that a side has sent, one behind. */
  const sent: Partial<Record<'client' | 'server', number>> = {};
  const found: (LadderEvent | Flight)[] = [];
  for (const { time, direction, original_length, data, layer, gre_protocol } of frames) {
    if (direction === '') continue;
    const at = since(time, first);
    const octets = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const kind = KINDS[layer] ?? FrameKind.EtherType;
    decodeFrame(walk, kind, gre_protocol, octets, 0, octets.length, original_length, frame);
    const { protocol, tcpFlags, tcpSequence, payloadLength } = frame;
    const label = protocol === TCP ? flagWords(tcpFlags) : undefined;
    if (protocol === TCP && (tcpFlags & SYN) !== 0) sent[direction] = (tcpSequence + 1) >>> 0;
    if (label !== undefined && (tcpFlags & SYN) !== 0) {
      found.push({ from: direction, at, label });
      continue;
    }
    const size = frame.ipVersion === 0 ? original_length : payloadLength;
    if (size > 0) {
      const end = (tcpSequence + size) >>> 0;
      const known = sent[direction];
      const again = protocol === TCP && known !== undefined && ((end - known) | 0) <= 0;
      if (!again) sent[direction] = end;
      const before = found.at(-1);
      const follows =
        before !== undefined &&
        'packets' in before &&
        before.from === direction &&
        before.again === again &&
        at - before.last < PAUSE;
      if (follows) {
        before.last = at;
        before.bytes += size;
        before.packets++;
      } else found.push({ from: direction, at, last: at, bytes: size, packets: 1, again });
    }
    if (label !== undefined)
      found.push({ from: direction, at, label, ...(label === 'RST' && { bad: true }) });
  }
  const told = exchanges(session, transactions);
  const tls = textOf(session.tls_version) !== '' || textOf(session.ja4) !== '';
  const begun = new Set<string>();
  return found.map((step) => {
    if (!('packets' in step)) return step;
    const begins = !begun.has(step.from);
    begun.add(step.from);
    return inWords(step, told, tls && begins ? HELLO[step.from] : undefined);
  });
}

/** What TLS begins with. */
const HELLO = { client: 'ClientHello', server: 'ServerHello' } as const;

function flagWords(flags: number): string | undefined {
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? 'SYN-ACK' : 'SYN';
  if ((flags & RST) !== 0) return 'RST';
  return (flags & FIN) !== 0 ? 'FIN' : undefined;
}

/**
 * A flight of bytes in words: what was asked or answered with it, else how much it was.
 *
 * @param told questions and answers
 * @param begins what the side says first
 */
function inWords(flight: Flight, told: readonly LadderEvent[], begins: string | undefined): LadderEvent {
  const { from, at, last, again } = flight;
  const size = `${bytes(flight.bytes)}${flight.packets > 1 ? ` in ${flight.packets} packets` : ''}`;
  if (again) return { from, at, label: `${size} sent again`, bad: true };
  // A question's time is that of its last byte, an answer's that of its first.
  const [one, ...others] = told.filter(
    (step) => step.from === from && step.at !== undefined && step.at >= at - 1 && step.at <= last + 1,
  );
  if (one !== undefined)
    return { from, at, label: others.length === 0 ? one.label : `${one.label}, ${others.length} more` };
  return { from, at, label: begins === undefined ? size : `${begins} · ${size}` };
}
