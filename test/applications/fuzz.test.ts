/**
 * What strangers send to the readers of applications: random bytes, and the readers' own samples cut,
 * changed, mixed, in other segments and another order, with parts that are missing. Nothing throws, no text
 * and no number of rows is without a bound.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APPLICATIONS } from '../../src/applications/registry.js';
import {
  forced,
  harmed,
  harms,
  judge,
  play,
  readers,
  samplesOf,
  withSamples,
} from '../support/application-fuzz.js';
import { Conversation } from '../support/conversation.js';

/** Several words may have one reader, as those of DNS and its local kinds. */
const readBy = (name: string) => readers.find((a) => a.name === name)?.newReader?.().constructor;

it('every reader has samples', () => {
  const sampled = new Set(withSamples.map(readBy));
  expect(readers.map(({ name }) => name).filter((name) => !sampled.has(readBy(name)))).toEqual([]);
});

describe.each(withSamples)('%s', async (name) => {
  const samples = await samplesOf(name);
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
