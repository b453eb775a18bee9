/**
 * npm run lab: network namespaces on this machine, with a switch that mirrors two busy hosts to a collector,
 * and two PCs with a GRE tunnel between them. It shows what the collector stores until Ctrl-C, then removes
 * everything. docs/tutorial/lab.md explains it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  COLLECTOR,
  HOSTS,
  inside,
  makeNetwork,
  NEEDS,
  NOBODY,
  PCS,
  removeNetwork,
  SWITCH,
} from './network.js';
import { LabError, Processes } from './processes.js';
import { QUESTIONS } from './questions.js';

const HERE = import.meta.dirname;
const MAIN = process.env.MIRRORLAKE_MAIN ?? join(HERE, '../dist/cli/main.js');
const USAGE = 'npm run lab -- [--seconds N] [--every N] [--store DIR]';

const CONFIG = `
networks: ${JSON.stringify(join(HERE, 'compose/networks.csv'))}
# Sessions that go on are shown while they do.
sessions: { active: 5s, udp_idle: 2s, other_idle: 2s }
mirrors:
  - { name: enters, site: lab, source: ${SWITCH.address}, session: 10 }
  - { name: leaves, site: lab, source: ${SWITCH.address}, session: 20 }
`;

interface Options {
  /** Undefined: until Ctrl-C. */
  readonly seconds: number | undefined;
  readonly every: number;
  /** The directory of the stores: collector, pc-1, pc-2. */
  readonly store: string | undefined;
}

function options(): Options {
  try {
    const { values } = parseArgs({
      options: { seconds: { type: 'string' }, every: { type: 'string' }, store: { type: 'string' } },
    });
    const number = (name: 'seconds' | 'every'): number | undefined => {
      if (values[name] === undefined) return undefined;
      const n = Number(values[name]);
      if (!(n > 0)) throw new Error(`--${name} ${values[name]}: give a number of seconds above 0`);
      return n;
    };
    return { seconds: number('seconds'), every: number('every') ?? 5, store: values.store };
  } catch (error) {
    process.stderr.write(`lab: ${(error as Error).message} (${USAGE})\n`);
    process.exit(2);
  }
}

/** @throws LabError naming what this machine lacks */
function checkMachine(): void {
  if (process.getuid?.() !== 0) throw new LabError('network namespaces need root: sudo npm run lab');
  const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const { status } = spawnSync('sh', ['-c', NEEDS.map((n) => `command -v ${n} >/dev/null`).join(' && ')], {
    env: { ...process.env, PATH: path.join(delimiter) },
  });
  if (status === 0) return;
  throw new LabError(
    `it needs the programs ${NEEDS.join(', ')}; on Debian and Ubuntu: apt-get install ` +
      'openvswitch-switch iproute2 ethtool iputils-ping',
  );
}

async function startAll(programs: Processes, directory: string, every: number): Promise<void> {
  const config = join(directory, 'mirrorlake.yaml');
  writeFileSync(config, CONFIG);
  const mirrorlake = (name: string, ns: string, ...args: string[]): Promise<void> => {
    const store = join(directory, name);
    const command = [process.execPath, MAIN, 'collect', '--store', store, '--collector', name, ...args];
    return programs.start(name, ns, command, /receiving GRE on/);
  };
  say('starting the collector');
  await mirrorlake('collector', COLLECTOR.ns, '--interface', 'eth0', '--config', config);
  say('starting the switch');
  const state = join(directory, 'switch');
  await programs.start(
    'the switch',
    SWITCH.ns,
    ['sh', join(HERE, 'switch.sh'), COLLECTOR.address, state],
    /mirroring/,
  );
  say('starting the hosts');
  for (const [i, host] of HOSTS.entries()) {
    const peer = HOSTS[1 - i];
    const words = [join(HERE, 'host.mjs'), peer.address, peer.address6, NOBODY];
    if (i === 0) words.push('--backup');
    await programs.start(host.ns, host.ns, [process.execPath, ...words], /serving/);
  }
  say('starting the PCs and their tunnel');
  await Promise.all(
    PCS.map((pc, i) => {
      const words = `${pc.device} mode gre remote ${PCS[1 - i].address} local ${pc.address}`;
      return mirrorlake(`pc-${i + 1}`, pc.ns, '--tunnel', words);
    }),
  );
  for (const [i, pc] of PCS.entries()) {
    inside(pc.ns, ...`ip address add ${pc.inside}/24 dev ${pc.device}`.split(' '));
    inside(pc.ns, ...`ip route add ${PCS[1 - i].net} dev ${pc.device} src ${pc.inside}`.split(' '));
  }
  await programs.start('ping', PCS[0].ns, ['ping', PCS[1].inside], /bytes from/);
  say(`the first answers come in a few seconds, and new ones every ${every}`);
}

