/**
 * npm run bench:mirror: the cost of `mirrorlake mirror` per packet, from a capture and from an interface,
 * compared with other programs.
 *
 *   --packets N   frames (300000)
 *   --runs N      runs of each, alternating (3)
 *   --rate N      frames per second on the interface (25000)
 *   --against DIR, --within P   compares with another checkout, see against.ts
 *
 * Needs root. From a capture, at full speed: the peer is tcpreplay, which sends the frames as they are,
 * without ERSPAN around them. From an interface: the peer is Open vSwitch's userspace datapath with a mirror
 * to an ERSPAN port. What arrives at the other end of the wire counts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ip, missing, run, tryIp } from '../test/support/needs.js';
import { AGAINST_OPTIONS, against, type Checkout, type Costs, MAIN } from './against.js';
import { generatedCapture } from './capture.js';
import { cpuOf } from './cpu.js';
import { measure, median } from './measure.js';

/** The box that mirrors: frames arrive on `wire`, copies leave through `out`. */
const BOX = 'ml-mirror';
/** The other ends, in this namespace. */
const [WIRE, OUT] = ['ml-mirror-in', 'ml-mirror-out'];
/** Not one of the generator's addresses: GRE to the collector is not mirrored. */
const COLLECTOR = '192.0.2.10';
const ADDRESS = '192.0.2.11/24';

const { values: options } = parseArgs({
  options: {
    packets: { type: 'string', default: '300000' },
    runs: { type: 'string', default: '3' },
    rate: { type: 'string', default: '25000' },
    ...AGAINST_OPTIONS,
  },
});
const packets = Number(options.packets);
const capture = () => generatedCapture(packets);

interface Result {
  /** CPU seconds, user and system. */
  readonly cpu: number;
  /** Seconds; for a capture, from the start of the program to its end. */
  readonly wall: number;
  /** Packets that left the box. */
  readonly arrived: number;
}

const inside = (...command: string[]): string[] => ['ip', 'netns', 'exec', BOX, ...command];
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const arrived = (): number => Number(readFileSync(`/sys/class/net/${OUT}/statistics/rx_packets`, 'utf8'));

/** Sets up a new box. @returns the MAC address of the collector's end */
function setUp(): string {
  tearDown();
  ip(`netns add ${BOX}`);
  for (const [name, here] of [
    ['wire', WIRE],
    ['out', OUT],
  ]) {
    ip(`link add ${here} mtu 2000 type veth peer name ${name} netns ${BOX}`);
    ip(`-n ${BOX} link set ${name} mtu 2000 up`);
    ip(`link set ${here} up`);
  }
  return (JSON.parse(run('ip', '-j', 'link', 'show', OUT)) as { address: string }[])[0]!.address;
}

function tearDown(): void {
  tryIp(`netns del ${BOX}`);
  // The kernel removes the ends in a namespace a little later.
  for (const name of [WIRE, OUT]) tryIp(`link del ${name}`);
}

/** Gives the box's device its address and a neighbour entry for the collector, where nothing answers ARP. */
function underlay(device: string, mac: string): void {
  ip(`-n ${BOX} address add ${ADDRESS} dev ${device}`);
  ip(`-n ${BOX} neighbour replace ${COLLECTOR} lladdr ${mac} dev ${device}`);
}

async function fromCapture(command: string[]): Promise<Result> {
  const before = arrived();
  const work = mkdtempSync(join(tmpdir(), 'mirrorlake-bench-'));
  const { cpu, wall } = measure(inside(...command), join(work, 'out'), join(work, 'err'));
  rmSync(work, { recursive: true });
  return { cpu, wall, arrived: arrived() - before };
}

