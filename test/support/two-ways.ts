/**
 * Sends packets both ways through demux, to compare them: the fast path must give the same result as the long
 * one.
 */
import assert from 'node:assert/strict';
import { MirrorTable } from '../../src/accounts/mirrors.js';
import { Clocks } from '../../src/clocks/clocks.js';
import { DemuxCounters } from '../../src/demux/counters.js';
import { Demux } from '../../src/demux/demux.js';
import { FastPath } from '../../src/demux/fast-path.js';
import { typesOf } from '../../src/demux/udp-inputs.js';
import { LinkType, PacketBatch } from '../../src/model/batch.js';
import { DEFAULT_INPUTS, type Inputs, UDP_INPUT_KINDS, UDP_INPUT_PORTS } from '../../src/model/inputs.js';
import { MirrorPoint, MirrorType } from '../../src/model/mirror-point.js';
import { MirrorRecord } from '../../src/model/mirror-record.js';
import { type FrameSink, Mirrored } from '../../src/model/mirrored.js';
import { Frame } from '../../src/wire/walk/frame.js';
import { MirrorSource } from './traffic/mirror-source.js';
import { PacketBuilder } from './traffic/packet.js';
import type { Random } from './traffic/random.js';
import type { ScenePacket } from './traffic/scene.js';
import { buildStack } from './traffic/stacks.js';

/** Fields of which only a part is of this frame. */
const IN_PART = ['bytes', 'vlanIds', 'layerKind', 'layerOffset', 'point'];
const wholeFields = <T extends object>(of: T): (keyof T & string)[] =>
  (Object.keys(of) as (keyof T & string)[]).filter((name) => !IN_PART.includes(name));
const FRAME = wholeFields(new Frame());
const MIRRORED = wholeFields(new Mirrored());
const NAMES = [...FRAME, ...MIRRORED, ...IN_PART];

/** Everything a frame says, including what nothing reads yet: the values of {@link NAMES}. */
type Whole = readonly unknown[];

function wholeFrame(f: Frame, m: Mirrored): Whole {
  const whole: unknown[] = [];
  for (const name of FRAME) whole.push(f[name]);
  for (const name of MIRRORED) whole.push(m[name]);
  whole.push(
    Buffer.from(f.bytes.subarray(f.start, f.end)).toString('hex'),
    f.vlanIds.slice(0, f.vlanCount).join(),
    f.layerKind.slice(0, f.layerCount).join(),
    f.layerOffset.slice(0, f.layerCount).join(),
    m.point.index,
  );
  return whole;
}

/** Comparing values one by one takes a tenth of the time of a comparison that can tell what differs. */
function assertSame(some: readonly Whole[], others: readonly Whole[]): void {
  const isSame = (whole: Whole, i: number): boolean => whole.every((value, n) => value === others[i][n]);
  if (some.length === others.length && some.every(isSame)) return;
  const named = (whole: Whole): object => Object.fromEntries(whole.map((value, n) => [NAMES[n], value]));
  assert.deepEqual(some.map(named), others.map(named));
}

class World implements FrameSink {
  readonly frames: Whole[] = [];
  readonly mirrors = new MirrorTable();
  readonly demux: Demux;

  constructor(fast: boolean, inputs: Inputs) {
    this.demux = new Demux({
      sink: this,
      mirrors: this.mirrors,
      clocks: new Clocks({ within: 2, all: true }),
      inputs,
      // With a watcher, every packet takes the long path.
      ...(!fast && { watcher: { packet: () => {} } }),
    });
  }

  /** Frames announced but not handed over yet. The first `count` must come in this order. */
  private announced: Whole[] = [];

  ahead(frames: readonly Frame[], mirrored: readonly Mirrored[], count: number): void {
    assert.deepEqual(this.announced, []);
    this.announced = frames.slice(0, count).map((f, i) => wholeFrame(f, mirrored[i]));
  }