/** Runs a command of the program as a user would. @returns the title and the output */
function shown(title: string, args: string[]): string {
  const run = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new LabError(`mirrorlake ${args.join(' ')}: ${run.stderr.trim()}`);
  return `${title}\n${run.stdout.replaceAll(/^/gm, '  ').trimEnd()}\n`;
}

/** Whether the store has connections of the hosts. */
function connections(directory: string): boolean {
  const sql = "SELECT count() FROM sessions WHERE transport = 'tcp'";
  const words = [MAIN, 'query', sql, '--store', join(directory, 'collector')];
  return Number(spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout) > 0;
}

function report(directory: string): string {
  const store = join(directory, 'collector');
  const format = ['--format', 'PrettyCompactMonoBlock'];
  return [
    ...QUESTIONS.map(([question, sql]) => shown(question, ['query', sql, '--store', store, ...format])),
    shown('What did each mirror lose on its way?', ['status', '--store', store]),
    shown('Does the tunnel carry? (PC-1)', ['status', '--store', join(directory, 'pc-1')]),
  ].join('\n');
}

const say = (text: string): void => {
  process.stderr.write(`lab: ${text}\n`);
};

async function show(
  programs: Processes,
  o: Options,
  directory: string,
  stopped: Promise<void>,
): Promise<void> {
  const end = o.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + o.seconds * 1000;
  let done = false;
  let answers = false;
  void stopped.then(() => {
    done = true;
  });
  while (!done) {
    const wait = Math.min(o.every * 1000, end - Date.now());
    if (wait <= 0) break;
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, wait);
    });
    await Promise.race([pause, stopped, programs.failed]).finally(() => clearTimeout(timer));
    if (done) break;
    // Until the first connection has ended, the store has only the hosts' first messages to their routers.
    answers ||= connections(directory);
    if (!answers) continue;
    const text = report(directory);
    const clear = process.stdout.isTTY ? '\x1b[H\x1b[2J' : '\n';
    process.stdout.write(`${clear}${text}\n`);
    if (o.seconds === undefined) process.stdout.write('Ctrl-C ends the lab.\n');
  }
}

async function main(): Promise<void> {
  const o = options();
  checkMachine();
  const stopped = new Promise<void>((resolve) => {
    // Ctrl-C may arrive twice, from the terminal and from npm; so every further signal is ignored.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, resolve);
  });
  // Writing to a closed terminal fails, but the lab must still be removed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const directory = o.store === undefined ? mkdtempSync(join(tmpdir(), 'mirrorlake-lab-')) : resolve(o.store);
  mkdirSync(directory, { recursive: true });
  const programs = new Processes();
  try {
    makeNetwork();
    await Promise.race([startAll(programs, directory, o.every), stopped]);
    await show(programs, o, directory, stopped);
  } finally {
    say('taking it down');
    await programs.end();
    removeNetwork();
    if (o.store === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`lab: ${error.message}\n`);
  process.exitCode = 1;
}
