/** Senders that spoof outer addresses must take nothing from configured mirrors. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { LOG_NUMBERS } from '../../src/accounts/number-log.js';
import { MirrorAccounts } from '../../src/collector/mirrors/mirror-accounts.js';
import { LOUDEST_UNLISTED } from '../../src/collector/mirrors/mirror-listing.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import { Pipeline } from '../../src/collector/pipeline.js';
import type { MirrorRules } from '../../src/collector/policy.js';
import { refusedStatus } from '../../src/collector/refused.js';
import { mirrorSchema } from '../../src/config/schema.js';
import { LinkType, PacketBatch } from '../../src/model/batch.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { EndReason } from '../../src/model/end-reason.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import type { MirrorsStatus } from '../../src/model/status.js';
import { exposition } from '../../src/observe/metrics.js';
import { readSegment } from '../../src/store/segment/read-segment.js';
import { setU16, setU32 } from '../../src/wire/bytes.js';
import { formatIp } from '../../src/wire/ip/addresses.js';
import { batchOf } from '../demux/outer.js';
import { STATUS } from '../support/collector-status.js';
import { expectCpu } from '../support/cpu.js';
import { erspan2, ethernet, ipv4, ipv6, ipv6Fragment, udp } from '../support/frames.js';

const START = 1_700_000_040;
const SPOOFED = 20_000;
const FRAME = ethernet(0x0800, ipv4('192.168.1.2', '192.168.1.3', 17, udp(5000, 53, new Uint8Array(9))));
const PACKET = ipv4('10.0.0.1', '10.0.0.9', 47, erspan2(5, 0, FRAME));
/** Offsets in the packet: the outer source, GRE's sequence number, the ERSPAN session. */
const SOURCE = 12;
const SEQUENCE = 24;
const SESSION = 30;
const BATCH = 256;

function rules(unknown: 'observe' | 'refuse', mirrors: object[], unknownPoints = 4096): MirrorRules {
  return {
    mirrors: mirrors.map((m) => mirrorSchema.parse(m)),
    unknown,
    unknownPoints,
    packets: { bytes: 0, packets: 0 },
    taps: {},
    tapAll: -1,
    separateBy: ['vni'],
    applications: KEEP_ALL,
    groups: new Map(),
    overlays: [],
    claims: [],
  };
}

interface Row {
  readonly minute: number;
  readonly source: string;
  readonly session: number;
  readonly packets: number;
  readonly lost: number;
}

/** A collector's packet paths and their accounts, with packets made by hand. */
class World {
  readonly rows: Row[] = [];
  readonly log: string[] = [];
  readonly accounts: MirrorAccounts;
  readonly captures: PacketPath[];
  /** Seconds since the start. */
  sec = 0;
  private readonly batch = new PacketBatch();

  constructor(r: MirrorRules, paths = 1) {
    this.accounts = new MirrorAccounts({
      collector: 'here',
      rules: r,
      store: (bytes) => {
        for (const { record } of readSegment('mirrors', bytes)) {
          const { minute, packets, lost, point } = record;
          this.rows.push({
            minute: minute - START,
            source: formatIp(point.source, 0),
            session: point.session,
            packets,
            lost,
          });
        }
        return true;
      },
      // All frames here are the same.
      warn: (message) => message.includes('come twice') || this.log.push(message),
    });
    this.captures = Array.from(
      { length: paths },
      (_, path) =>
        new PacketPath(
          {
            collector: 'here',
            sessions: { capacity: 1024 },
            reassembly: REASSEMBLY_DEFAULTS,
            rules: r,
            ...(paths > 1 && { numbers: this.accounts.numberLog(path) }),
          },
          { segment: () => true, minute: (counts) => this.accounts.minute(counts) },
        ),
    );
    this.batch.bytes = new Uint8Array(BATCH * PACKET.length);
    for (let i = 0; i < BATCH; i++) {
      this.batch.bytes.set(PACKET, i * PACKET.length);
      this.batch.offset[i] = i * PACKET.length;
      this.batch.captured[i] = this.batch.length[i] = PACKET.length;
      this.batch.linkType[i] = LinkType.Raw;
    }
  }