/** Sends the frames to the wire at the rate, twice. The first round, a warm-up, does not count. */
async function fromInterface(pid: number): Promise<Result> {
  let result: Result | undefined;
  for (let round = 0; round < 2; round++) {
    const [cpu, before] = [cpuOf(pid), arrived()];
    const replay = join(import.meta.dirname, 'replay.ts');
    const said = run(process.execPath, '--import', 'tsx', replay, capture(), WIRE, '--rate', options.rate);
    await pause(1500);
    const { seconds } = JSON.parse(said) as { seconds: number };
    result = { cpu: cpuOf(pid) - cpu, wall: seconds, arrived: arrived() - before };
  }
  return result!;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function start(command: string[]): ChildProcess {
  return spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
}

function mirrorCapture(main: string, mac: string): Promise<Result> {
  underlay('out', mac);
  const words = ['mirror', '--file', capture(), '--to', COLLECTOR, '--index', '1', '--speed', 'max'];
  return fromCapture([process.execPath, main, ...words]);
}

async function mirrorInterface(main: string, mac: string): Promise<Result> {
  underlay('out', mac);
  const words = [
    'mirror',
    '--interface',
    'wire',
    '--direction',
    'ingress',
    '--to',
    COLLECTOR,
    '--index',
    '1',
  ];
  const child = start(inside(process.execPath, main, ...words));
  await once(child.stderr!, 'data');
  try {
    return await fromInterface(child.pid!);
  } finally {
    await end(child);
  }
}

async function openVswitch(mac: string): Promise<Result> {
  const work = mkdtempSync(join(tmpdir(), 'mirrorlake-bench-'));
  const env = ['env', `OVS_RUNDIR=${work}`];
  const [db, socket] = [join(work, 'conf.db'), join(work, 'db.sock')];
  const vsctl = (words: string): void => {
    const [command, ...args] = inside(...env, 'ovs-vsctl', '--timeout=10', `--db=unix:${socket}`);
    run(command!, ...args, ...words.split(' '));
  };
  run('ovsdb-tool', 'create', db, '/usr/share/openvswitch/vswitch.ovsschema');
  const children = [start(inside(...env, 'ovsdb-server', db, `--remote=punix:${socket}`))];
  try {
    while (!existsSync(socket)) await pause(50);
    vsctl('--no-wait init');
    const daemon = start(inside(...env, 'ovs-vswitchd', `unix:${socket}`, `--log-file=${join(work, 'log')}`));
    children.unshift(daemon);
    vsctl('add-br phy -- set bridge phy datapath_type=netdev -- add-port phy out');
    vsctl('add-br inner -- set bridge inner datapath_type=netdev -- add-port inner wire');
    ip(`-n ${BOX} link set phy mtu 2000 up`);
    underlay('phy', mac);
    run(
      ...(inside(
        ...env,
        'ovs-appctl',
        '-t',
        join(work, `ovs-vswitchd.${daemon.pid}.ctl`),
        'tnl/arp/set',
        'phy',
        COLLECTOR,
        mac,
      ) as [string, ...string[]]),
    );
    const port = `options:remote_ip=${COLLECTOR} options:key=1 options:erspan_ver=1 options:erspan_idx=1`;
    vsctl(`add-port inner copies -- set interface copies type=erspan ${port}`);
    vsctl(
      '-- --id=@in get port wire -- --id=@out get port copies -- --id=@m create mirror ' +
        'name=m select-src-port=@in output-port=@out -- set bridge inner mirrors=@m',
    );
    return await fromInterface(daemon.pid!);
  } finally {
    for (const child of children) await end(child);
    rmSync(work, { recursive: true });
  }
}

const CONTENDERS: readonly {
  name: string;
  needs: readonly string[];
  source: 'capture' | 'interface';
  run(mac: string): Promise<Result>;
}[] = [
  {
    name: 'mirrorlake mirror --file',
    needs: [],
    source: 'capture',
    run: (mac) => mirrorCapture(MAIN, mac),
  },
  {
    name: 'tcpreplay',
    needs: ['tcpreplay'],
    source: 'capture',
    run: () => fromCapture(['tcpreplay', '--topspeed', '--intf1=out', capture()]),
  },
  {
    name: 'mirrorlake mirror --interface',
    needs: [],
    source: 'interface',
    run: (mac) => mirrorInterface(MAIN, mac),
  },
  {
    name: 'Open vSwitch mirror, userspace',
    needs: ['ovs-vswitchd', 'ovsdb-server', 'ovsdb-tool'],
    source: 'interface',
    run: openVswitch,
  },
];

/** The cost of a checkout's `mirror`. */
async function costsOf({ main }: Checkout): Promise<Costs> {
  const us = ({ cpu, arrived }: Result) => (cpu / arrived) * 1e6;
  try {
    return {
      'mirror --file, µs of CPU a packet': us(await mirrorCapture(main, setUp())),
      'mirror --interface, µs of CPU a packet': us(await mirrorInterface(main, setUp())),
    };
  } finally {
    tearDown();
  }
}

await against(options, Number(options.runs), costsOf);
const present = CONTENDERS.filter((c) => missing(c.needs).length === 0);
const results = new Map(present.map((c) => [c, [] as Result[]]));
const load = loadavg()[0]!;
try {
  for (let n = 0; n < Number(options.runs); n++) {
    for (const contender of present) {
      const result = await contender.run(setUp());
      process.stderr.write(`${contender.name}: ${result.cpu.toFixed(2)} s of CPU\n`);
      results.get(contender)!.push(result);
    }
  }
} finally {
  tearDown();
}
process.stdout.write(
  `${packets} frames, ${options.runs} runs each, in turn; ${cpus().length} cores, ` +
    `${cpus()[0]!.model}; load before: ${load.toFixed(1)}\n`,
);
for (const [source, first] of [
  ['capture', 'from a capture, as fast as it goes'],
  ['interface', `from an interface, ${options.rate} frames/s`],
] as const) {
  process.stdout.write(`\n${first.padEnd(36)} packets/s  µs CPU a packet    arrived\n`);
  const costs: number[] = [];
  for (const [{ name }, list] of [...results].filter(([c]) => c.source === source)) {
    const cost = median(list.map((r) => (r.cpu / r.arrived) * 1e6));
    const speed = median(list.map((r) => r.arrived / r.wall));
    costs.push(cost);
    process.stdout.write(
      `${name.padEnd(36)} ${Math.round(speed).toLocaleString('en').padStart(9)} ` +
        `${cost.toFixed(2).padStart(16)} ${String(median(list.map((r) => r.arrived))).padStart(10)}\n`,
    );
  }
  if (costs.length === 2)
    process.stdout.write(`CPU a packet, of the other's: ${(costs[0]! / costs[1]!).toFixed(2)}\n`);
}
