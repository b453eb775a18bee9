/** TCP, UDP and SCTP, field by field. */
import { u16, u32 } from '../../../../../src/wire/bytes.js';
import type { Sheet } from './layer.js';
import { bytesOf, count, hex16, hex32, hexBytes, named, word } from './words.js';

/** What a conversation says of one frame's numbers: they are counted from its beginning. */
export interface Numbers {
  /** The number of the first byte after SYN, or of the first one seen, less one. */
  readonly sequenceFrom: number | undefined;
  readonly acknowledgmentFrom: number | undefined;
}

const FLAGS = [
  [0x02, 'SYN'],
  [0x01, 'FIN'],
  [0x04, 'RST'],
  [0x10, 'ACK'],
  [0x08, 'PSH'],
  [0x20, 'URG'],
  [0x40, 'ECE'],
  [0x80, 'CWR'],
] as const;

/** `SYN ACK`. */
export function tcpFlags(n: number): string {
  return FLAGS.filter(([bit]) => (n & bit) !== 0)
    .map(([, said]) => said)
    .join(' ');
}

/** A number of 32 bits, counted from another. */
export function relative(n: number, from: number | undefined): number {
  return from === undefined ? n : (n - from) >>> 0;
}

export function tcp(s: Sheet, numbers: Numbers, payload: number): void {
  const { b, at } = s;
  s.field('source port', at, 2, word);
  s.field('destination port', at + 2, 2, word);
  const counted = (n: number, from: number | undefined): string =>
    from === undefined ? count(n) : `${count(relative(n, from))} (${n})`;
  s.field('sequence', at + 4, 4, (b, o) => counted(u32(b, o), numbers.sequenceFrom));
  s.field('acknowledgment', at + 8, 4, (b, o) =>
    s.has(at + 13, 1) && (b[at + 13]! & 0x10) === 0 ? 'none' : counted(u32(b, o), numbers.acknowledgmentFrom),
  );
  s.field('header', at + 12, 1, (b, o) => bytesOf((b[o]! >> 4) * 4));
  s.field('flags', at + 13, 1, (b, o) => tcpFlags(b[o]!) || 'none');
  s.field('window', at + 14, 2, word);
  s.field('checksum', at + 16, 2, hex16);
  s.field('urgent', at + 18, 2, word);
  if (s.has(at, 14)) {
    const acked = (b[at + 13]! & 0x10) !== 0;
    s.detail =
      `${u16(b, at)} → ${u16(b, at + 2)}, seq ${count(relative(u32(b, at + 4), numbers.sequenceFrom))}` +
      (acked ? `, ack ${count(relative(u32(b, at + 8), numbers.acknowledgmentFrom))}` : '') +
      `, ${tcpFlags(b[at + 13]!)}`;
    options(s, at + 20, at + (b[at + 12]! >> 4) * 4);
  } else if (s.has(at, 4)) s.detail = `${u16(b, at)} → ${u16(b, at + 2)}`;
  // It has bytes of its own, which are the application's.
  if (payload > 0) s.fields.push({ name: 'payload', value: bytesOf(payload), at: -1, length: 0 });
}

const OPTIONS: Readonly<Record<number, string>> = {
  2: 'largest segment',
  3: 'window scale',
  4: 'SACK permitted',
  5: 'SACK',
  8: 'timestamps',
  28: 'user timeout',
  30: 'multipath',
  34: 'fast open',
};

function options(s: Sheet, from: number, end: number): void {
  // 40 bytes at the most.
  for (let p = from; p < end && s.has(p, 1); ) {
    const kind = s.b[p]!;
    if (kind === 0) break;
    if (kind === 1) {
      p++;
      continue;
    }
    const length = s.has(p + 1, 1) ? s.b[p + 1]! : 0;
    if (length < 2 || p + length > end) break;
    s.field(named(OPTIONS, kind), p, length, (b, o) => optionWords(b, o, kind, length));
    p += length;
  }
  s.upTo(end);
}

function optionWords(b: Uint8Array, o: number, kind: number, length: number): string {
  if (kind === 2 && length === 4) return word(b, o + 2);
  if (kind === 3 && length === 3) return `${b[o + 2]!} (× ${count(2 ** Math.min(14, b[o + 2]!))})`;
  if (kind === 4) return 'yes';
  if (kind === 8 && length === 10) return `${u32(b, o + 2)}, echo ${u32(b, o + 6)}`;
  if (kind === 5) {
    const blocks: string[] = [];
    for (let p = o + 2; p + 8 <= o + length; p += 8) blocks.push(`${u32(b, p)} – ${u32(b, p + 4)}`);
    return blocks.join(', ');
  }
  return hexBytes(b, o + 2, o + length);
}

export function udp(s: Sheet): void {
  const { b, at } = s;
  s.field('source port', at, 2, word);
  s.field('destination port', at + 2, 2, word);
  s.field('length', at + 4, 2, word);
  s.field('checksum', at + 6, 2, hex16);
  if (s.has(at, 4)) s.detail = `${u16(b, at)} → ${u16(b, at + 2)}`;
}

const CHUNKS: Readonly<Record<number, string>> = {
  0: 'DATA',
  1: 'INIT',
  2: 'INIT ACK',
  3: 'SACK',
  4: 'HEARTBEAT',
  5: 'HEARTBEAT ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN ACK',
  9: 'ERROR',
  10: 'COOKIE ECHO',
  11: 'COOKIE ACK',
  14: 'SHUTDOWN COMPLETE',
  64: 'I-DATA',
  192: 'FORWARD TSN',
};

export function sctp(s: Sheet): void {
  const { b, at } = s;
  s.field('source port', at, 2, word);
  s.field('destination port', at + 2, 2, word);
  s.field('verification tag', at + 4, 4, hex32);
  s.field('checksum', at + 8, 4, hex32);
  if (s.has(at, 4)) s.detail = `${u16(b, at)} → ${u16(b, at + 2)}`;
  const chunks: string[] = [];
  for (let p = at + 12, n = 0; s.has(p, 4) && n < 64; n++) {
    const length = u16(b, p + 2);
    if (length < 4) break;
    const name = named(CHUNKS, b[p]!);
    chunks.push(name);
    s.field(name, p, Math.min(length, s.limit - p), () => bytesOf(length));
    p += (length + 3) & ~3;
  }
  s.summary = chunks.slice(0, 4).join(', ');
}