  /**
   * Sends `count` packets.
   *
   * @param packet gives source (its last 24 bits, in 10/8), session and sequence number of each
   */
  send(count: number, packet: (i: number) => readonly [number, number, number], path = 0): void {
    const b = this.batch.bytes;
    for (let i = 0; i < count; ) {
      const n = Math.min(BATCH, count - i);
      for (let j = 0; j < n; j++, i++) {
        const [source, session, sequence] = packet(i);
        const at = j * PACKET.length;
        setU32(b, at + SOURCE, 0x0a000000 | source);
        setU32(b, at + SEQUENCE, sequence);
        setU16(b, at + SESSION, session);
        this.batch.sec[j] = START + this.sec;
        this.batch.nsec[j] = i;
      }
      this.batch.count = n;
      this.captures[path].process(this.batch);
    }
  }

  /** Lets time pass, and the main thread look. */
  pass(seconds: number): void {
    this.sec += seconds;
    const now = (START + this.sec) * 1000;
    for (const c of this.captures) c.tick(now);
    this.watch(now);
  }

  watch(now = (START + this.sec) * 1000): void {
    for (const [path, c] of this.captures.entries()) this.accounts.changes(path, c.changes(), now);
    this.accounts.kernelDrops(0, now);
    this.accounts.write(now);
  }

  /** Lets time pass in silence, in steps, so that everything is checked several times. */
  silence(seconds: number): void {
    this.pass(seconds);
    for (let i = 0; i < 3 * (SPOOFED / 256); i++)
      for (const c of this.captures) c.tick((START + this.sec) * 1000);
    this.pass(1);
  }

  setRules(r: MirrorRules): void {
    this.accounts.setRules(r);
    for (const c of this.captures) c.setRules(r);
  }

  get status(): MirrorsStatus {
    return this.accounts.status(refusedStatus(this.captures.map((c) => c.snapshot().refused)));
  }

  dropped(reason: string): number {
    return this.captures.reduce((n, c) => n + c.snapshot().dropped[reason], 0);
  }
}

/** Spoofed source number `i`: one sender each, and none that a test configures. */
const spoofed = (i: number): readonly [number, number, number] => [0x100000 + i, i & 1023, 7];
const CORE = { name: 'core', source: '10.0.0.1' };
const BRANCH = { name: 'branch', source: '10.0.0.2' };

function sum(list: readonly { readonly packets: number }[]): number {
  return list.reduce((n, m) => n + m.packets, 0);
}

