/**
 * Captures with bytes changed, cut and inserted: nothing throws, and every frame that is reached is counted
 * once.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES } from './support/fixtures/all.js';
import { encodePcap } from './support/fixtures/encode.js';
import { type Row, readCapture } from './support/read-capture.js';
import { MirrorSource } from './support/traffic/mirror-source.js';
import { mutate } from './support/traffic/mutate.js';
import { PacketBuilder } from './support/traffic/packet.js';
import { Random } from './support/traffic/random.js';
import type { ScenePacket } from './support/traffic/scene.js';
import { buildStack } from './support/traffic/stacks.js';

const sum = (rows: Row[], ...columns: string[]) =>
  rows.reduce((n, row) => n + columns.reduce((m, column) => m + (row[column] as number), 0), 0);

describe('damaged captures', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  async function check(packets: ScenePacket[], inputs: readonly string[] = []): Promise<void> {
    const path = join(directory, 'mutated.pcap');
    writeFileSync(path, encodePcap(packets));
    const { sessions, mirrors, packets: lines, frames } = await readCapture(path, false, inputs);
    const rows = sessions.map((line) => JSON.parse(line) as Row);
    expect(sum(rows, 'client_packets', 'server_packets')).toBe(frames);
    for (const line of [...mirrors, ...lines]) JSON.parse(line);
    const count = (value: unknown) =>
      typeof value !== 'number' || (Number.isSafeInteger(value) && value >= 0);
    expect(rows.filter((row) => !Object.values(row).every(count))).toEqual([]);
  }

  it.each([1, 2])('made from the fixtures do no harm: seed %i', async (seed) => {
    const random = new Random(seed);
    for (const { scene, inputs } of FIXTURES) {
      const packets = scene.packets().map((packet) => (random.chance(0.7) ? mutate(packet, random) : packet));
      await check(packets, inputs);
    }
  });

  it.each([1, 2])('made from random stacks do no harm: seed %i', async (seed) => {
    const random = new Random(100 + seed);
    const mirror = new MirrorSource({
      type: 'erspan2',
      source: '10.255.0.1',
      target: '10.255.0.2',
      session: 1,
    });
    const p = new PacketBuilder();
    const packets = Array.from({ length: 10_000 }, (_, at) => {
      buildStack(p, random);
      const bytes = mirror.wrap(p).take();
      return mutate({ at: at * 100_000, bytes, length: bytes.length, interface: 0 }, random);
    });
    await check(packets);
  });
});
