/** What a collector tells of what happens now, through its control socket: rows, open sessions, frames. */
import { mkdtempSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Live } from '../../src/collector/live/live.js';
import type { LivePath } from '../../src/collector/live/live-path.js';
import { SLOTS_A_STEP } from '../../src/collector/live/open-scan.js';
import { MOST_WAITING } from '../../src/collector/live/row-readers.js';
import { PacketPath } from '../../src/collector/packet-path.js';
import type { MirrorRules } from '../../src/collector/policy.js';
import { mirrorSchema } from '../../src/config/schema.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import type { Inputs } from '../../src/model/inputs.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import {
  FRAMES_WATCHED_S,
  type FramesResult,
  MOST_FRAME_WATCHES,
  MOST_OPEN_SHOWN,
  MOST_ROW_READERS,
  MOST_ROWS_A_SECOND,
  type OpenResult,
  type RowsSecond,
  type SeenFrame,
} from '../../src/model/live.js';
import {
  askCollector,
  type ControlReply,
  type ControlRequest,
  ControlServer,
  openReply,
} from '../../src/observe/control.js';
import { batchOf, type Captured } from '../demux/outer.js';
import { bytes, erspan2, ethernet, gre, ipv4, ipv6, udp } from '../support/frames.js';

const START = 1_700_000_000;
const INPUTS: Inputs = { gre: true, udp: [{ kind: 'vxlan', port: 4789 }], span: [] };
type Row = Readonly<Record<string, string | number>>;
type Line = Row | RowsSecond;

/** The conversation of a row. */
function numberOf(row: Row): number {
  return Number(row.client_port) - PORT;
}

/** The client's port in conversation number 0: above the server's, which tells them apart. */
const PORT = 10_000;

/** A datagram of a conversation, by number, as a mirror sends it. */
function datagram(number: number, length = 20, session = 5, source = '10.0.0.1'): Uint8Array {
  const inner = ipv4('192.168.1.2', '192.168.1.3', 17, udp(PORT + number, 9999, new Uint8Array(length)));
  return ipv4(source, '10.0.0.9', 47, erspan2(session, 0, ethernet(0x0800, inner)));
}

/** A packet path, and which of what it can show it was asked for. */
class WatchedPath implements LivePath {
  path: PacketPath | undefined;
  readonly shares: number[] = [];
  scans = 0;
  steps = 0;
  /** Called before every step of a scan. */
  between: () => void = () => {};

  private get own(): PacketPath {
    if (this.path === undefined) throw new Error('there is no packet path');
    return this.path;
  }

  showRows(share: number): void {
    this.shares.push(share);
    this.own.showRows(share);
  }

  watch(watches: Parameters<LivePath['watch']>[0]): void {
    this.own.watch(watches);
  }

  findOpen(by: 'bytes' | 'packets'): void {
    this.scans++;
    this.own.findOpen(by);
    do {
      this.between();
      this.steps++;
    } while (this.own.step());
  }
}

/** A collector's packet paths and its control socket, in this process. */
class World {
  readonly control: string;
  readonly paths: WatchedPath[] = [];
  readonly live: Live;
  started = true;
  sec = START;
  private server: ControlServer | undefined;

  constructor(
    readonly rules: MirrorRules,
    paths: number,
    capacity: number,
  ) {
    this.control = join(mkdtempSync(join(tmpdir(), 'mirrorlake-live-')), 'control.sock');
    this.live = new Live({
      paths: () => (this.started ? this.paths : []),
      blind: false,
      rules: () => rules,
    });
    for (let i = 0; i < paths; i++) {
      const watched = new WatchedPath();
      watched.path = new PacketPath(
        { collector: 'here', sessions: { capacity }, reassembly: REASSEMBLY_DEFAULTS, rules, inputs: INPUTS },
        { segment: () => true, minute: () => {}, live: this.live.output(i) },
      );
      this.paths.push(watched);
    }
  }

  async open(answerTimeout = 30_000): Promise<this> {
    this.server = await ControlServer.open(this.control, this.live.handlers, {
      timeouts: { request: 10_000, answer: answerTimeout },
    });
    return this;
  }

  get cut(): number {
    return this.server?.cut ?? 0;
  }

