/**
 * `mirrorlake mirror` with two collectors: conversations stay together, a collector that is gone, ill or
 * elsewhere loses its share to the other, and gets it back.
 *
 *     netns c-src alpha 198.51.101.1 ── alpha 198.51.101.2 netns c-alpha
 *     netns c-src beta  198.51.102.1 ── beta  198.51.102.2 netns c-beta
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openOutput } from '../../src/receive/file/capture-writer.js';
import { PcapWriter } from '../../src/receive/file/pcap-writer.js';
import { MAIN, TestCollector } from '../support/collector.js';
import { ethernet, ipv4, udp } from '../support/frames.js';
import { describeWith, ip, run, tryIp } from '../support/needs.js';
import { Tcpdump, tsharkInnermost } from '../support/tcpdump.js';

const SOURCE = 'c-src';
const ALPHA = { netns: 'c-alpha', link: 'alpha', address: '198.51.101.2' };
const BETA = { netns: 'c-beta', link: 'beta', address: '198.51.102.2' };
/** What `ip netns exec` shows as /etc in the source's namespace: its names of hosts. */
const ETC = `/etc/netns/${SOURCE}`;
const PAIRS = 40;
/** Milliseconds before a wait fails. */
const PATIENCE = 120_000;

/** One conversation per pair of hosts, a question and an answer each. */
function frames(): Uint8Array[] {
  return Array.from({ length: PAIRS }, (_, i) => {
    const client = `203.0.113.${1 + i}`;
    const data = new Uint8Array(40).fill(i);
    return [
      ethernet(0x0800, ipv4(client, '203.0.113.250', 17, udp(40_000 + i, 6000, data))),
      ethernet(0x0800, ipv4('203.0.113.250', client, 17, udp(6000, 40_000 + i, data))),
    ];
  }).flat();
}

/** Runs `mirrorlake mirror` in the source's namespace. */
class Mirroring {
  said = '';
  readonly ended: Promise<number | null>;
  private readonly process: ChildProcess;