  frame(f: Frame, m: Mirrored): void {
    const whole = wholeFrame(f, m);
    const announced = this.announced.shift();
    if (announced !== undefined) assertSame([whole], [announced]);
    this.frames.push(whole);
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

const POINT = new MirrorPoint(0, MirrorType.Capture, new Uint8Array(16), new Uint8Array(16), 0, null, 'x');

/** Packets processed as one batch: more than the number announced to a sink. */
const TOGETHER = 40;

function fill(batch: PacketBatch, packets: readonly ScenePacket[]): void {
  // Never at the start of the buffer, and never the last bytes of it.
  const room = new Uint8Array(packets.reduce((n, p) => n + p.bytes.length + 64, 0)).fill(0xa5);
  let o = 32;
  batch.bytes = room;
  batch.count = packets.length;
  for (const [i, { bytes, length, at }] of packets.entries()) {
    room.set(bytes, o);
    batch.offset[i] = o;
    batch.captured[i] = bytes.length;
    batch.length[i] = length;
    batch.sec[i] = Math.floor(at / 1e6);
    batch.nsec[i] = (at % 1e6) * 1000;
    batch.linkType[i] = LinkType.Ethernet;
    o += bytes.length + 64;
  }
}

/**
 * Sends packets both ways, and expects the same result.
 *
 * @param plain whether they are plain frames
 * @returns how many take the fast path
 */
export function compareWays(packets: readonly ScenePacket[], inputs = DEFAULT_INPUTS, plain = false): number {
  const fast = new World(true, inputs);
  const long = new World(false, inputs);
  let taken = 0;
  const alone = new FastPath(new DemuxCounters(), new MirrorTable(), { frame: () => taken++ });
  const types = typesOf(inputs);
  const batch = new PacketBatch();
  for (let first = 0; first < packets.length; first += TOGETHER) {
    const some = packets.slice(first, first + TOGETHER);
    fill(batch, some);
    for (const { demux } of [fast, long]) {
      if (plain) demux.processPlain(batch, MirrorType.Capture, 'x.pcap');
      else demux.process(batch);
    }
    assertSame(fast.frames, long.frames);
    fast.frames.length = 0;
    long.frames.length = 0;
    for (let i = 0; i < batch.count; i++) {
      const o = batch.offset[i];
      const end = o + batch.captured[i];
      const wireEnd = o + Math.max(batch.length[i], batch.captured[i]);
      if (plain) alone.takePlain(batch.bytes, o, end, wireEnd, 1, 0, POINT);
      else if (!alone.take(batch.bytes, o + 14, end, wireEnd, 1, 0))
        alone.takeUdp(batch.bytes, o + 14, end, wireEnd, 1, 0, types);
    }
  }
  assert.deepEqual(fast.counts, long.counts);
  return taken;
}

/** GRE, and every kind of UDP at its own port. */
export const ALL_INPUTS: Inputs = {
  gre: true,
  udp: UDP_INPUT_KINDS.map((kind) => ({ kind, port: UDP_INPUT_PORTS[kind] })),
  span: [],
};

/** Random stacks of headers, as they are. */
export function plainStacks(random: Random, count: number): ScenePacket[] {
  const p = new PacketBuilder();
  return Array.from({ length: count }, (_, n) => {
    buildStack(p, random);
    const bytes = p.take();
    return { at: n * 1000, bytes, length: bytes.length, interface: 0 };
  });
}

/**
 * Random stacks of headers in every kind of mirror that the fast path knows.
 *
 * @param inUdp those in UDP; else those in GRE
 */
export function mirroredStacks(random: Random, count: number, inUdp = false): ScenePacket[] {
  const to = { source: '10.255.0.1', target: '10.255.0.9' };
  const overlays = [
    new MirrorSource({ type: 'vxlan', ...to, session: 70_001 }),
    new MirrorSource({ type: 'vxlan', ...to, session: 70_002, udpChecksum: true }),
    new MirrorSource({ type: 'vxlan', ...to, session: 3, header: { flags: 0x88, reserved: 900 } }),
    new MirrorSource({ type: 'geneve', ...to, session: 0xffffff }),
    new MirrorSource({ type: 'geneve', ...to, options: new Uint8Array(8) }),
    new MirrorSource({ type: 'gre-udp', ...to, key: 4 }),
    new MirrorSource({ type: 'tzsp', ...to, numbered: true }),
  ];
  const mirrors = [
    new MirrorSource({ type: 'erspan1', ...to }),
    new MirrorSource({ type: 'erspan2', ...to, session: 5, index: 77 }),
    new MirrorSource({ type: 'erspan3', ...to, session: 6, hardware: 9, direction: 'egress' }),
    new MirrorSource({ type: 'gretap', ...to, key: 4, numbered: true }),
    new MirrorSource({ type: 'gretap', ...to }),
    new MirrorSource({ type: 'mellanox', ...to }),
  ];
  const p = new PacketBuilder();
  return Array.from({ length: count }, (_, n) => {
    buildStack(p, random);
    const bytes = random
      .pick(inUdp ? overlays : mirrors)
      .wrap(p)
      .take();
    return { at: n * 1000, bytes, length: bytes.length, interface: 0 };
  });
}