  send(packets: readonly (Uint8Array | Captured)[], path = 0): void {
    const at = packets.map((p) => ({ sec: this.sec, ...(p instanceof Uint8Array ? { bytes: p } : p) }));
    for (let i = 0; i < at.length; i += 1000) this.of(path).process(batchOf(at.slice(i, i + 1000)));
  }

  /** Lets time pass: long enough, and what is open ends. */
  pass(seconds: number): void {
    this.sec += seconds;
    for (let i = 0; i < this.paths.length; i++) this.of(i).tick(this.sec * 1000);
  }

  second(): void {
    this.live.second(this.sec * 1000);
  }

  of(path: number): PacketPath {
    const { path: own } = this.paths[path];
    if (own === undefined) throw new Error(`there is no packet path ${path}`);
    return own;
  }

  async close(): Promise<void> {
    await this.server?.close();
  }
}

let world: World;
afterEach(async () => world.close());

const CORE = { name: 'core', session: 5 };
async function collector(
  { paths = 1, capacity = 4096, mirrors = [CORE] as object[], unknown = 'observe' as 'observe' | 'refuse' },
  answerTimeout?: number,
): Promise<World> {
  const rules: MirrorRules = {
    mirrors: mirrors.map((m) => mirrorSchema.parse(m)),
    unknown,
    unknownPoints: 4096,
    packets: { bytes: 0, packets: 0 },
    taps: {},
    tapAll: -1,
    separateBy: ['vni'],
    applications: KEEP_ALL,
    groups: new Map(),
    overlays: [],
    timestampsWithin: 2,
    claims: [],
  };
  world = new World(rules, paths, capacity);
  return world.open(answerTimeout);
}

/** Reads a body's lines as they come. */
class LineReader {
  private readonly body: AsyncIterator<Buffer>;
  private rest = '';
  private lines: Line[] = [];

  constructor(readonly reply: ControlReply) {
    this.body = reply.body[Symbol.asyncIterator]();
  }

  /** The next line; undefined at the end of the body. */
  async next(): Promise<Line | undefined> {
    while (this.lines.length === 0) {
      const { value, done } = await this.body.next();
      if (done === true) return undefined;
      const parts = (this.rest + value.toString()).split('\n');
      this.rest = parts.pop() ?? '';
      this.lines = parts.map((line) => JSON.parse(line) as Line);
    }
    return this.lines.shift();
  }

  /** Rows up to the next second, and that. */
  async second(): Promise<{ rows: Row[]; second: RowsSecond['second'] }> {
    for (const rows: Row[] = []; ; ) {
      const line = await this.next();
      if (line === undefined) throw new Error('the body has ended');
      if ('second' in line) return { rows, second: (line as RowsSecond).second };
      rows.push(line as Row);
    }
  }

  async all(): Promise<Row[]> {
    const rows: Row[] = [];
    for (let line = await this.next(); line !== undefined; line = await this.next()) rows.push(line as Row);
    return rows;
  }
}

async function reader(): Promise<LineReader> {
  return new LineReader(await openReply(world.control, { command: 'rows' }));
}

