/** Frames in random stacks of layers: the conversation at the bottom is found, whatever is around it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePcap } from './support/fixtures/encode.js';
import { type Row, readCapture } from './support/read-capture.js';
import { ipBytes } from './support/traffic/host.js';
import { MirrorSource } from './support/traffic/mirror-source.js';
import { Random } from './support/traffic/random.js';
import { Scene } from './support/traffic/scene.js';
import { buildStack, type Innermost } from './support/traffic/stacks.js';

const STACKS = 3000;

describe('conversations in random stacks of layers', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mirrorlake-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it.each([1, 2])('are found: seed %i', async (seed) => {
    const random = new Random(seed);
    const scene = new Scene();
    const mirror = new MirrorSource({
      type: 'erspan2',
      source: '10.255.0.1',
      target: '10.255.0.2',
      session: 1,
    });
    const sent: Innermost[] = [];
    for (let i = 0; i < STACKS; i++) scene.mirror(i, mirror, (p) => sent.push(buildStack(p, random)));
    const path = join(directory, `${seed}.pcap`);
    writeFileSync(path, encodePcap(scene.packets()));
    const { packets, malformed } = await readCapture(path);
    const found = packets.map((line) => JSON.parse(line) as Row);
    const wrong: object[] = [];
    sent.forEach(({ layers, ...want }, i) => {
      const row = found[i]!;
      const got = {
        source: Buffer.from(ipBytes(row.source_ip as string)).toString('hex'),
        destination: Buffer.from(ipBytes(row.destination_ip as string)).toString('hex'),
        protocol: row.protocol,
        sourcePort: row.source_port ?? 0,
        destinationPort: row.destination_port ?? 0,
        bytes: row.bytes,
      };
      if (JSON.stringify(got) !== JSON.stringify(want)) wrong.push({ packet: i + 1, layers, want, got });
    });
    expect(wrong).toEqual([]);
    expect(malformed).toEqual({});
  });
});
