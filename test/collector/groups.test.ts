import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { PacketPath, type PathOptions } from '../../src/collector/packet-path.js';
import { type MirrorRules, mirrorRules } from '../../src/collector/policy.js';
import { handoverRings, ownerOf } from '../../src/collector/ring/handover.js';
import { parseConfig } from '../../src/config/load.js';
import { fanoutByInnerAddresses } from '../../src/linux/input-filter.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import type { SessionRecord } from '../../src/model/session-record.js';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { formatIp } from '../../src/wire/ip/addresses.js';
import { decodeFrame, Frame, FrameKind, KNOWN_TUNNEL_PORTS, Walk } from '../../src/wire/walk/frame.js';
import { batchOf } from '../demux/outer.js';
import { runBpf } from '../support/bpf-machine.js';
import { bytes, erspan2, ethernet, ipv4, ipv6, udp } from '../support/frames.js';
import { tcpConversation } from '../support/mirror-traffic.js';
import { Random } from '../support/traffic/random.js';

const START = 1_700_000_000;
const PAIR = `
mirrors:
  - { name: leaf-a, source: 192.0.2.1, group: pair }
  - { name: leaf-b, source: 192.0.2.2, group: pair, site: ams, packets: first 64 bytes }
  - { name: other, source: 192.0.2.3 }
`;

function rulesOf(text: string): MirrorRules {
  return mirrorRules(parseConfig(text, 'm.yaml'), {}, -1, []);
}

/** Some packet paths as the ring's workers have them, in one thread. */
class Workers {
  readonly rows: SessionRecord[] = [];
  readonly packets: string[] = [];
  readonly paths: PacketPath[];
  /** Whom the others woke. */
  readonly woken = new Set<number>();

  constructor(count: number, rules: MirrorRules) {
    const rings = handoverRings(count);
    this.paths = rings.map((out, self) => {
      const into = rings.flatMap((from) => from[self] ?? []);
      const options: PathOptions = {
        collector: 'here',
        sessions: { capacity: 1000 },
        reassembly: REASSEMBLY_DEFAULTS,
        rules,
        // No descriptor: waking writes to none.
        ...(count > 1 && { handover: { out, into, wakes: out.map(() => -1), spans: [] } }),
      };
      return new PacketPath(options, {
        segment: (table, segment) => {
          if (table === 'sessions')
            for (const { record } of readSegment('sessions', segment)) this.rows.push(record);
          if (table === 'packets')
            for (const { record } of readSegment('packets', segment)) this.packets.push(record.point.name);
          return true;
        },
        minute: () => undefined,
      });
    });
  }

  send(worker: number, packet: Uint8Array, ms: number): void {
    const sec = START + Math.floor(ms / 1000);
    this.paths[worker]!.process(batchOf([{ bytes: packet, sec, nsec: (ms % 1000) * 1e6 }]));
  }

  takeOver(): void {
    for (const path of this.paths) path.takeOver();
  }

  /** Ends everything. @returns what a test sees of the rows, in their order */
  finish(): string[] {
    this.takeOver();
    for (const path of this.paths) path.finish();
    return this.rows.map(shown).sort();
  }

  sum(count: (path: PacketPath) => number): number {
    return this.paths.reduce((n, path) => n + count(path), 0);
  }
}

function shown(r: SessionRecord): string {
  const client = `${formatIp(r.clientIp, 0)}:${r.clientPort}`;
  const server = `${formatIp(r.serverIp, 0)}:${r.serverPort}`;
  return (
    `${client} ${server} ${r.clientPackets}/${r.serverPackets} ${r.tcpState} ${r.handshakeUs} ` +
    `${r.point.name} ${formatIp(r.point.source, 0)} ${r.point.site} [${r.seenBy.join(' ')}]`
  );
}

const SWITCHES = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
let sequence = 0;
const mirrored = (by: number, frame: Uint8Array): Uint8Array =>
  ipv4(SWITCHES[by]!, '198.51.100.2', 47, erspan2(1, sequence++, frame));