describe('20,000 spoofed senders', () => {
  it('take no place when they are refused, and a mirror that begins after them is observed', () => {
    const world = new World(rules('refuse', [CORE]));
    world.send(SPOOFED, spoofed);
    world.pass(1);
    world.send(100, (i) => [1, 5, i]);
    world.pass(1);
    const { status } = world;
    expect(status.mirrors).toMatchObject([
      { name: 'core', source: '10.0.0.1', session: 5, packets: 100, lost: 0 },
    ]);
    expect(status.unlisted.packets).toBe(0);
    expect([world.dropped('refused'), world.dropped('mirror_points_full')]).toEqual([SPOOFED, 0]);
    expect(status.pools).toMatchObject([
      { name: 'core', points: 1, full: 0 },
      { name: '', points: 0, full: 0 },
    ]);
    expect(status.refused.length).toBe(64);
    expect(world.log).toEqual([]);
  });

  it('do not hide the loudest sender when they are refused', () => {
    const world = new World(rules('refuse', [CORE]), 2);
    for (const path of [0, 1]) {
      world.send(SPOOFED, (i) => (i % 10 === 3 ? [0xabcdef, 9, i] : spoofed(i * (path + 1))), path);
    }
    world.pass(1);
    const [first] = world.status.refused;
    expect(first).toMatchObject({ type: 'erspan2', source: '10.171.205.239', session: 9, key: null });
    expect(first.packets_at_most).toBeGreaterThanOrEqual(2 * (SPOOFED / 10));
    expect(first.packets_at_least).toBeGreaterThan(2 * (SPOOFED / 10) - 2 * (SPOOFED / 64));
  });

  it("take no room from a mirror's fragments with their own", () => {
    const world = new World(rules('refuse', [CORE]));
    const [capture] = world.captures;
    const whole = erspan2(5, 0, FRAME);
    const cut = whole.length & ~7;
    const piece = (source: string, last: boolean, id: number): Uint8Array =>
      ipv4(source, '10.0.0.9', 47, last ? whole.subarray(cut) : whole.subarray(0, cut), {
        fragment: last ? [cut, false] : [0, true],
        id,
      });
    const six = ipv6('2001:db8::7', '2001:db8::9', 44, ipv6Fragment(47, 0, true, 1, whole.subarray(0, cut)));
    capture.process(batchOf([piece('10.0.0.1', false, 1), six]));
    for (let i = 0; i < SPOOFED; i += 100) {
      const address = (n: number): string => `10.${16 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
      capture.process(batchOf(Array.from({ length: 100 }, (_, n) => piece(address(i + n), false, n))));
    }
    capture.process(batchOf([piece('10.0.0.1', true, 1)]));
    world.pass(1);
    expect(world.status.mirrors).toMatchObject([{ name: 'core', packets: 1 }]);
    expect(world.dropped('refused')).toBe(SPOOFED + 1);
    expect(world.status.refused[0].type).toBe('fragment');
    // An IPv6 fragment would have all of IPv6 shared out to workers in another way.
    expect(capture.snapshot().ipv6Fragments).toBe(0);
  });

  it('take only their own places when they are observed, and are reported in sum', async () => {
    const world = new World(rules('observe', [CORE, BRANCH]));
    world.send(SPOOFED, spoofed);
    world.pass(1);
    world.send(100, (i) => [1 + (i & 1), 5, i >> 1]);
    world.pass(1);
    const { status } = world;
    expect(status.mirrors.filter((m) => m.name !== '')).toMatchObject([
      { name: 'core', packets: 50, lost: 0 },
      { name: 'branch', packets: 50, lost: 0 },
    ]);
    // 256 of them one by one, and those without a place together.
    expect(status.mirrors.length).toBe(2 + 256 + 1);
    expect(status.mirrors.find((m) => m.source === '::')).toMatchObject({
      name: '',
      packets: SPOOFED - 4096,
    });
    expect(status.unlisted).toMatchObject({ points: 4096 - 256, packets: 4096 - 256 });
    expect(status.unlisted.loudest).toHaveLength(LOUDEST_UNLISTED);
    expect(status.pools.at(-1)).toEqual({
      name: '',
      points: 4096,
      places: 4096,
      full: SPOOFED - 4096,
      forgotten: 0,
    });
    expect(sum(status.mirrors) + status.unlisted.packets).toBe(SPOOFED + 100);
    expect(world.dropped('mirror_points_full')).toBe(SPOOFED - 4096);
    expect(world.log).toHaveLength(1);
    expect(world.log[0]).toMatch(
      /^the 4096 places for mirror points that no entry of mirrors names are taken; .* unknown_points/,
    );
    const { text } = await exposition({ ...STATUS, ...status });
    expect(text.length).toBeLessThan(600_000);
  });

  it.each([1, 2])('take no more memory than there are places for, with %i packet paths', async (paths) => {
    const now = (): number => {
      setFlagsFromString('--expose-gc');
      (runInNewContext('gc') as () => void)();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    // At least twice: what the first collection releases is free after the second. V8 frees arrays in a
    // thread of its own, some time later.
    const held = async (): Promise<number> => {
      for (let before = Number.POSITIVE_INFINITY; ; ) {
        const bytes = now();
        if (before - bytes < 1 << 16) return bytes;
        before = bytes;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const memoryOf = async (senders: number): Promise<number> => {
      const world = new World(rules('observe', [CORE]), paths);
      world.pass(1);
      const before = await held();
      for (let path = 0; path < paths; path++) world.send(senders, spoofed, path);
      for (const seconds of [1, 3, 60, 60, 3]) world.pass(seconds);
      const memory = (await held()) - before;
      expect(world.status.pools.at(-1)?.points).toBe(4096);
      return memory;
    };
    // Once for what the program itself takes in its first run.
    await memoryOf(4096);
    const full = await memoryOf(4096);
    const beyond = await memoryOf(SPOOFED);
    expect(full).toBeLessThan((paths === 1 ? 33 : 52) << 20);
    expect(beyond).toBeLessThan(1.2 * full);
  });

  it('cost the main thread what ten do, once they are silent', () => {
    const worlds = [10, SPOOFED].map((senders) => {
      const world = new World(rules('observe', [CORE]), 2);
      for (const path of [0, 1]) world.send(senders, (i) => spoofed(i + path), path);
      // The minute is written, and the kernel's drops are settled.
      for (const seconds of [1, 3, 3, 60, 60, 3]) world.pass(seconds);
      world.send(10, (i) => [1, 5, i]);
      world.pass(1);
      return world;
    });
    let n = 10;
    const [after10, afterAll] = worlds.map((world) => () => () => {
      for (let i = 0; i < 500; i++) {
        world.send(1, () => [1, 5, n++]);
        world.watch();
      }
    });
    // Looking at each of them would cost a thousand times as much.
    expectCpu(afterAll, after10, 8, 8);
  });
});

it('sequence numbers that wait without room are dropped and counted', () => {
  const world = new World(rules('observe', [CORE]), 2);
  world.send(LOG_NUMBERS, (i) => [1, 5, i]);
  for (const c of world.captures) c.tick((START + world.sec) * 1000);
  expect(world.accounts.numbersDropped).toBe(0);
  world.send(1000, (i) => [1, 5, LOG_NUMBERS + i]);
  expect(world.accounts.numbersDropped).toBe(1000);
  // Once they are judged there is room again.
  world.pass(10);
  world.pass(10);
  world.send(1000, (i) => [1, 5, LOG_NUMBERS + 1000 + i]);
  expect(world.accounts.numbersDropped).toBe(1000);
});

describe('an entry whose places are taken', () => {
  it('by spoofed senders takes none of another entry', () => {
    const world = new World(rules('observe', [{ ...CORE, points: 100 }, BRANCH], 50));
    world.send(3000, (i) => [1, i % 1000, 0]);
    world.send(500, (i) => [2, i, 0]);
    world.send(200, (i) => [3, i, 0]);
    world.pass(1);
    const { status } = world;
    expect(status.pools).toEqual([
      { name: 'core', points: 100, places: 100, full: 2700, forgotten: 0 },
      { name: 'branch', points: 500, places: 1024, full: 0, forgotten: 0 },
      { name: '', points: 50, places: 50, full: 150, forgotten: 0 },
    ]);
    expect(status.mirrors.filter((m) => m.source === '::')).toMatchObject([
      { name: 'core', type: 'erspan2', target: '::', session: 0, packets: 2700 },
      { name: '', packets: 150 },
    ]);
    expect(world.log).toHaveLength(2);
    expect(world.log[0]).toMatch(/^mirror core: its 100 places .* Raise points of its entry/);
    world.send(300, (i) => [1, i % 1000, 0]);
    world.pass(1);
    expect(world.log).toHaveLength(2);
  });

  it('has room again an hour later if they are silent; otherwise its mirrors are kept for a day', () => {
    const world = new World(rules('observe', [{ ...CORE, points: 100 }, BRANCH]));
    world.send(1000, (i) => [1, i, 0]);
    world.send(50, (i) => [2, i, 0]);
    world.silence(3700);
    expect(world.status.pools.slice(0, 2)).toMatchObject([
      // An eighth of its places is then free for any sender.
      { name: 'core', points: 87, forgotten: 13 },
      { name: 'branch', points: 50, forgotten: 0 },
    ]);
    world.silence(86_400);
    const { status } = world;
    expect(status.pools.slice(0, 2)).toMatchObject([
      { name: 'core', points: 0, full: 900, forgotten: 100 },
      { name: 'branch', points: 0, forgotten: 50 },
    ]);
    // Their entries are all that is left.
    expect(status.mirrors.map((m) => [m.name, m.packets])).toEqual([
      ['core', 0],
      ['branch', 0],
    ]);
    expect(status.forgotten).toMatchObject({ points: 151, packets: 1050 });
  });
});

describe('mirror points that are forgotten', () => {
  it('are in the sums, which never fall, and in the minutes once', () => {
    const world = new World(rules('observe', [CORE], 400));
    let last = 0;
    let sent = 0;
    for (let round = 0; round < 5; round++) {
      world.send(600, (i) => [0x100000 + round * 1000 + i, 1, i]);
      world.send(2, (i) => [1, 5, 10 * round + 2 * i]);
      sent += 602;
      world.pass(1);
      const all = (s: MirrorsStatus): number => sum([...s.mirrors, s.unlisted, s.forgotten]);
      expect(all(world.status)).toBe(sent);
      world.silence(3700);
      expect(all(world.status)).toBe(sent);
      expect(world.status.unlisted.packets).toBeGreaterThanOrEqual(last);
      last = world.status.unlisted.packets;
      expect(world.status.pools.at(-1)).toMatchObject({ points: 0, forgotten: 400 * (round + 1) });
    }
    world.silence(130);
    expect(world.rows.reduce((n, r) => n + r.packets, 0)).toBe(sent);
    const names = world.rows.map((r) => `${r.minute} ${r.source} ${r.session}`);
    expect(new Set(names).size).toBe(names.length);
    const core = world.rows.filter((r) => r.source === '10.0.0.1');
    expect(core.map((r) => r.packets)).toEqual([2, 2, 2, 2, 2]);
    expect(core.reduce((n, r) => n + r.lost, 0)).toBe(
      world.status.mirrors.find((m) => m.name === 'core')?.lost,
    );
  });

  it('come back as new points with the right losses, whatever took their index', () => {
    const world = new World(rules('observe', [CORE], 300), 2);
    const all = (s: MirrorsStatus, what: 'packets' | 'lost'): number =>
      [...s.mirrors, s.unlisted, s.forgotten].reduce((n, m) => n + (m[what] ?? 0), 0);
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 20; n++) {
        for (const path of [0, 1]) {
          if (n === 10 && path === 1) continue;
          const number = 1000 * round + 2 * n + path;
          world.send(250, (i) => [0x200000 + ((i + 100 * round) % 300), 1, number], path);
        }
        world.pass(1);
      }
      world.pass(3);
      expect(all(world.status, 'packets')).toBe(250 * 39 * (round + 1));
      expect(all(world.status, 'lost')).toBe(250 * (round + 1));
      for (const m of world.status.mirrors.filter((m) => m.name === ''))
        expect(m).toMatchObject({ packets: 39, lost: 1, sequence: 'session' });
      world.silence(3700);
      expect(world.status.pools.at(-1)?.points).toBe(0);
      expect(all(world.status, 'lost')).toBe(250 * (round + 1));
    }
    world.silence(130);
    expect(world.rows.reduce((n, r) => n + r.lost, 0)).toBe(1000);
    expect(world.dropped('mirror_points_full')).toBe(0);
  });

  it('by one worker stay known while another sees them, and continue there', () => {
    const world = new World(rules('observe', []), 2);
    let n = 0;
    const send = (path: number): void => world.send(1, () => [1, 5, n++], path);
    for (const path of [0, 1]) send(path);
    for (let i = 0; i < 5; i++) {
      world.pass(1800);
      send(1);
    }
    world.pass(1);
    expect(world.status.mirrors).toMatchObject([{ packets: 7, lost: 0, sequence: 'session' }]);
    send(0);
    const changes = world.captures[0].changes();
    // The worker has forgotten it, so it describes it again.
    expect(changes.counted[0].point).toBeDefined();
    world.accounts.changes(0, changes, (START + world.sec) * 1000);
    send(1);
    world.pass(2);
    expect(world.status.mirrors).toMatchObject([{ packets: 9, lost: 0, sequence: 'session' }]);
    expect(world.status.forgotten.points).toBe(0);
  });

  it('are kept while their sessions are open', () => {
    const rows: string[] = [];
    const pipeline = new Pipeline({
      sessions: { session: (r) => rows.push(`${formatIp(r.point.source, 0)} ${r.clientPackets}`) },
      mirrors: { mirror: () => {} },
      gate: { places: [10], poolOf: () => 0, mayAdmit: () => true, idle: () => 10 },
      table: { udpIdle: 300 },
    });
    const send = (source: string, sec: number): void =>
      pipeline.process(
        batchOf([{ bytes: ipv4(source, '10.0.0.9', 47, erspan2(5, 0, FRAME)), sec: START + sec }]),
      );
    const pass = (sec: number): void => {
      pipeline.advance(START + sec);
      for (let i = 0; i < 3; i++) pipeline.forget(START + sec);
    };
    send('10.0.0.1', 0);
    pass(200);
    send('10.0.0.2', 200);
    pass(290);
    send('10.0.0.1', 290);
    expect(pipeline.mirrors.points.length).toBe(2);
    pass(1000);
    send('10.0.0.3', 1000);
    expect(pipeline.mirrors.points.length).toBe(2);
    pipeline.finish(EndReason.Shutdown);
    expect(rows.sort()).toEqual(['10.0.0.1 2', '10.0.0.2 1', '10.0.0.3 1']);
  });
});

describe('new rules', () => {
  it('take the places of mirrors that they refuse, and give them to mirrors that they name', () => {
    const world = new World(rules('observe', [], 100));
    world.send(300, (i) => [0x100000 + i, 1, i]);
    world.send(10, (i) => [1, 5, i]);
    world.pass(1);
    expect(world.status.mirrors.some((m) => m.source === '10.0.0.1')).toBe(false);
    world.setRules(rules('refuse', [CORE]));
    world.send(300, (i) => [0x100000 + i, 1, i]);
    world.send(10, (i) => [1, 5, 10 + i]);
    world.pass(1);
    const { status } = world;
    expect(status.mirrors.filter((m) => m.name === 'core')).toMatchObject([
      { session: 5, packets: 10, lost: 0 },
    ]);
    expect(world.dropped('refused')).toBe(300);
    expect(status.mirrors.filter((m) => m.policy === 'refuse').length).toBe(101);
    world.silence(3700);
    expect(world.status.mirrors).toMatchObject([{ name: 'core' }]);
    expect(world.status.forgotten).toMatchObject({ points: 101, packets: 310 });
  });

  it('list a point one by one that was in the sums, without counting its packets twice', () => {
    const world = new World(rules('observe', [], 1000));
    world.send(600, (i) => [0x100000 + i, 1, i]);
    world.send(10, (i) => [1, 5, i]);
    world.pass(1);
    expect(world.status.unlisted).toMatchObject({ points: 345, packets: 354 });
    world.setRules(rules('observe', [CORE], 1000));
    world.send(7, (i) => [1, 5, 10 + i]);
    world.pass(1);
    expect(world.status.mirrors.find((m) => m.name === 'core')).toMatchObject({ packets: 7, lost: 0 });
    expect(world.status.unlisted).toMatchObject({ points: 344, packets: 354 });
  });
});
