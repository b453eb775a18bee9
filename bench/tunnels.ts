/**
 * npm run bench:tunnels: the speed of a GRE tunnel, compared with Open vSwitch's userspace datapath and
 * socat. Needs root.
 *
 *   --runs N      runs of each, alternating (5)
 *   --seconds N   seconds of a run (5)
 *   --collect     mirrorlake's ends are whole collectors, not only their tunnels
 *   --check       exit 1 if a goal is missed
 *   --against DIR, --within P   compares with another checkout, see against.ts
 *
 * A veth pair connects two namespaces; a contender runs both ends. iperf3 sends TCP, then UDP datagrams of 64
 * bytes as fast as it can. What arrives counts, and so does the CPU time of the contender's two ends, which
 * other load on the machine disturbs less than rates.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AGAINST_OPTIONS, against, type Checkout, type Costs, ROOT } from './against.js';
import { cpuSeconds } from './cpu.js';
import { median } from './measure.js';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    collect: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    ...AGAINST_OPTIONS,
  },
});
const SECONDS = Number(options.seconds);
const ENDS = [
  { ns: 'bench-t-a', outer: '198.18.7.1', peer: '198.18.7.2', inner: '10.77.0.1', other: '10.77.0.2' },
  { ns: 'bench-t-b', outer: '198.18.7.2', peer: '198.18.7.1', inner: '10.77.0.2', other: '10.77.0.1' },
] as const;
type End = (typeof ENDS)[number];
const UDP_PAYLOAD = 64;

const work = mkdtempSync(join(tmpdir(), 'bench-tunnels-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));
/** The last output of the programs, for an error message. */
let words = '';
const children = new Set<ChildProcess>();

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });
const ip = (words: string) => run('ip', ...words.split(' '));
const inside = (end: End, ...command: string[]) => run('ip', 'netns', 'exec', end.ns, ...command);

function start(end: End, ...command: string[]): ChildProcess {
  const child = spawn('ip', ['netns', 'exec', end.ns, ...command], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-2000);
  });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

interface Contender {
  readonly name: string;
  /** Makes one end, with its inner address. @returns what removes it. */
  readonly up: (end: End) => Promise<() => Promise<void>>;
}

/** mirrorlake from a checkout. */
function mirrorlake(root: string): Contender {
  return {
    name: options.collect ? 'mirrorlake collect' : 'mirrorlake',
    up: async (end) => {
      const spec = `bt mode gre local ${end.outer} remote ${end.peer} address ${end.inner}/24`;
      const child = options.collect
        ? start(
            end,
            process.execPath,
            join(root, 'dist/cli/main.js'),
            'collect',
            '--store',
            join(work, end.ns),
            '--tunnel',
            spec,
          )
        : start(end, process.execPath, join(root, 'bench/tunnel-end.mjs'), spec);
      return () => stop(child);
    },
  };
}

const contenders: Contender[] = [
  mirrorlake(ROOT),
  {
    name: 'socat',
    up: async (end) => {
      // 47 is GRE's protocol number; socat sends IP packets directly in it.
      const tun = `TUN:${end.inner}/24,tun-type=tun,tun-name=bt,iff-up`;
      const child = start(end, 'socat', tun, `IP4-SENDTO:${end.peer}:47`);
      await sleep(500);
      ip(`-n ${end.ns} link set bt mtu 1476`);
      return () => stop(child);
    },
  },
  { name: 'Open vSwitch', up: openVswitch },
];

