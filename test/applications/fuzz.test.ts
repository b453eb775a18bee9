/**
 * What strangers send to the readers of applications: random bytes, and the readers' own samples cut,
 * changed, mixed, in other segments and another order, with parts that are missing. Nothing throws, no text
 * and no number of rows is without a bound.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_OPEN } from '../../src/applications/engine/dialogue.js';
import { LONGEST_NAME, LONGEST_RESOURCE } from '../../src/applications/engine/texts.js';
import type { Application } from '../../src/applications/reader.js';
import { APPLICATIONS } from '../../src/applications/registry.js';
import { Conversation } from '../support/conversation.js';
import type { Sample } from '../support/sample.js';

const HERE = import.meta.dirname;
const withSamples = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(join(HERE, entry.name)).includes('samples.ts'))
  .map((entry) => entry.name);

const readers = APPLICATIONS.filter((application) => application.newReader !== undefined);

/** Reads whatever it is given, as a reader that was recognised by mistake does. */
function forced(application: Application): Application {
  return { ...application, tcp: { is: () => true }, udp: { is: () => true } };
}

/** More rows than this for each byte, or each message, are too many. */
const ROWS_PER_MESSAGE = 260;

function judge(c: Conversation, messages: number): void {
  for (const r of c.rows) {
    for (const text of [r.method, r.name, r.user, r.status, ...Object.values(r.attributes)])
      expect(text.length).toBeLessThanOrEqual(LONGEST_RESOURCE);
    expect(r.name.length).toBeLessThanOrEqual(LONGEST_NAME);
    expect(r.resource.length).toBeLessThanOrEqual(LONGEST_RESOURCE);
    for (const text of [r.method, r.name, r.resource, r.user, r.status, ...Object.values(r.attributes)])
      expect(isClean(text), JSON.stringify(text)).toBe(true);
    for (const n of [r.ttl, r.requestBytes, r.responseBytes, r.responseUs, r.transferUs])
      expect(Number.isSafeInteger(n)).toBe(true);
  }
  for (const text of Object.values(c.told)) expect(isClean(text), JSON.stringify(text)).toBe(true);
  expect(c.rows.length).toBeLessThanOrEqual(ROWS_PER_MESSAGE * (messages + 1) + MOST_OPEN);
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
const harms = fc.array(
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

function harmed(sample: Sample, all: readonly Harm[]): Piece[] {
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

function play(application: Application, sample: Sample, pieces: readonly Piece[]): Conversation {
  const c = new Conversation([application], { client: 40_000, server: sample.server });
  for (const { side, offset, data, captured } of pieces) {
    if (data.length === 0) continue;
    if (sample.udp) c.datagram(side, data, captured);
    else c.segment(side, offset, data, captured);
  }
  return c.end().pass(20);
}

/** Several words may have one reader, as those of DNS and its local kinds. */
const readBy = (name: string) => readers.find((a) => a.name === name)?.newReader?.().constructor;

it('every reader has samples', () => {
  const sampled = new Set(withSamples.map(readBy));
  expect(readers.map(({ name }) => name).filter((name) => !sampled.has(readBy(name)))).toEqual([]);
});

describe.each(withSamples)('%s', async (name) => {
  const { samples } = (await import(join(HERE, name, 'samples.ts'))) as { samples: readonly Sample[] };
  const application = readers.find((a) => a.name === name);

  it('is recognised in its samples, which are read', () => {
    expect(application, `no reader of ${name}`).toBeDefined();
    for (const sample of samples) {
      const c = new Conversation(APPLICATIONS, { client: 40_000, server: sample.server });
      for (const [who, bytes] of sample.messages) {
        if (sample.udp) c.datagram(who === 'client' ? 0 : 1, bytes);
        else if (who === 'client') c.ask(bytes);
        else c.answer(bytes);
      }
      c.end();
      expect(c.recognised.map(readBy)).toContain(readBy(name));
      judge(c, sample.messages.length);
    }
  });

  it('takes its samples however they are changed', () => {
    if (application === undefined) return;
    fc.assert(
      fc.property(fc.constantFrom(...samples), harms, (sample, all) => {
        const pieces = harmed(sample, all);
        judge(play(forced(application), sample, pieces), pieces.length);
      }),
      { numRuns: 300 },
    );
  });

  it('takes any bytes', () => {
    if (application === undefined) return;
    const udp = samples.some((sample) => sample.udp === true);
    const tcp = samples.some((sample) => sample.udp !== true);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ minLength: 1, maxLength: 200 }))),
        (all) => {
          if (tcp) {
            const c = new Conversation([forced(application)], { client: 40_000, server: samples[0].server });
            for (const [asks, bytes] of all) asks ? c.ask(bytes) : c.answer(bytes);
            judge(c.end(), all.length);
          }
          if (udp) {
            const c = new Conversation([forced(application)], { client: 40_000, server: samples[0].server });
            for (const [asks, bytes] of all) c.datagram(asks ? 0 : 1, bytes);
            judge(c.end(), all.length);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