  constructor(...args: string[]) {
    this.process = spawn('ip', ['netns', 'exec', SOURCE, process.execPath, MAIN, 'mirror', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process.stderr?.on('data', (text) => {
      this.said += String(text);
    });
    this.ended = once(this.process, 'close').then(([status]) => status as number | null);
  }

  /** Waits until it has said something. */
  async says(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.said, { timeout: PATIENCE }).toMatch(pattern);
  }

  /** Ends it as Ctrl-C does. @returns its last lines */
  async stop(): Promise<string[]> {
    this.process.kill('SIGINT');
    expect(await this.ended, this.said).toBe(0);
    return this.said.slice(this.said.indexOf('mirrored ')).trimEnd().split('\n');
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}

/** A program that takes datagrams on a port, so that the kernel does not refuse them. */
class Sink {
  private constructor(private readonly process: ChildProcess) {}

  static async open(netns: string, port: number): Promise<Sink> {
    const program = `require('node:dgram').createSocket('udp4').bind(${port}, () => console.log('bound'))`;
    const sink = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(sink.stdout, 'data');
    return new Sink(sink);
  }

  async close(): Promise<void> {
    if (this.process.signalCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }
}

/** Waits until so many packets more have arrived at a collector's host. */
async function arrive({ netns, link }: typeof ALPHA, more: number): Promise<void> {
  const count = () =>
    Number(run('ip', 'netns', 'exec', netns, 'cat', `/sys/class/net/${link}/statistics/rx_packets`));
  const before = count();
  await expect.poll(count, { timeout: PATIENCE }).toBeGreaterThanOrEqual(before + more);
}

/** Names of hosts in the source's namespace. */
function hosts(names: Record<string, string>): void {
  const lines = Object.entries(names).map(([name, address]) => `${address} ${name}\n`);
  writeFileSync(join(ETC, 'hosts'), `127.0.0.1 localhost\n${lines.join('')}`);
}

describeWith(['root', 'ip', 'tcpdump', 'tshark', 'ping'], 'mirrorlake mirror with several collectors', () => {
  let dir: string;
  let capture: string;
  const open: { close?(): unknown; remove?(): void; kill?(): void }[] = [];
  const keep = <T extends (typeof open)[number]>(one: T): T => {
    open.push(one);
    return one;
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'mirrorlake-targets-'));
    mkdirSync(ETC, { recursive: true });
    writeFileSync(join(ETC, 'resolv.conf'), '');
    hosts({});
    tryIp(`netns del ${SOURCE}`);
    ip(`netns add ${SOURCE}`);
    ip(`-n ${SOURCE} link set lo up`);
    for (const { netns, link, address } of [ALPHA, BETA]) {
      tryIp(`netns del ${netns}`);
      ip(`netns add ${netns}`);
      ip(`-n ${netns} link set lo up`);
      ip(`-n ${SOURCE} link add ${link} type veth peer name ${link} netns ${netns}`);
      ip(`-n ${SOURCE} addr add ${address.replace(/2$/, '1')}/24 dev ${link}`);
      ip(`-n ${netns} addr add ${address}/24 dev ${link}`);
      for (const end of [SOURCE, netns]) ip(`-n ${end} link set ${link} up`);
      run('ip', 'netns', 'exec', SOURCE, 'ping', '-q', '-c', '1', address);
    }
    capture = join(dir, 'source.pcap');
    const writer = new PcapWriter(await openOutput(capture), 1);
    for (const frame of frames()) writer.packet(1_700_000_000, 0, frame, 0, frame.length);
    await writer.close();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) {
      one.kill?.();
      one.remove?.();
      await one.close?.();
    }
  });
  afterAll(() => {
    for (const name of [SOURCE, ALPHA.netns, BETA.netns]) tryIp(`netns del ${name}`);
    rmSync(ETC, { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  });

  const again = ['--speed', 'max', '--loop', '--rate', '400pps'];
  const both = ['--to', `${ALPHA.address},${BETA.address}`];
  /** A collector whose store is up: until then it takes packets, and /healthz answers 503. */
  const collector = async (at: typeof ALPHA) => {
    const one = keep(await TestCollector.start(['--listen', `${at.address}:9470`], { netns: at.netns }));
    await one.statusWhen((s) => s.store.state === 'up');
    return one;
  };
  const packets = async (c: TestCollector) => (await c.status()).receivers[0].packets;
  /** The open conversations of a collector that has seen all of its share. */
  const conversations = async (c: TestCollector) => (await c.status()).sessions.open;
  /** Waits until a collector has received so many packets more. */
  const receives = async (c: TestCollector, more: number) => {
    const before = await packets(c);
    await c.statusWhen((s) => s.receivers[0].packets >= before + more);
  };

  it('spreads conversations, and moves the share of one that is killed until it is back', async () => {
    const alpha = await collector(ALPHA);
    const beta = await collector(BETA);
    const mirror = keep(new Mirroring('--file', capture, ...again, ...both, '--session', '5'));
    const share = (c: TestCollector) => receives(c, 2 * PAIRS);
    await Promise.all([share(alpha), share(beta)]);
    // Each conversation is at one of them, with both directions.
    const open = await Promise.all([conversations(alpha), conversations(beta)]);
    expect(open[0] + open[1]).toBe(PAIRS);
    for (const n of open) expect(n).toBeGreaterThan(PAIRS / 8);

    await alpha.stop('SIGKILL');
    await mirror.says(
      new RegExp(
        `^${ALPHA.address} is down: (protocol|port) unreachable \\((ENOPROTOOPT|ECONNREFUSED)\\)$`,
        'm',
      ),
    );
    await beta.statusWhen((s) => s.sessions.open === PAIRS);
    const { mirrors } = await beta.status();
    expect(mirrors).toMatchObject([{ session: 5, lost: 0, repeated: 0 }]);

    const back = await collector(ALPHA);
    await mirror.says(new RegExp(`^${ALPHA.address} is up again$`, 'm'));
    await receives(back, 2 * PAIRS);
    // The frame that found it up again may be of another conversation.
    expect([open[0], open[0] + 1]).toContain(await conversations(back));
    const [all, toAlpha, toBeta] = await mirror.stop();
    const numbers = (line: string) => [...line.matchAll(/\d+(?= packets)/g)].map((match) => Number(match[0]));
    const trials = Number(/(\d+) of them in addition/.exec(toAlpha)?.[1]);
    expect(trials).toBeGreaterThan(0);
    expect(toAlpha).toMatch(new RegExp(`^  to ${ALPHA.address}: .*, 1 time down`));
    expect(toBeta).toMatch(new RegExp(`^  to ${BETA.address}: .* bytes$`));
    const [sent] = /\d+(?= of \d+ packets)/.exec(all) ?? [];
    expect(numbers(toAlpha)[0] + numbers(toBeta)[0] - trials).toBe(Number(sent));
  });

  it('fails over to the next one while the first does not answer /healthz', async () => {
    const alpha = await collector(ALPHA);
    const beta = await collector(BETA);
    const health = ['--failover', '--health', '9470', '--health-interval', '200ms'];
    const mirror = keep(new Mirroring('--file', capture, ...again, ...both, ...health));
    await receives(alpha, 2 * PAIRS);
    expect(await conversations(alpha)).toBe(PAIRS);
    expect(await packets(beta)).toBe(0);
    // Its kernel goes on taking packets: ICMP says nothing.
    alpha.signal('SIGSTOP');
    await mirror.says(
      new RegExp(`^${ALPHA.address} is down: http://${ALPHA.address}:9470/healthz: no answer$`, 'm'),
    );
    await receives(beta, 2 * PAIRS);
    alpha.signal('SIGCONT');
    await mirror.says(new RegExp(`^${ALPHA.address} is up again$`, 'm'));
    await receives(alpha, 2 * PAIRS);
    const [, toAlpha] = await mirror.stop();
    expect(toAlpha).toMatch(/, 1 time down$/);
  });

  it('over UDP: fails over when the port is unreachable, not for errors of other programs', async () => {
    keep(await Sink.open(BETA.netns, 4789));
    const sink = keep(await Sink.open(ALPHA.netns, 4789));
    const file = join(dir, 'beta.pcap');
    const tap = await Tcpdump.start(BETA.netns, BETA.link, file, 'udp dst port 4789');
    const mirror = keep(new Mirroring('--file', capture, ...again, ...both, '--type', 'vxlan', '--failover'));
    // A datagram of another program from the same address, to a port that nobody has: it is told so, and the
    // mirror's socket hears of it too.
    const other = `const s = require('node:dgram').createSocket('udp4');
      s.on('error', (e) => { console.log(e.code); s.close(); clearInterval(t); });
      let t;
      s.connect(9, '${ALPHA.address}', () => { t = setInterval(() => s.send('x'), 50); });`;
    for (let i = 0; i < 3; i++)
      expect(run('ip', 'netns', 'exec', SOURCE, process.execPath, '-e', other).trim()).toBe('ECONNREFUSED');
    expect(mirror.said).toBe('');
    await sink.close();
    await mirror.says(new RegExp(`^${ALPHA.address} is down: port unreachable \\(ECONNREFUSED\\)$`, 'm'));
    await arrive(BETA, 2 * PAIRS);
    const lines = await mirror.stop();
    await tap.stop(2 * PAIRS);
    expect(lines[1]).toMatch(/ times? the collector said that nobody takes them \(ECONNREFUSED\)/);
    const pairs = new Set(tsharkInnermost(file, 'ip.src', 'ip.dst'));
    expect(pairs.size).toBe(2 * PAIRS);
  });

  it('follows a name, at once when its collector is gone', async () => {
    hosts({ lake: ALPHA.address });
    const sink = keep(await Sink.open(ALPHA.netns, 6081));
    keep(await Sink.open(BETA.netns, 6081));
    const file = join(dir, 'beta.pcap');
    const tap = await Tcpdump.start(BETA.netns, BETA.link, file, 'udp dst port 6081');
    const mirror = keep(new Mirroring('--file', capture, ...again, '--to', 'lake', '--type', 'geneve'));
    // It has resolved the name before it sends.
    await arrive(ALPHA, 2 * PAIRS);
    hosts({ lake: BETA.address });
    await sink.close();
    await mirror.says(new RegExp(`^lake \\(${ALPHA.address}\\) is down: port unreachable`, 'm'));
    await mirror.says(new RegExp(`^lake is at ${BETA.address} now$`, 'm'));
    await arrive(BETA, 2 * PAIRS);
    await mirror.stop();
    await tap.stop(2 * PAIRS);
    expect(tsharkInnermost(file, 'ip.src').length).toBeGreaterThanOrEqual(2 * PAIRS);
  });

  it('ends with one line if no name resolves', async () => {
    hosts({});
    const mirror = new Mirroring('--file', capture, '--to', 'lake.invalid,sea.invalid');
    expect(await mirror.ended).toBe(1);
    expect(mirror.said).toMatch(
      /^mirrorlake: mirror: --to lake\.invalid does not resolve: E\w+; sea\.invalid does not \w+: E\w+\n$/,
    );
  });
});