/** A userspace datapath with the wire in one bridge, and the tunnel in another. */
async function openVswitch(end: End): Promise<() => Promise<void>> {
  const dir = join(work, `ovs-${end.ns}`);
  run('rm', '-rf', dir);
  run('mkdir', dir);
  const env = ['env', `OVS_RUNDIR=${dir}`];
  run('ovsdb-tool', 'create', `${dir}/conf.db`, '/usr/share/openvswitch/vswitch.ovsschema');
  const db = start(end, ...env, 'ovsdb-server', `${dir}/conf.db`, `--remote=punix:${dir}/db.sock`);
  await sleep(500);
  const vsctl = (words: string) =>
    inside(end, ...env, 'ovs-vsctl', '-t', '10', `--db=unix:${dir}/db.sock`, ...words.split(' '));
  vsctl('--no-wait init');
  const switchd = start(end, ...env, 'ovs-vswitchd', `unix:${dir}/db.sock`, `--log-file=${dir}/log`);
  await sleep(500);
  inside(end, 'ip', 'address', 'flush', 'dev', 'wire');
  vsctl('add-br phy -- set bridge phy datapath_type=netdev -- add-port phy wire');
  vsctl('add-br bt -- set bridge bt datapath_type=netdev');
  vsctl(
    `add-port bt gre0 -- set interface gre0 type=gre options:remote_ip=${end.peer} ` +
      `options:local_ip=${end.outer}`,
  );
  ip(`-n ${end.ns} address add ${end.outer}/24 dev phy`);
  ip(`-n ${end.ns} link set phy up`);
  ip(`-n ${end.ns} address add ${end.inner}/24 dev bt`);
  ip(`-n ${end.ns} link set bt mtu 1450 up`);
  return async () => {
    await stop(switchd);
    await stop(db);
    for (const device of ['phy', 'bt', 'ovs-netdev']) {
      try {
        ip(`-n ${end.ns} link del ${device}`);
      } catch {
        // The program has removed it.
      }
    }
  };
}

function makeWire(): void {
  removeWire();
  for (const end of ENDS) {
    ip(`netns add ${end.ns}`);
    ip(`-n ${end.ns} link set lo up`);
  }
  ip(`link add name wire netns ${ENDS[0].ns} type veth peer name wire netns ${ENDS[1].ns}`);
  for (const end of ENDS) {
    ip(`-n ${end.ns} address add ${end.outer}/24 dev wire`);
    ip(`-n ${end.ns} link set wire up`);
    // As on a real wire: no segment larger than the MTU, and checksums complete.
    inside(end, 'ethtool', '-K', 'wire', 'tso', 'off', 'gso', 'off', 'gro', 'off', 'tx', 'off');
  }
}

function removeWire(): void {
  for (const { ns } of ENDS) {
    try {
      ip(`netns del ${ns}`);
    } catch {
      // There was none.
    }
  }
}

interface Rate {
  /** Bits per second that arrived. */
  tcp: number;
  /** Datagrams per second that arrived. */
  udp: number;
  /** CPU seconds per byte of TCP, and per datagram, that arrived. */
  tcpCpu: number;
  udpCpu: number;
}

/** Runs iperf3 once. @returns its report */
async function iperf(...words: string[]): Promise<{ end: { sum_received?: Sum; sum: Sum } }> {
  const server = start(ENDS[1], 'iperf3', '-s', '-1');
  await sleep(1000);
  try {
    const said = inside(ENDS[0], 'iperf3', '-J', '-c', ENDS[0].other, '-t', String(SECONDS), ...words);
    const report = JSON.parse(said);
    if (report.error !== undefined) throw new Error(`iperf3: ${report.error}`);
    return report;
  } finally {
    await stop(server);
  }
}
interface Sum {
  bits_per_second: number;
  bytes: number;
  packets: number;
  lost_packets: number;
  seconds: number;
}

async function once(contender: Contender): Promise<Rate> {
  makeWire();
  const ends = [];
  try {
    for (const end of ENDS) ends.push(await contender.up(end));
    await reachable(contender);
    // Meanwhile, a collector's store starts an engine of its own.
    if (options.collect) await sleep(8000);
    const pids = [...children].flatMap((child) => child.pid ?? []);
    const start = cpuSeconds(pids);
    const tcp = (await iperf()).end.sum_received!;
    const between = cpuSeconds(pids);
    const udp = (await iperf('-u', '-b', '0', '-l', String(UDP_PAYLOAD))).end.sum;
    const end = cpuSeconds(pids);
    const arrived = udp.packets - udp.lost_packets;
    return {
      tcp: tcp.bits_per_second,
      udp: arrived / udp.seconds,
      tcpCpu: (between - start) / tcp.bytes,
      udpCpu: (end - between) / arrived,
    };
  } finally {
    for (const down of ends) await down();
    removeWire();
  }
}

