/**
 * Much generated traffic, interleaved as on a real network: every conversation must come out as it was sent.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../bench/generate.js';
import { type Row, readCapture, readCommand } from './support/read-capture.js';
import { type ExpectedRow, expectedSession, matchRows } from './support/traffic/expected.js';
import type { MirrorSource } from './support/traffic/mirror-source.js';
import type { Conversation } from './support/traffic/network.js';
import type { Step } from './support/traffic/talk.js';

const parse = (lines: string[]) => lines.map((line) => JSON.parse(line) as Row);

const withoutId = (line: string) => line.replace(/"session_id":"[^"]*"/, '');

/** Identifies a conversation. */
function key(row: ExpectedRow): string {
  return [
    row.mirror_source,
    row.mirror_session,
    row.client_ip,
    row.client_port,
    row.server_ip,
    row.server_port,
  ].join(' ');
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe.each([1, 2])('a network generated from seed %i', (seed) => {
  it('yields every conversation that was sent', async () => {
    const output = join(directory, `whole-${seed}.pcap`);
    const sent = new Map<Conversation, { steps: Step[]; mirror: MirrorSource }>();
    await generate({
      packets: 20_000,
      output,
      seed,
      mix: 'all',
      loss: 0,
      watch: (conversation, step, mirror) => {
        const seen = sent.get(conversation);
        if (seen === undefined) sent.set(conversation, { steps: [step], mirror });
        else seen.steps.push(step);
      },
    });
    const { sessions, malformed } = await readCapture(output, true);
    const rows = new Map<string, Row[]>();
    for (const row of parse(sessions)) rows.set(key(row), [...(rows.get(key(row)) ?? []), row]);
    const differences: string[] = [];
    for (const [{ talk, vlans }, { steps, mirror }] of sent) {
      const bare = mirror.options.type === 'gre';
      const want = { ...mirror.columns(), ...expectedSession(talk, steps), vlan_ids: bare ? [] : vlans };
      differences.push(...matchRows(rows.get(key(want)) ?? [], [want]));
      rows.delete(key(want));
    }
    expect(differences).toEqual([]);
    expect([...rows.keys()]).toEqual([]);
    expect(malformed).toEqual({});
    const printed = await readCommand(output, 'sessions');
    expect(printed.map(withoutId).sort()).toEqual(sessions.map(withoutId).sort());
  });

  it('shows the losses of each mirror', async () => {
    const output = join(directory, `lossy-${seed}.pcap`);
    const summary = await generate({ packets: 20_000, output, seed, mix: 'all', loss: 0.02 });
    const { sessions, mirrors } = await readCapture(output, true);
    expect(sessions.length).toBe(summary.sessions);
    const rows = parse(mirrors).map((row) => ({
      type: row.mirror_type,
      source: row.mirror_source,
      session: row.mirror_session,
      packets: row.packets,
      lost: row.lost,
    }));
    const byName = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    expect(rows.sort(byName)).toEqual(summary.mirrors.sort(byName));
  });
});
