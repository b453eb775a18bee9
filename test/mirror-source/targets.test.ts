/** Several collectors: who takes frames, when, and where names lead, on a clock and a network in memory. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LinuxError } from '../../src/linux/errors.js';
import { ERRNO } from '../../src/linux/libc.js';
import type { Encapsulation } from '../../src/mirror-source/encapsulation.js';
import { askHealth, HealthCheck } from '../../src/mirror-source/health.js';
import {
  FIRST_HOLD,
  HEALTH_FAILURES,
  LONGEST_HOLD,
  RESOLVE_EVERY,
  TRIAL,
} from '../../src/mirror-source/limits.js';
import type { OwnOutput } from '../../src/mirror-source/own-output.js';
import { addressOf, isName, type Resolved } from '../../src/mirror-source/resolve.js';
import type { Counts } from '../../src/mirror-source/sender.js';
import type { SenderLike, TargetHost } from '../../src/mirror-source/target.js';
import { Targets } from '../../src/mirror-source/targets.js';
import { formatAddress } from '../../src/tunnels/spec/address.js';

/** Copies frames as they are. */
const BARE = (): Encapsulation => ({
  overhead: 0,
  emit: (b, o, frame, start, length) => {
    b.set(frame.subarray(start, start + length), o);
    return length;
  },
});

/** A network in which addresses take frames or answer with an error. */
class World {
  /** By address: the frames, each one byte, that arrived. */
  readonly arrived = new Map<string, number[]>();
  /** By address: the ICMP error for each frame. */
  readonly refuses = new Map<string, string>();
  /** By name: addresses, or the resolver's error. */
  readonly names = new Map<string, string[] | string>();
  readonly lines: string[] = [];
  readonly own: string[][] = [];
  unreachable = new Set<string>();
  targets!: Targets;
  private now = 0;

  async open(list: string[], failover = false): Promise<void> {
    const host: TargetHost = {
      now: () => this.now,
      open: (to, counts, unreachable) => this.sender(formatAddress(to.bytes), counts, unreachable),
      resolve: async (name) => this.resolve(name),
      family: 0,
      healthInterval: 1000,
      say: (line) => void this.lines.push(line),
    };
    const specs = list.map((name) => ({ name, address: addressOf('--to', name), health: undefined }));
    this.targets = new Targets({ specs, encapsulation: BARE, port: undefined, failover }, host);
    await this.targets.open();
    this.targets.follow((own: OwnOutput) => this.own.push(own.addresses.map((to) => formatAddress(to))));
  }

  private resolve(name: string): Resolved[] {
    const found = this.names.get(name) ?? 'ENOTFOUND';
    if (typeof found === 'string') throw Object.assign(new Error('getaddrinfo'), { code: found });
    return found.map((text) => ({ ...(addressOf('', text) as Resolved), text }));
  }

  private sender(address: string, counts: Counts, unreachable: (error: string) => void): SenderLike {
    if (this.unreachable.has(address)) throw new LinuxError('find a way', ERRNO.ENETUNREACH);
    const buffer = new Uint8Array(10);
    const list = this.arrived.get(address) ?? [];
    this.arrived.set(address, list);
    let pending: string | undefined;
    return {
      ipHeader: 20,
      buffer,
      offset: 0,
      push: () => {
        counts.packets++;
        pending = this.refuses.get(address);
        if (pending === undefined) list.push(buffer[0]);
      },
      flush: () => undefined,
      hear: () => {
        if (pending === undefined) return 0;
        counts.error(pending);
        unreachable(pending);
        pending = undefined;
        return 1;
      },
      close: () => undefined,
    };
  }

  /** Sends a frame, 0 to 255, of which the number is also the pair of addresses. */
  send(frame: number): void {
    const to = this.targets.target(frame);
    this.targets.send(to, Uint8Array.of(frame), 0, 1, 1, false, 0, 0, 0, this.now);
  }

  /** Sends frames 0 to 255. Returns which arrived where. */
  sendAll(): Record<string, number[]> {
    for (const list of this.arrived.values()) list.length = 0;
    for (let frame = 0; frame < 256; frame++) this.send(frame);
    return Object.fromEntries([...this.arrived].map(([address, list]) => [address, [...list]]));
  }