/** The frame as the next switch sees it: on its way to another VTEP. */
const inVxlan = (frame: Uint8Array): Uint8Array =>
  ethernet(
    0x0800,
    ipv4('172.16.0.1', '172.16.0.2', 17, udp(50_000, 4789, bytes([8, 0, 0, 0, 0, 0, 100, 0], frame))),
  );

const CONVERSATIONS = Array.from({ length: 40 }, (_, i) =>
  tcpConversation(`10.0.${i}.1`, '10.1.0.1', 40_000 + i).map((frame, n) => ({ frame, ms: i + 10 * n })),
);
const FRAMES = CONVERSATIONS.flat().sort((a, b) => a.ms - b.ms);

describe('a group, with any number of workers,', () => {
  const expected = CONVERSATIONS.map(
    (_, i) => `10.0.${i}.1:${40_000 + i} 10.1.0.1:80 6/3 SF 20000 pair 192.0.2.1  [leaf-a leaf-b]`,
  ).sort();

  it.each([1, 2, 3, 5])('has one row of what both see, with and without VXLAN (%i)', (count) => {
    const random = new Random(count);
    const workers = new Workers(count, rulesOf(PAIR));
    for (const { frame, ms } of FRAMES) {
      workers.send(random.int(0, count - 1), mirrored(0, frame), ms);
      workers.takeOver();
      workers.send(random.int(0, count - 1), mirrored(1, inVxlan(frame)), ms + 2);
      workers.takeOver();
    }
    expect(workers.finish()).toEqual(expected);
    expect(workers.sum((path) => path.snapshot().groupCopies)).toBe(FRAMES.length);
    expect(workers.sum((path) => path.snapshot().packets)).toBe(2 * FRAMES.length);
    const handedOver = workers.sum((path) => path.snapshot().groupHandedOver);
    if (count === 1) expect(handedOver).toBe(0);
    else expect(handedOver).toBeGreaterThan(FRAMES.length / 2);
    // Frames are kept once, and say which mirror's they are.
    expect(workers.packets).toEqual([]);
  });

  it('joins directions that different members see', () => {
    const workers = new Workers(3, rulesOf(PAIR));
    for (const [i, { frame, ms }] of FRAMES.entries()) {
      const fromServer = frame[14 + 12] === 10 && frame[14 + 13] === 1;
      workers.send(i % 3, mirrored(fromServer ? 1 : 0, fromServer ? inVxlan(frame) : frame), ms);
      workers.takeOver();
    }
    expect(workers.finish()).toEqual(expected);
    expect(workers.sum((path) => path.snapshot().groupCopies)).toBe(0);
  });

  it('counts everything once when workers are late, and only once', () => {
    for (let seed = 0; seed < 5; seed++) {
      const random = new Random(seed);
      const workers = new Workers(4, rulesOf(PAIR));
      for (const { frame, ms } of FRAMES) {
        for (const by of [0, 1]) {
          workers.send(random.int(0, 3), mirrored(by, by === 0 ? frame : inVxlan(frame)), ms + by * 3);
          if (random.chance(0.3)) workers.paths[random.int(0, 3)]!.takeOver();
        }
      }
      workers.finish();
      assert.equal(workers.rows.length, CONVERSATIONS.length, `seed ${seed}`);
      for (const r of workers.rows) {
        assert.equal(r.clientPackets + r.serverPackets, 9);
        assert.deepEqual(r.seenBy, ['leaf-a', 'leaf-b']);
      }
    }
  });

  it('leaves mirrors of no group alone, and their accounts to the worker that received', () => {
    const workers = new Workers(2, rulesOf(PAIR));
    for (const { frame, ms } of CONVERSATIONS[0]!) {
      workers.send(0, mirrored(0, frame), ms);
      workers.send(0, mirrored(2, frame), ms);
      workers.send(1, mirrored(2, inVxlan(frame)), ms);
    }
    const rows = workers.finish();
    expect(rows.filter((row) => row.includes(' pair '))).toHaveLength(1);
    expect(rows.filter((row) => row.includes(' other ') && row.endsWith('[]'))).toHaveLength(2);
    const counted = workers.paths.map((path) =>
      path.changes().counted.map((c) => `${formatIp(c.point!.source, 0)} ${c.packets}`),
    );
    expect(counted[0]!.toSorted()).toEqual(['192.0.2.1 9', '192.0.2.3 9']);
    expect(counted[1]!.filter((line) => !line.endsWith(' 0'))).toEqual(['192.0.2.3 9']);
  });

  it('follows the configuration when it is read again', () => {
    const workers = new Workers(1, rulesOf(PAIR));
    const both = (i: number, ms: number): void => {
      const { frame } = CONVERSATIONS[i]![0]!;
      workers.send(0, mirrored(0, frame), ms);
      workers.send(0, mirrored(1, frame), ms);
    };
    both(0, 0);
    expect(workers.sum((path) => path.snapshot().opened)).toBe(1);
    workers.paths[0]!.setRules(rulesOf(PAIR.replaceAll(', group: pair', '')));
    both(1, 1000);
    expect(workers.sum((path) => path.snapshot().opened)).toBe(3);
    workers.paths[0]!.setRules(rulesOf(PAIR));
    both(2, 2000);
    expect(workers.sum((path) => path.snapshot().opened)).toBe(4);
    // The group is the same as before.
    workers.send(0, mirrored(1, CONVERSATIONS[0]![2]!.frame), 3000);
    expect(workers.sum((path) => path.snapshot().opened)).toBe(4);
  });

  it('keeps frames once', () => {
    const workers = new Workers(2, rulesOf(`packets: all\n${PAIR}`));
    for (const { frame, ms } of CONVERSATIONS[0]!) {
      workers.send(0, mirrored(1, frame), ms);
      workers.send(1, mirrored(0, frame), ms);
      workers.takeOver();
    }
    workers.finish();
    expect(workers.packets).toHaveLength(9);
  });

  it('drops frames that the ring to a worker has no room for, and counts them', () => {
    const workers = new Workers(2, rulesOf(PAIR));
    const large = (i: number) =>
      mirrored(
        0,
        ethernet(0x0800, ipv4(`10.0.${i & 255}.1`, '10.1.0.1', 17, udp(1, 2, new Uint8Array(9000)))),
      );
    for (let i = 0; i < 2000; i++) workers.send(0, large(i), i);
    const [path] = workers.paths;
    const { groupHandedOver, dropped, opened } = path!.snapshot();
    expect(groupHandedOver).toBeGreaterThan(100);
    expect(dropped.group_handover).toBeGreaterThan(100);
    expect(groupHandedOver + dropped.group_handover!).toBeGreaterThan(500);
    // The ring is read, and has room again.
    workers.takeOver();
    for (let i = 0; i < 20; i++) workers.send(0, large(i), 2000 + i);
    expect(path!.snapshot().dropped.group_handover).toBe(dropped.group_handover);
    workers.finish();
    expect(opened).toBeGreaterThan(0);
    const packets = workers.rows.reduce((n, r) => n + r.clientPackets + r.serverPackets, 0);
    expect(packets).toBe(2020 - dropped.group_handover!);
  });
});

it('a frame goes to the worker that the kernel deals it to, where it sees the innermost addresses', () => {
  const walk = new Walk(KNOWN_TUNNEL_PORTS);
  const program = fanoutByInnerAddresses();
  const random = new Random(5);
  const address = () => Array.from({ length: 4 }, () => random.int(0, 255)).join('.');
  const address6 = () => Array.from({ length: 8 }, () => random.int(1, 65_535).toString(16)).join(':');
  for (let i = 0; i < 300; i++) {
    const payload = udp(random.int(1, 999), 53, new Uint8Array(9));
    const frame =
      i % 3 === 0
        ? ethernet(0x0800, ipv4(address(), address(), 17, payload))
        : i % 3 === 1
          ? ethernet(0x86dd, ipv6(address6(), address6(), 17, payload))
          : ethernet(0x0806, new Uint8Array(46));
    const f = new Frame();
    decodeFrame(walk, FrameKind.Ethernet, 0, frame, 0, frame.length, frame.length, f);
    for (const workers of [2, 3, 16])
      assert.equal(ownerOf(f, workers), runBpf(program, mirrored(0, frame), 0x0800) % workers);
  }
});
