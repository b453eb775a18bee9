/**
 * Samples of conversations, changed as a mirror or an enemy changes them, and what must hold of the rows that
 * readers make of that: for the fuzz test and for `npm run fuzz`.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { MOST_OPEN } from '../../src/applications/engine/dialogue.js';
import { LONGEST_NAME, LONGEST_RESOURCE } from '../../src/applications/engine/texts.js';
import type { Application } from '../../src/applications/reader.js';
import { APPLICATIONS } from '../../src/applications/registry.js';
import { Conversation } from './conversation.js';
import type { Sample } from './sample.js';

const PROTOCOLS = join(import.meta.dirname, '../applications');

/** The folders of protocols that have samples. */
export const withSamples = readdirSync(PROTOCOLS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(join(PROTOCOLS, entry.name)).includes('samples.ts'))
  .map((entry) => entry.name);

export async function samplesOf(name: string): Promise<readonly Sample[]> {
  return ((await import(join(PROTOCOLS, name, 'samples.ts'))) as { samples: readonly Sample[] }).samples;
}

export const readers = APPLICATIONS.filter((application) => application.newReader !== undefined);

/** Reads whatever it is given, as a reader that was recognised by mistake does. */
export function forced(application: Application): Application {
  return { ...application, tcp: { is: () => true }, udp: { is: () => true } };
}

/** More rows than this for each byte, or each message, are too many. */
const ROWS_PER_MESSAGE = 260;

export function judge(c: Conversation, messages: number): void {
  for (const r of c.rows) {
    for (const text of [r.method, r.name, r.user, r.status, ...Object.values(r.attributes)])
      assert.ok(text.length <= LONGEST_RESOURCE);
    assert.ok(r.name.length <= LONGEST_NAME);
    assert.ok(r.resource.length <= LONGEST_RESOURCE);
    for (const text of [r.method, r.name, r.resource, r.user, r.status, ...Object.values(r.attributes)])
      assert.ok(isClean(text), JSON.stringify(text));
    for (const n of [r.ttl, r.requestBytes, r.responseBytes, r.responseUs, r.transferUs])
      assert.ok(Number.isSafeInteger(n));
  }
  for (const text of Object.values(c.told)) assert.ok(isClean(text), JSON.stringify(text));
  assert.ok(c.rows.length <= ROWS_PER_MESSAGE * (messages + 1) + MOST_OPEN);
}

/** Without control characters and halves of pairs. */
function isClean(text: string): boolean {
  for (const c of text) {
    const code = c.codePointAt(0) as number;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000)) return false;
  }
  return true;
}

/** What is done to a message on its way. */
interface Harm {
  readonly message: number;
  readonly kind: 'flip' | 'cut' | 'drop' | 'repeat' | 'snap' | 'split' | 'insert' | 'swap';
  readonly at: number;
  readonly value: number;
}
export const harms = fc.array(
  fc.record({
    message: fc.nat({ max: 40 }),
    kind: fc.constantFrom<Harm['kind'][]>(
      'flip',
      'flip',
      'flip',
      'cut',
      'drop',
      'repeat',
      'snap',
      'split',
      'insert',
      'swap',
    ),
    at: fc.nat({ max: 4000 }),
    value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x20, 0x30, 0xfe),
  }),
  { maxLength: 6 },
);

interface Piece {
  side: 0 | 1;
  offset: number;
  data: Uint8Array;
  captured: number;
}

export function harmed(sample: Sample, all: readonly Harm[]): Piece[] {
  const offsets: [number, number] = [0, 0];
  let pieces = sample.messages.map(([who, bytes]): Piece => {
    const side = who === 'client' ? 0 : 1;
    const piece = {
      side,
      offset: offsets[side],
      data: Uint8Array.from(bytes),
      captured: bytes.length,
    } as Piece;
    offsets[side] += bytes.length;
    return piece;
  });
  for (const { message, kind, at, value } of all) {
    if (pieces.length === 0) return pieces;
    const i = message % pieces.length;
    const p = pieces[i];
    const o = p.data.length === 0 ? 0 : at % p.data.length;
    if (kind === 'flip' && p.data.length > 0) p.data[o] = value;
    else if (kind === 'cut') p.data = p.data.subarray(0, o);
    else if (kind === 'drop') pieces = pieces.filter((_, j) => j !== i);
    else if (kind === 'repeat') pieces.splice(i, 0, p);
    else if (kind === 'snap') p.captured = Math.min(p.captured, o);
    else if (kind === 'split') {
      const rest = { ...p, offset: p.offset + o, data: p.data.subarray(o), captured: p.data.length - o };
      pieces.splice(i, 1, { ...p, data: p.data.subarray(0, o), captured: o }, rest);
    } else if (kind === 'insert') {
      const data = new Uint8Array(p.data.length + 5);
      data.set(p.data.subarray(0, o));
      data.fill(value, o, o + 5);
      data.set(p.data.subarray(o), o + 5);
      pieces[i] = { ...p, data, captured: data.length };
    } else if (kind === 'swap' && i > 0) [pieces[i - 1], pieces[i]] = [pieces[i], pieces[i - 1]];
    for (const piece of pieces) piece.captured = Math.min(piece.captured, piece.data.length);
  }
  return pieces;
}

export function play(application: Application, sample: Sample, pieces: readonly Piece[]): Conversation {
  const c = new Conversation([application], { client: 40_000, server: sample.server });
  for (const { side, offset, data, captured } of pieces) {
    if (data.length === 0) continue;
    if (sample.udp) c.datagram(side, data, captured);
    else c.segment(side, offset, data, captured);
  }
  return c.end().pass(20);
}
