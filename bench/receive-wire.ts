/**
 * The wire of the receiving benchmarks: a veth pair into a namespace, and what sends the generator's packets
 * through it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { attachXdp, closeBpf, loadXdp, XdpMode } from '../src/linux/ebpf/bpf.js';
import { assemble, EXIT, R0, set } from '../src/linux/ebpf/program.js';
import { check } from '../src/linux/errors.js';
import { interfaceIndex } from '../src/linux/interface.js';
import { setns } from '../src/linux/libc.js';
import { ROOT } from './against.js';
import { generatedCapture } from './capture.js';

const NETNS = 'ml-bench';
/** The sending end, the receiving end in the namespace, and the destination of the generator's packets. */
const SENDER = 'ml-bench0';
export const RECEIVER = 'ml-bench1';
const ADDRESS = '10.255.0.1/8';
const STORE_WIRE = 'ml-bench3';
const XDP_DROP = 1;

function ip(words: string, may = false): void {
  const run = spawnSync('ip', words.split(' '), { encoding: 'utf8' });
  if (run.status !== 0 && !may) throw new Error(`ip ${words}: ${run.stderr}`);
}

export function inside(...command: string[]): string[] {
  return ['ip', 'netns', 'exec', NETNS, ...command];
}

/** Makes the wire, replacing an existing one. @returns the receiving end's MAC address */
export function setUp(): string {
  ip(`netns del ${NETNS}`, true);
  ip(`link del ${SENDER}`, true);
  ip(`netns add ${NETNS}`);
  ip(`link add ${SENDER} type veth peer name ${RECEIVER} netns ${NETNS}`);
  ip(`link set ${SENDER} mtu 2000 up`);
  for (const words of [
    `link set ${RECEIVER} mtu 2000 up`,
    `addr add ${ADDRESS} dev ${RECEIVER}`,
    'link set lo up',
  ]) {
    ip(`-n ${NETNS} ${words}`);
  }
  for (const i of ['all', RECEIVER]) {
    spawnSync('ip', ['netns', 'exec', NETNS, 'sysctl', '-qw', `net.ipv4.conf.${i}.rp_filter=0`]);
  }
  return JSON.parse(
    spawnSync('ip', ['-n', NETNS, '-j', 'link', 'show', RECEIVER], { encoding: 'utf8' }).stdout,
  )[0].address;
}

function nft(rules: string): void {
  const [command, ...args] = inside('nft', rules);
  const run = spawnSync(command, args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`nft ${rules}: ${run.error?.message ?? run.stderr}`);
}

/**
 * Makes the kernel drop incoming GRE after rings have received it (nftables' ingress hook), as
 * docs/how-to/size-the-box.md says. @returns what undoes it
 */
export function dropAfterRings(): () => void {
  const hook = `type filter hook ingress device "${RECEIVER}" priority 0`;
  const chain = `chain mirrors { ${hook}; ip protocol gre drop; }`;
  nft(`table netdev mirrorlake { ${chain}; }`);
  return () => nft('delete table netdev mirrorlake');
}

/** Another wire into the namespace, for a store outside. @returns this end's address */
export function setUpStoreWire(): string {
  ip(`link del ${STORE_WIRE}`, true);
  ip(`link add ${STORE_WIRE} type veth peer name ml-bench4 netns ${NETNS}`);
  ip(`addr add 198.18.255.1/30 dev ${STORE_WIRE}`);
  ip(`link set ${STORE_WIRE} up`);
  ip(`-n ${NETNS} addr add 198.18.255.2/30 dev ml-bench4`);
  ip(`-n ${NETNS} link set ml-bench4 up`);
  return '198.18.255.1';
}

export function tearDown(): void {
  ip(`netns del ${NETNS}`, true);
  for (const link of [SENDER, STORE_WIRE]) ip(`link del ${link}`, true);
}

export interface Replay {
  readonly packets: number;
  /** Packets per second; 0: as fast as possible. */
  readonly rate: number;
  readonly mac: string;
  /** Repeats the capture for this long; 0: sends it once. */
  readonly seconds?: number;
}

export interface Sent {
  readonly sent: number;
  readonly seconds: number;
}

/** With CPU seconds of the sending process. */
export interface Injected extends Sent {
  readonly cpu: number;
}

/** Sends the capture out of SENDER. */
export function replay({ packets, rate, mac, seconds = 0 }: Replay): Promise<Sent> {
  return send([], 'replay.ts', packets, SENDER, { rate, mac, seconds });
}

/** Makes RECEIVER receive the capture without a sender. */
export function inject({ packets, ...options }: Required<Replay>): Promise<Sent> {
  return send(inside(), 'inject.ts', packets, RECEIVER, options);
}

/**
 * Has RECEIVER receive bursts of the capture from its peer, as an XDP program needs it. It polls (NAPI), as
 * hardware does; all that the kernel does up to the receiver is done in the sending process.
 */
export function injectBursts(packets: number, mac: string, bursts: number, burst: number): Promise<Injected> {
  const [command, ...args] = inside('ethtool', '-K', RECEIVER, 'gro', 'on');
  const run = spawnSync(command, args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`ethtool: ${run.error?.message ?? run.stderr}`);
  return send<Injected>([], 'inject.ts', packets, SENDER, { mac, bursts, burst, send: true });
}

/** Has the kernel drop all that RECEIVER receives, as early as it can. @returns what undoes it */
export function dropAtOnce(): () => void {
  const own = openSync('/proc/thread-self/ns/net', 'r');
  const there = openSync(`/run/netns/${NETNS}`, 'r');
  check(setns(there, 0), 'enter the receiving namespace');
  const program = loadXdp(assemble([set(R0, XDP_DROP), EXIT]), 'drop');
  const link = attachXdp(program, interfaceIndex(RECEIVER), XdpMode.Native, RECEIVER);
  check(setns(own, 0), 'leave the receiving namespace');
  for (const fd of [own, there]) closeSync(fd);
  return () => {
    for (const fd of [link, program]) closeBpf(fd);
  };
}

async function send<Answer extends Sent>(
  where: readonly string[],
  program: string,
  packets: number,
  name: string,
  options: Readonly<Record<string, string | number | true>>,
): Promise<Answer> {
  const capture = generatedCapture(packets);
  const words = [process.execPath, '--import', 'tsx', join(import.meta.dirname, program), capture, name];
  for (const [option, value] of Object.entries(options))
    words.push(`--${option}`, ...(value === true ? [] : [String(value)]));
  const [command, ...args] = [...where, ...words];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: ROOT });
  let text = '';
  child.stdout.on('data', (d: Buffer) => {
    text += d.toString();
  });
  await once(child, 'close');
  return JSON.parse(text) as Answer;
}