describe('rows', () => {
  it('are shown as they end, of all packet paths, with the number of them each second', async () => {
    await collector({ paths: 2 });
    const rows = await reader();
    world.send([datagram(1000), datagram(1000)]);
    world.send([datagram(2000, 30)], 1);
    world.pass(100);
    world.second();
    const first = await rows.second();
    expect(first.rows.map((r) => [numberOf(r), r.client_packets, r.end_reason, r.mirror_name])).toEqual([
      [1000, 2, 'idle', 'core'],
      [2000, 1, 'idle', 'core'],
    ]);
    expect(first.rows[0]).toMatchObject({ client_ip: '192.168.1.2', transport: 'udp', collector: 'here' });
    expect(first.second).toEqual({ time: '2023-11-14T22:15:00.000000000Z', ended: 2, shown: 2, missed: 0 });
    world.second();
    expect(await rows.second()).toMatchObject({ rows: [], second: { ended: 0, shown: 0 } });
    rows.reply.close();
  });

  it('are a sample past 200 a second, which is said, and of all paths alike', async () => {
    await collector({ paths: 2, capacity: 100_000 });
    const rows = await reader();
    const flood = async (): Promise<{ rows: Row[]; second: RowsSecond['second'] }> => {
      for (const path of [0, 1])
        world.send(
          Array.from({ length: 10_000 }, (_, i) => datagram(10_000 + i + path * 20_000)),
          path,
        );
      world.pass(100);
      world.second();
      return rows.second();
    };
    const first = await flood();
    expect(first.second).toMatchObject({ ended: 20_000, shown: MOST_ROWS_A_SECOND, missed: 0 });
    expect(first.rows).toHaveLength(MOST_ROWS_A_SECOND);
    expect(world.paths.map((p) => p.shares.at(-1))).toEqual([0.01, 0.01]);
    // Now it is known how many there are: some of both, early and late ones.
    const next = await flood();
    expect(next.second.ended).toBe(20_000);
    expect(next.second.shown).toBe(next.rows.length);
    expect(next.rows.length).toBeGreaterThan(MOST_ROWS_A_SECOND / 2);
    expect(next.rows.length).toBeLessThanOrEqual(MOST_ROWS_A_SECOND);
    const ports = next.rows.map(numberOf);
    expect(ports.filter((p) => p < 30_000).length).toBeGreaterThan(MOST_ROWS_A_SECOND / 8);
    expect(ports.filter((p) => p >= 30_000).length).toBeGreaterThan(MOST_ROWS_A_SECOND / 8);
    expect(Math.max(...ports.filter((p) => p < 30_000))).toBeGreaterThan(15_000);
    // A quiet second: all of them again.
    world.second();
    expect((await rows.second()).second.ended).toBe(0);
    expect(world.paths.map((p) => p.shares.at(-1))).toEqual([1, 1]);
    rows.reply.close();
  });

  it('of a reader that stops reading are missed, and counted; another misses none', async () => {
    await collector({});
    const slow = await stopped();
    const rows = await reader();
    let sent = 0;
    let taken = 0;
    // As much as the kernel and the collector hold for the slow one, and more.
    for (let missed = false; !missed; ) {
      world.send(Array.from({ length: 100 }, (_, i) => datagram(10_000 + i)));
      world.pass(100);
      world.second();
      sent += 100;
      taken += (await rows.second()).rows.length;
      missed = sent * 500 > 2 * MOST_WAITING + (8 << 20);
    }
    expect(taken).toBe(sent);
    const told = await resumed(slow, () => {
      world.pass(1);
      world.second();
    });
    expect(told.missed).toBeGreaterThan(0);
    expect(told.rows + told.missed).toBe(sent);
    slow.destroy();
    rows.reply.close();
  });

  it('cost nothing again when the last reader has left', async () => {
    await collector({});
    const readers: LineReader[] = [];
    for (let i = 0; i < MOST_ROW_READERS; i++) readers.push(await reader());
    readers.shift()?.reply.close();
    // When another finds room, the first has left.
    await expect.poll(async () => readers.push(await reader())).toBe(MOST_ROW_READERS);
    expect(world.paths[0].shares).toEqual([1]);
    for (const { reply } of readers) reply.close();
    await expect.poll(() => world.paths[0].shares.at(-1)).toBe(0);
    world.send([datagram(1)]);
    world.pass(100);
    world.second();
    expect(world.paths[0].shares).toEqual([1, 0]);
  });

  it('have a bounded number of readers; when one leaves another may come', async () => {
    await collector({});
    const readers: LineReader[] = [];
    for (let i = 0; i < MOST_ROW_READERS; i++) readers.push(await reader());
    await expect(reader()).rejects.toMatchObject({
      message:
        '4 others read the rows of this collector already, as many as can: try again when one has left',
      exitCode: 1,
    });
    readers[0].reply.close();
    await expect.poll(async () => reader().then(() => 'read', String)).toBe('read');
  });

  it('are cut off for a reader that reads nothing for long', async () => {
    await collector({}, 200);
    const slow = await stopped();
    await expect
      .poll(() => {
        world.send(Array.from({ length: 200 }, (_, i) => datagram(10_000 + i)));
        world.pass(100);
        world.second();
        return world.cut;
      })
      .toBe(1);
    slow.destroy();
  });

  it('are shown from paths that began after their reader', async () => {
    await collector({});
    world.started = false;
    const rows = await reader();
    world.started = true;
    world.second();
    await rows.second();
    world.send([datagram(7)]);
    world.pass(100);
    world.second();
    expect((await rows.second()).rows).toHaveLength(1);
    rows.reply.close();
  });
});