  /** Lets time pass, and what happens by itself. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 250) {
      this.now += Math.min(left, 250);
      await vi.advanceTimersByTimeAsync(Math.min(left, 250));
    }
  }
}

const A = '10.0.0.1';
const B = '10.0.0.2';
const C = '10.0.0.3';

describe('several targets', () => {
  let world: World;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    world = new World();
  });
  afterEach(() => {
    world.targets?.close();
    vi.useRealTimers();
  });

  test('share the frames; each frame goes to one of them', async () => {
    await world.open([A, B, C]);
    const got = world.sendAll();
    expect(
      Object.values(got)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 256 }, (_, i) => i));
    for (const list of Object.values(got)) expect(list.length).toBeGreaterThan(40);
    expect(world.sendAll()).toEqual(got);
  });

  test('the share of one that is unreachable moves to the others, and back after a trial', async () => {
    await world.open([A, B, C]);
    const before = world.sendAll();
    world.refuses.set(B, 'ECONNREFUSED');
    world.sendAll();
    await world.pass(250);
    expect(world.lines).toEqual([`${B} is down: port unreachable (ECONNREFUSED)`]);
    const without = world.sendAll();
    expect(without[B]).toEqual([]);
    for (const up of [A, C]) expect(without[up]).toEqual(expect.arrayContaining(before[up]));
    expect([...without[A], ...without[C]].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 256 }, (_, i) => i),
    );

    // The trial fails: one frame in addition, and a longer pause.
    await world.pass(FIRST_HOLD);
    const packets = world.targets.all[1].counts.packets;
    world.sendAll();
    expect(world.targets.all[1].counts.packets).toBe(packets + 1);
    await world.pass(250 + FIRST_HOLD);
    world.sendAll();
    expect(world.targets.all[1].counts.packets).toBe(packets + 1);

    world.refuses.delete(B);
    await world.pass(FIRST_HOLD);
    expect(world.sendAll()[B]).toEqual([0]);
    await world.pass(TRIAL - 250);
    expect(world.sendAll()[B]).toEqual([]);
    await world.pass(250);
    expect(world.sendAll()).toEqual(before);
    expect(world.lines.slice(1)).toEqual([`${B} is up again`]);
    expect(world.targets.all[1]).toMatchObject({ trials: 2, downs: 1 });
  });

  test('pauses grow to a minute, and are short again after a minute without errors', async () => {
    await world.open([A, B], true);
    world.refuses.set(A, 'EHOSTUNREACH');
    const tries: number[] = [];
    let last = 0;
    for (let second = 0; second < 300; second++) {
      world.send(0);
      const { packets } = world.targets.all[0].counts;
      if (packets > last) tries.push(second);
      last = packets;
      await world.pass(1000);
    }
    const pauses = tries.slice(1).map((second, i) => second - tries[i]);
    expect(pauses.slice(0, 6)).toEqual([5, 10, 20, 40, 60, 60].map((s) => s + 1));
    expect(pauses.every((s) => s <= LONGEST_HOLD / 1000 + 1)).toBe(true);
  });

  test('with all of them down, all are sent to', async () => {
    await world.open([A, B]);
    const before = world.sendAll();
    for (const address of [A, B]) world.refuses.set(address, 'EHOSTUNREACH');
    world.sendAll();
    await world.pass(250);
    world.refuses.clear();
    expect(world.sendAll()).toEqual(before);
    await world.pass(FIRST_HOLD);
    expect(world.sendAll()).toEqual(before);
    await world.pass(TRIAL);
    expect(world.lines.filter((line) => line.endsWith('is up again'))).toHaveLength(2);
    expect(world.targets.all.map((target) => target.trials)).toEqual([0, 0]);
  });

  test('with failover the first that is up takes all', async () => {
    await world.open([A, B, C], true);
    expect(world.sendAll()[A]).toHaveLength(256);
    for (const address of [A, B]) {
      world.refuses.set(address, 'ENOPROTOOPT');
      world.sendAll();
      await world.pass(250);
    }
    expect(world.sendAll()[C]).toHaveLength(256);
    world.refuses.clear();
    await world.pass(FIRST_HOLD);
    world.sendAll();
    await world.pass(TRIAL);
    expect(world.sendAll()[A]).toHaveLength(256);
  });

  test('an error that is no answer to a trial does not restart the pause', async () => {
    await world.open([A, B], true);
    world.refuses.set(A, 'ECONNREFUSED');
    world.send(0);
    await world.pass(FIRST_HOLD - 250);
    world.refuses.delete(A);
    await world.pass(500);
    world.send(1);
    await world.pass(TRIAL);
    world.send(2);
    expect(world.arrived.get(A)).toEqual([1, 2]);
  });

  test('names are followed, and the mirror leaves out what it sends to their addresses', async () => {
    world.names.set('one', [A]);
    world.names.set('two', [B]);
    await world.open(['one', 'two']);
    const before = world.sendAll();
    world.names.set('two', [C]);
    await world.pass(RESOLVE_EVERY);
    const after = world.sendAll();
    expect(after[A]).toEqual(before[A]);
    expect(after[C]).toEqual(before[B]);
    expect(world.own).toEqual([
      [A, B],
      [A, C],
    ]);
    expect(world.lines).toEqual([`two is at ${C} now`]);
    expect(world.targets.all[1].text).toBe(`two (${C})`);
    // A name that no longer resolves keeps its address, and one line says so.
    world.names.set('two', 'EAI_AGAIN');
    await world.pass(3 * RESOLVE_EVERY);
    expect(world.lines.slice(1)).toEqual([`two does not resolve: EAI_AGAIN; it keeps ${C}`]);
    expect(world.sendAll()).toEqual(after);
  });

  test('a name that is down goes on with its next address at once', async () => {
    world.names.set('one', [A, B, C]);
    await world.open(['one']);
    expect(world.sendAll()[A]).toHaveLength(256);
    world.refuses.set(A, 'EHOSTUNREACH');
    world.unreachable.add(B);
    world.sendAll();
    await world.pass(250);
    expect(world.sendAll()[C]).toHaveLength(256);
    expect(world.lines).toEqual([
      `one (${A}) is down: host unreachable (EHOSTUNREACH)`,
      `one is at ${C} now`,
    ]);
    // It stays there although the first is listed first.
    await world.pass(2 * RESOLVE_EVERY);
    expect(world.sendAll()[C]).toHaveLength(256);
  });

  test('a name that does not resolve yet is down; without any that does, nothing starts', async () => {
    world.names.set('one', [A]);
    await world.open(['one', 'later']);
    expect(world.lines).toEqual(['later does not resolve: ENOTFOUND']);
    expect(world.sendAll()[A]).toHaveLength(256);
    world.names.set('later', [B]);
    await world.pass(RESOLVE_EVERY);
    expect(world.sendAll()[B].length).toBeGreaterThan(40);
    world.targets.close();

    const none = new World();
    await expect(none.open(['nowhere', 'never'])).rejects.toMatchObject({
      message: 'mirror: --to nowhere does not resolve: ENOTFOUND; never does not resolve: ENOTFOUND',
      exitCode: 1,
    });
    none.targets.close();
  });
});

describe('health', () => {
  let server: Server;
  let port: number;
  let answer: number | undefined;
  beforeEach(async () => {
    answer = 200;
    server = createServer((_, response) => {
      // Without an answer the request hangs.
      if (answer !== undefined) response.writeHead(answer).end('words\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = (place: URL | number, timeout = 60_000, signal = new AbortController().signal) =>
    askHealth(place, '127.0.0.1', timeout, signal);

  test('is asked of the target, or at a URL', async () => {
    expect(await ask(port)).toBeUndefined();
    expect(await ask(new URL(`http://127.0.0.1:${port}/ready`))).toBeUndefined();
    answer = 503;
    expect(await ask(port)).toBe(`http://127.0.0.1:${port}/healthz answers 503`);
    expect(await ask(new URL(`http://127.0.0.1:${port}/ready`))).toBe(
      `http://127.0.0.1:${port}/ready answers 503`,
    );
    // A redirection is not followed.
    answer = 302;
    expect(await ask(port)).toMatch(/answers 302$/);
  });

  test('is bad without an answer', async () => {
    answer = undefined;
    expect(await ask(port, 20)).toBe(`http://127.0.0.1:${port}/healthz: no answer`);
    await new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
    expect(await ask(port)).toBe(`http://127.0.0.1:${port}/healthz: ECONNREFUSED`);
  });

  test('counts after two failures in a row, except at the start', async () => {
    const reports: (string | undefined)[] = [];
    answer = 503;
    const check = new HealthCheck(
      port,
      () => '127.0.0.1',
      5,
      (wrong) => reports.push(wrong),
    );
    await check.start();
    expect(reports).toEqual([`http://127.0.0.1:${port}/healthz answers 503`]);
    answer = 200;
    await expect.poll(() => reports.at(-1)).toBeUndefined();
    let asked = 0;
    let atReport = 0;
    server.prependListener('request', () => asked++);
    const failed = expect.poll(() => {
      if (atReport === 0 && reports.at(-1) !== undefined) atReport = asked;
      return reports.at(-1);
    });
    answer = 503;
    await failed.toMatch(/answers 503$/);
    expect(atReport).toBeGreaterThanOrEqual(HEALTH_FAILURES);
    check.close();
  });
});

test('names of hosts are told from mistyped addresses', () => {
  for (const name of ['collector', 'collector-1.example.net', 'a_b.example', 'x.y.', '3com.example']) {
    expect(isName(name)).toBe(true);
  }
  for (const name of ['', '10.0.0.300', '1', 'a..b', '-a', 'a b', 'http://x', 'x:1', `${'a'.repeat(64)}.b`]) {
    expect(isName(name)).toBe(false);
  }
});
