/** The fast path gives what the walk through all layers gives, for every packet that it takes. */
import { describe, expect, it } from 'vitest';
import { DemuxCounters } from '../../src/demux/counters.js';
import { Demux } from '../../src/demux/demux.js';
import { FastPath } from '../../src/demux/fast-path.js';
import { MirrorTable } from '../../src/demux/mirrors.js';
import { LinkType, PacketBatch } from '../../src/receive/batch.js';
import type { Frame } from '../../src/wire/frame.js';
import { MirrorRecord } from '../../src/wire/mirror-record.js';
import type { FrameSink, Mirrored } from '../../src/wire/mirrored.js';
import { FIXTURES } from '../support/fixtures/all.js';
import { MirrorSource } from '../support/traffic/mirror-source.js';
import { mutate } from '../support/traffic/mutate.js';
import { PacketBuilder } from '../support/traffic/packet.js';
import { Random } from '../support/traffic/random.js';
import type { ScenePacket } from '../support/traffic/scene.js';
import { buildStack } from '../support/traffic/stacks.js';

/** Everything a frame says, down to what nobody reads yet. */
function wholeFrame(f: Frame, m: Mirrored): object {
  const { bytes, vlanIds, layerKind, layerOffset, ...fields } = f;
  return {
    ...fields,
    bytes: Buffer.from(bytes.subarray(f.start, f.end)).toString('hex'),
    vlans: [...vlanIds.subarray(0, f.vlanCount)],
    layers: [...layerKind.subarray(0, f.layerCount)],
    offsets: [...layerOffset.subarray(0, f.layerCount)],
    ...m,
    point: m.point.index,
  };
}

class World implements FrameSink {
  readonly frames: object[] = [];
  readonly mirrors = new MirrorTable();
  readonly demux: Demux;

  constructor(fast: boolean) {
    this.demux = new Demux({
      sink: this,
      mirrors: this.mirrors,
      // Who asks for every packet gets the long way.
      ...(!fast && { tunnels: { rcv: () => false } }),
    });
  }

  frame(f: Frame, m: Mirrored): void {
    this.frames.push(wholeFrame(f, m));
  }

  get counts(): object {
    const mirrors = this.mirrors.points.map((point) => {
      const record = new MirrorRecord();
      this.mirrors.totals(point, record);
      return { ...record, point: { ...point } };
    });
    return { ...this.demux.counters, mirrors, refused: this.mirrors.refused };
  }
}

/** @returns how many of the packets go the fast way */
function compare(packets: readonly ScenePacket[]): number {
  const fast = new World(true);
  const long = new World(false);
  let taken = 0;
  const alone = new FastPath(new DemuxCounters(), new MirrorTable(), { frame: () => taken++ });
  const batch = new PacketBatch();
  for (const { bytes, length, at } of packets) {
    // Never at the start of its buffer, and never the last in it.
    const room = new Uint8Array(bytes.length + 64).fill(0xa5);
    room.set(bytes, 32);
    batch.bytes = room;
    batch.count = 1;
    batch.offset[0] = 32;
    batch.captured[0] = bytes.length;
    batch.length[0] = length;
    batch.sec[0] = Math.floor(at / 1e6);
    batch.nsec[0] = (at % 1e6) * 1000;
    batch.linkType[0] = LinkType.Ethernet;
    fast.demux.process(batch);
    long.demux.process(batch);
    expect(fast.frames).toEqual(long.frames);
    fast.frames.length = 0;
    long.frames.length = 0;
    alone.take(room, 32 + 14, 32 + bytes.length, 32 + length, 1, 0);
  }
  expect(fast.counts).toEqual(long.counts);
  return taken;
}

function mirrored(random: Random, count: number): ScenePacket[] {
  const to = { source: '10.255.0.1', target: '10.255.0.9' };
  const sources = [
    new MirrorSource({ type: 'erspan1', ...to }),
    new MirrorSource({ type: 'erspan2', ...to, session: 5, index: 77 }),
    new MirrorSource({ type: 'erspan3', ...to, session: 6, hardware: 9, direction: 'egress' }),
    new MirrorSource({ type: 'gretap', ...to, key: 4, numbered: true }),
    new MirrorSource({ type: 'gretap', ...to }),
  ];
  const p = new PacketBuilder();
  return Array.from({ length: count }, (_, n) => {
    buildStack(p, random);
    const bytes = random.pick(sources).wrap(p).take();
    return { at: n * 1000, bytes, length: bytes.length, interface: 0 };
  });
}

describe('the fast path', () => {
  it('is what every fixture gives the long way, and takes most of what switches mirror', () => {
    let taken = 0;
    for (const { scene } of FIXTURES) taken += compare(scene.packets());
    expect(taken).toBeGreaterThan(1000);
  });

  it.each([1, 2, 3])('damaged fixtures, seed %i', (seed) => {
    const random = new Random(seed);
    for (const { scene } of FIXTURES) compare(scene.packets().map((packet) => mutate(packet, random)));
  });

  it.each([1, 2, 3])('random stacks, whole and damaged, seed %i', (seed) => {
    const random = new Random(50 + seed);
    const packets = mirrored(random, 3000);
    expect(compare(packets)).toBeGreaterThan(100);
    compare(packets.map((packet) => mutate(packet, random)));
  });
});