async function reachable(contender: Contender): Promise<void> {
  for (let i = 0; i < 100; i++) {
    try {
      inside(ENDS[0], 'ping', '-c', '1', '-W', '1', ENDS[0].other);
      return;
    } catch {
      await sleep(200);
    }
  }
  throw new Error(`${contender.name}: its tunnel carries no ping\n${words}`);
}

/** The cost of a checkout's tunnel, both ends together. */
async function costsOf({ root }: Checkout): Promise<Costs> {
  const { tcpCpu, udpCpu } = await once(mirrorlake(root));
  return { 'TCP, ms of CPU a MB': tcpCpu * 1e9, 'UDP, µs of CPU a datagram': udpCpu * 1e6 };
}

const results = new Map(contenders.map((c) => [c.name, [] as Rate[]]));
try {
  await against(options, Number(options.runs), costsOf);
  process.stderr.write(`load ${loadavg()[0]!.toFixed(1)}; measure on a machine that does nothing else\n`);
  for (let i = 0; i < Number(options.runs); i++) {
    for (const contender of contenders) {
      const rate = await once(contender);
      results.get(contender.name)!.push(rate);
      process.stderr.write(
        `${contender.name}: ${mbit(rate.tcp)} Mbit/s TCP, ${kpps(rate.udp)} k datagrams/s; ` +
          `CPU ${milliseconds(rate.tcpCpu)} ms/MB, ${microseconds(rate.udpCpu)} us/datagram\n`,
      );
    }
  }
} finally {
  for (const child of children) await stop(child);
  removeWire();
}

function mbit(bits: number): string {
  return (bits / 1e6).toFixed(0);
}
function kpps(packets: number): string {
  return (packets / 1e3).toFixed(1);
}

/** Per megabyte, from seconds per byte. */
function milliseconds(ofByte: number): string {
  return (ofByte * 1e9).toFixed(1);
}
function microseconds(seconds: number): string {
  return (seconds * 1e6).toFixed(1);
}

const of = (name: string, what: keyof Rate) => median(results.get(name)!.map((rate) => rate[what]));
const ours = contenders[0]!.name;
const COLUMNS = [
  ['TCP Mbit/s', (name: string) => mbit(of(name, 'tcp'))],
  ['UDP k/s', (name: string) => kpps(of(name, 'udp'))],
  ['CPU ms/MB', (name: string) => milliseconds(of(name, 'tcpCpu'))],
  ['CPU us/datagram', (name: string) => microseconds(of(name, 'udpCpu'))],
] as const;
const line = (first: string, cells: readonly string[]) =>
  `${first.padEnd(20)}${cells.map((cell) => cell.padStart(17)).join('')}\n`;
process.stdout.write(
  line(
    'median',
    COLUMNS.map(([title]) => title),
  ),
);
for (const { name } of contenders) {
  process.stdout.write(
    line(
      name,
      COLUMNS.map(([, cell]) => cell(name)),
    ),
  );
}
const missed = [
  of(ours, 'tcp') < 2 * of('socat', 'tcp') ? 'at least twice socat for bulk TCP' : '',
  ...contenders
    .slice(1)
    .flatMap(({ name }) =>
      (['tcp', 'udp'] as const).map((what) =>
        of(ours, what) <= of(name, what) ? `faster than ${name}: ${what}` : '',
      ),
    ),
].filter((goal) => goal !== '');
for (const goal of missed) process.stdout.write(`missed: ${goal}\n`);
process.exitCode = options.check && missed.length > 0 ? 1 : 0;
