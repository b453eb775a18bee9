/**
 * The samples of each protocol as a capture of mirrored traffic, and the rows that `mirrorlake read` makes of
 * it: golden.pcap and golden.ndjson in the protocol's folder. With UPDATE_GOLDEN=1 both are written anew;
 * read the NDJSON in the diff before a commit.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { samplesOf, withSamples } from '../support/application-fuzz.js';
import { runLine } from '../support/command-lines.js';
import { encodePcap } from '../support/fixtures/encode.js';
import { COLLECTOR, PC1, PC2, SWITCH } from '../support/fixtures/fixture.js';
import type { Sample } from '../support/sample.js';
import { MirrorSource } from '../support/traffic/mirror-source.js';
import { Scene, SECOND } from '../support/traffic/scene.js';
import { type Talk, UdpTalk } from '../support/traffic/talk.js';
import { TcpTalk } from '../support/traffic/tcp-talk.js';

const UPDATE = process.env.UPDATE_GOLDEN === '1';
const HERE = import.meta.dirname;
const FIRST_PORT = 40_000;

function talkOf(sample: Sample, port: number): Talk {
  if (sample.udp) {
    const talk = new UdpTalk(PC1, PC2, port, sample.server);
    for (const [who, bytes] of sample.messages) who === 'client' ? talk.ask(bytes) : talk.answer(bytes);
    return talk;
  }
  const talk = new TcpTalk(PC1, PC2, port, sample.server).connect();
  for (const [who, bytes] of sample.messages) talk.send(who === 'client', bytes);
  return talk.close();
}

/** One conversation a second, over ERSPAN type II. */
function capture(samples: readonly Sample[]): Uint8Array {
  const scene = new Scene();
  const mirror = new MirrorSource({ type: 'erspan2', source: SWITCH, target: COLLECTOR, session: 1 });
  samples.forEach((sample, i) => {
    scene.play(talkOf(sample, FIRST_PORT + i), mirror, { at: i * SECOND });
  });
  return encodePcap(scene.packets());
}

describe.each(withSamples)('%s', async (name) => {
  const samples = await samplesOf(name);
  const pcap = join(HERE, name, 'golden.pcap');
  const ndjson = join(HERE, name, 'golden.ndjson');

  it('is the capture that its samples make', () => {
    const bytes = capture(samples);
    if (UPDATE) writeFileSync(pcap, bytes);
    expect(existsSync(pcap), 'golden.pcap is missing; UPDATE_GOLDEN=1 writes it').toBe(true);
    expect(Buffer.from(bytes).equals(readFileSync(pcap))).toBe(true);
  });

  it('gives the expected rows', async () => {
    const what = 'sessions,transactions,certificates';
    const { stdout } = await runLine(['read', pcap, '--ndjson', what, '--collector', 'test', '--quiet']);
    // Ids of sessions are new every time.
    const rows = stdout.replace(/"session_id":"[0-9a-f-]{36}"/g, '"session_id":""');
    if (UPDATE) writeFileSync(ndjson, rows);
    expect(existsSync(ndjson), 'golden.ndjson is missing; UPDATE_GOLDEN=1 writes it').toBe(true);
    expect(rows).toBe(readFileSync(ndjson, 'utf8'));
  });
});