/** A reader of rows that has been answered, and reads no further. */
async function stopped(): Promise<Socket> {
  const socket = createConnection(world.control);
  socket.write(`${JSON.stringify({ command: 'rows' })}\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  return socket;
}

/** Has it read again, to the second that tells what it missed. */
async function resumed(socket: Socket, pass: () => void): Promise<{ rows: number; missed: number }> {
  let text = '';
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1');
  });
  let missed = 0;
  await expect
    .poll(() => {
      pass();
      missed = Number([...text.matchAll(/"missed":(\d+)/g)].at(-1)?.[1] ?? 0);
      return missed;
    })
    .toBeGreaterThan(0);
  return { rows: [...text.matchAll(/"session_id":/g)].length, missed };
}

async function open(request: Partial<ControlRequest> = {}): Promise<{ result: OpenResult; rows: Row[] }> {
  const reply = await openReply(world.control, { command: 'open', ...request });
  return { result: reply.result as OpenResult, rows: await new LineReader(reply).all() };
}

describe('open', () => {
  it('are the strongest first, by bytes or packets, of all packet paths', async () => {
    await collector({ paths: 2 });
    world.send([datagram(1, 100), datagram(2, 900), datagram(2, 900), datagram(3, 1)]);
    world.send([datagram(11, 500), datagram(12, 9), datagram(12, 9), datagram(12, 9)], 1);
    const bytes = await open();
    expect(bytes.rows.map(numberOf)).toEqual([2, 11, 1, 12, 3]);
    expect(bytes.result).toMatchObject({ by: 'bytes', open: 5, shown: 5 });
    expect(bytes.rows[0]).toMatchObject({
      client_packets: 2,
      client_bytes: 2 * (900 + 28),
      end_reason: 'active',
      mirror_name: 'core',
    });
    const packets = await open({ by: 'packets', limit: 2 });
    expect(packets.rows.map(numberOf)).toEqual([12, 2]);
    expect(packets.result).toMatchObject({ by: 'packets', open: 5, shown: 2 });
    // They are open still.
    expect(world.of(0).snapshot().open + world.of(1).snapshot().open).toBe(5);
  });

  it('are looked for once for all who ask, and a slice of the table at a time', async () => {
    await collector({ capacity: 3 * SLOTS_A_STEP });
    const ports = Array.from({ length: 2.5 * SLOTS_A_STEP }, (_, i) => i + 1);
    world.send(ports.map((port) => datagram(port, 20 + (port % 977))));
    const answers = await Promise.all(Array.from({ length: 10 }, () => open({ limit: MOST_OPEN_SHOWN })));
    expect(world.paths[0].scans).toBe(1);
    expect(world.paths[0].steps).toBeGreaterThan(3 + MOST_OPEN_SHOWN / 64);
    const sizes = ports.map((port) => 20 + (port % 977) + 28).sort((a, b) => b - a);
    for (const { rows, result } of answers) {
      expect(rows.map((r) => r.client_bytes)).toEqual(sizes.slice(0, MOST_OPEN_SHOWN));
      expect(result).toMatchObject({ open: ports.length, shown: MOST_OPEN_SHOWN });
    }
  });

  it('leave out what ended, and what took its place, while the table was looked through', async () => {
    await collector({ capacity: 8 });
    world.send([datagram(1, 900), datagram(2, 100)]);
    const [path] = world.paths;
    path.between = () => {
      if (path.steps !== 1) return;
      world.pass(100);
      world.send([datagram(3, 800)]);
    };
    const { rows, result } = await open();
    expect(rows).toEqual([]);
    expect(result).toMatchObject({ open: 1, shown: 0 });
  });

  it('are refused with what is wrong in the request, and while the collector starts', async () => {
    await collector({});
    await expect(open({ by: 'name' })).rejects.toMatchObject({
      message: 'open: `by` is one of bytes, packets',
      exitCode: 2,
    });
    for (const limit of [0, 1.5, MOST_OPEN_SHOWN + 1, '5'])
      await expect(open({ limit })).rejects.toThrow('open: `limit` is a whole number from 1 to 1000');
    world.started = false;
    await expect(open()).rejects.toThrow('the collector is starting; ask again');
    world.started = true;
    expect((await open()).result.open).toBe(0);
  });
});

/** The conversation of a frame. */
function conversationOf(frame: SeenFrame): number {
  return (frame.inner?.source_port ?? 0) - PORT;
}

async function frames(request: Partial<ControlRequest>): Promise<FramesResult> {
  return (await askCollector(world.control, { command: 'frames', ...request })) as FramesResult;
}

describe('frames', () => {
  it('are the last four of a sender, addresses and ports only, the newest first', async () => {
    await collector({});
    const first = await frames({ source: '10.0.0.1' });
    expect(first.frames).toEqual([]);
    const long = Date.parse(first.until) - Date.now();
    expect(long).toBeLessThanOrEqual(FRAMES_WATCHED_S * 1000);
    const one = (i: number): Captured => ({ bytes: datagram(i), nsec: i });
    world.send([one(1), datagram(99, 20, 5, '10.0.0.2'), one(2), one(3), one(4), one(5)]);
    world.pass(1);
    world.send([one(6)]);
    world.pass(1);
    const { frames: seen } = await frames({ source: '10.0.0.1' });
    expect(seen.map((f) => conversationOf(f))).toEqual([6, 5, 4, 3]);
    expect(seen[0]).toEqual({
      time: '2023-11-14T22:13:21.000000006Z',
      source: '10.0.0.1',
      destination: '10.0.0.9',
      gre_protocol: 0x88be,
      type: 'erspan2',
      session: 5,
      key: null,
      mirror_port: 0,
      policy: 'observe',
      malformed: '',
      length: 14 + 20 + 8 + 20,
      inner: {
        source: '192.168.1.2',
        destination: '192.168.1.3',
        source_port: PORT + 6,
        destination_port: 9999,
        transport: 'udp',
      },
      vlan_ids: [],
    });
    // What was looked at twice was counted once.
    expect(world.of(0).snapshot()).toMatchObject({ packets: 7, frames: 7 });
  });

  it('are shown of senders that are refused, or send what is no mirror', async () => {
    await collector({ unknown: 'refuse', mirrors: [{ name: 'off', session: 6, observe: false }] });
    for (const source of ['10.0.0.1', '2001:db8::1']) await frames({ source });
    world.send([
      { bytes: datagram(1, 20, 7), nsec: 1 },
      { bytes: datagram(2, 20, 6), nsec: 2 },
      { bytes: ipv4('10.0.0.1', '10.0.0.9', 47, Uint8Array.of(0, 0, 0x88)), nsec: 3 },
      ipv6('2001:db8::1', '2001:db8::9', 47, gre(0x9000, new Uint8Array(40))),
    ]);
    world.pass(1);
    const { frames: four } = await frames({ source: '10.0.0.1' });
    expect(four.map((f) => [f.type, f.session, f.policy, f.malformed])).toEqual([
      ['', 0, '', 'gre_short'],
      ['erspan2', 6, 'ignore', ''],
      ['erspan2', 7, 'refuse', ''],
    ]);
    const { frames: six } = await frames({ source: '2001:db8::1' });
    expect(six).toMatchObject([{ source: '2001:db8::1', type: 'gre', policy: 'refuse', inner: null }]);
  });

  it('of one session are found among many of another', async () => {
    await collector({});
    await frames({ source: '10.0.0.1', type: 'erspan2', session: 6 });
    const loud = Array.from({ length: 500 }, () => datagram(1));
    world.send([...loud, datagram(2, 20, 6), ...loud]);
    world.pass(1);
    const { frames: seen } = await frames({ source: '10.0.0.1', type: 'erspan2', session: 6 });
    expect(seen.map((f) => [f.session, conversationOf(f)])).toEqual([[6, 2]]);
  });

  it('of one network in UDP are found among many of another', async () => {
    await collector({});
    await frames({ source: '10.0.0.1', type: 'vxlan', session: 6 });
    const inner = ipv4('192.168.1.2', '192.168.1.3', 17, udp(PORT + 2, 9999, new Uint8Array(20)));
    const vxlan = (vni: number) => {
      const frame = bytes([8, 0, 0, 0, 0, 0, vni, 0], ethernet(0x0800, inner));
      return ipv4('10.0.0.1', '10.0.0.9', 17, udp(50_000, 4789, frame));
    };
    const loud = Array.from({ length: 500 }, () => vxlan(5));
    world.send([...loud, vxlan(6), ...loud]);
    world.pass(1);
    const { frames: seen } = await frames({ source: '10.0.0.1', type: 'vxlan', session: 6 });
    expect(seen.map((f) => [f.type, f.session, f.length, conversationOf(f)])).toEqual([
      ['vxlan', 6, 14 + 20 + 8 + 20, 2],
    ]);
  });

  it('are put together of fragments, and of all packet paths', async () => {
    await collector({ paths: 2 });
    await frames({ source: '10.0.0.1' });
    const whole = datagram(1, 1000);
    const [head, body] = [whole.subarray(0, 20), whole.subarray(20)];
    const fragment = (from: number, to: number, more: number): Uint8Array => {
      const packet = Uint8Array.from([...head, ...body.subarray(from, to)]);
      const view = new DataView(packet.buffer);
      view.setUint16(2, packet.length);
      view.setUint16(4, 77);
      view.setUint16(6, (more << 13) | (from / 8));
      return packet;
    };
    world.send([fragment(0, 512, 1), fragment(512, body.length, 0)]);
    world.send([{ bytes: datagram(2), nsec: 9 }], 1);
    world.pass(1);
    const { frames: seen } = await frames({ source: '10.0.0.1' });
    expect(seen.map((f) => [conversationOf(f), f.length])).toEqual([
      [2, 62],
      [1, 1042],
    ]);
  });

  it('are watched for a minute, of a bounded number of senders', async () => {
    await collector({});
    const sources = Array.from({ length: MOST_FRAME_WATCHES + 1 }, (_, i) => `10.0.0.${i + 1}`);
    for (const source of sources.slice(0, -1)) await frames({ source });
    await expect(frames({ source: sources.at(-1) })).rejects.toThrow(
      '16 senders are watched already, as many as can be: try again in a minute',
    );
    world.send([datagram(1)]);
    world.pass(1);
    expect((await frames({ source: '10.0.0.1' })).frames).toHaveLength(1);
    world.live.second(Date.now() + FRAMES_WATCHED_S * 1000 + 1);
    world.send([datagram(1)]);
    world.pass(1);
    expect((await frames({ source: sources.at(-1) })).frames).toEqual([]);
    expect((await frames({ source: '10.0.0.1' })).frames).toEqual([]);
  });

  it('are refused with what is wrong in the request', async () => {
    await collector({});
    const wrong: [Partial<ControlRequest>, string][] = [
      [{}, 'frames: `source` is the IP address of a sender'],
      [{ source: 'core-1' }, 'frames: `source` is the IP address of a sender'],
      [{ source: '10.0.0.1', type: '' }, 'frames: `type` is one of erspan1, erspan2, erspan3, gre'],
      [{ source: '10.0.0.1', session: 2 ** 32 }, 'frames: `session` is a whole number from 0 to 4294967295'],
      [{ source: '10.0.0.1', key: -1 }, 'frames: `key` is a whole number from 0 to 4294967295'],
    ];
    for (const [request, message] of wrong) {
      const error = await frames(request).catch((e: unknown) => e);
      expect(error).toMatchObject({ exitCode: 2 });
      expect(String(error)).toContain(message);
    }
  });
});

it('a collector that only has tunnels says that there is nothing to see', async () => {
  await collector({});
  const { handlers } = new Live({ paths: () => [], blind: true, rules: () => world.rules });
  const control = `${world.control}.2`;
  const server = await ControlServer.open(control, handlers);
  for (const command of ['rows', 'open', 'frames'])
    await expect(askCollector(control, { command })).rejects.toThrow(
      'this collector observes nothing (`store: none`): it only has tunnels',
    );
  await server.close();
});
