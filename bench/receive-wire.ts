/** The wire of the receiving benchmarks: a veth pair into a namespace, and the generator's packets sent through it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyPackets } from './copies.js';

export const ROOT = join(import.meta.dirname, '..');
export const DATA = join(import.meta.dirname, 'data');
const NETNS = 'ml-bench';
/** The end that sends, and the end in the namespace that receives; the generator's packets go to this address. */
const SENDER = 'ml-bench0';
export const RECEIVER = 'ml-bench1';
const ADDRESS = '10.255.0.1/8';
/** What is sent through it goes out of SENDER several times. */
const COPIER = 'ml-bench2';
const STORE_WIRE = 'ml-bench3';

function ip(words: string, may = false): void {
  const run = spawnSync('ip', words.split(' '), { encoding: 'utf8' });
  if (run.status !== 0 && !may) throw new Error(`ip ${words}: ${run.stderr}`);
}

export function inside(...command: string[]): string[] {
  return ['ip', 'netns', 'exec', NETNS, ...command];
}

/** Makes the wire, anew if it is there. @returns the receiving end's MAC address */
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

/** Has every packet that is sent through COPIER go out of SENDER `copies` times. */
export function setUpCopies(copies: number): void {
  ip(`link del ${COPIER}`, true);
  ip(`link add ${COPIER} type ifb`);
  ip(`link set ${COPIER} mtu 2000 up`);
  copyPackets(COPIER, SENDER, copies);
}

/** Another wire into the namespace, for a store outside of it. @returns this end's address */
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
  for (const link of [SENDER, COPIER, STORE_WIRE]) ip(`link del ${link}`, true);
}

export interface Replay {
  readonly packets: number;
  /** Packets a second; 0: as fast as it goes. */
  readonly rate: number;
  readonly mac: string;
  /** Repeats the capture for so long; 0: once. */
  readonly seconds?: number;
  /** By {@link setUpCopies}; 1 without. The rate is that of the copies. */
  readonly copies?: number;
  /** Processes that send at the same time, each a part of the rate and its own conversations: two at most. */
  readonly senders?: number;
}

/** Milliseconds in which a sender has read its capture. */
const START_MS = 5000;
/** replay.ts's rounds, of which copies leave five bits, shared out to two senders. */
const ROUNDS = 16;

/** @returns the packets that went out of SENDER, copies counted, and how long it took */
export async function replay(r: Replay): Promise<{ sent: number; seconds: number }> {
  const { copies = 1, seconds = 0, senders = 1 } = r;
  const capture = join(DATA, `${r.packets}.pcap`);
  const program = join(import.meta.dirname, 'replay.ts');
  const args = ['--import', 'tsx', program, capture, copies > 1 ? COPIER : SENDER];
  args.push('--rate', String(r.rate / copies / senders), '--mac', r.mac, '--seconds', String(seconds));
  if (copies > 1) args.push('--copied');
  if (senders > 1) args.push('--at', String(Date.now() + START_MS));
  const all = Array.from({ length: senders }, (_, i) => send([...args, '--round', String(i * ROUNDS)]));
  const done = await Promise.all(all);
  return {
    sent: done.reduce((sum, d) => sum + d.sent, 0) * copies,
    seconds: Math.max(...done.map((d) => d.seconds)),
  };
}

async function send(args: readonly string[]): Promise<{ sent: number; seconds: number }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: ROOT });
  let text = '';
  child.stdout.on('data', (d: Buffer) => {
    text += d.toString();
  });
  await once(child, 'close');
  return JSON.parse(text) as { sent: number; seconds: number };
}

/** Makes the capture, where it is not there yet. */
export function generate(packets: string): void {
  const capture = join(DATA, `${packets}.pcap`);
  if (existsSync(`${capture}.json`)) return;
  mkdirSync(DATA, { recursive: true });
  const args = [
    '--import',
    'tsx',
    join(import.meta.dirname, 'generate.ts'),
    '--packets',
    packets,
    '--output',
    capture,
  ];
  if (spawnSync(process.execPath, args, { stdio: 'inherit', cwd: ROOT }).status !== 0) process.exit(1);
}
