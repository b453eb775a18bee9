/**
 * Two hosts with tunnels, each a network namespace, connected by a router in a third:
 *
 *     e-a 198.18.1.2, fd00:1::2 ── 198.18.1.1 e-r 198.18.2.1 ── 198.18.2.2, fd00:2::2 e-b
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TunnelStatus } from '../../src/model/tunnel-status.js';
import { ip, run, tryIp } from './needs.js';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export const A = { ns: 'e-a', 4: '198.18.1.2', 6: 'fd00:1::2' } as const;
export const B = { ns: 'e-b', 4: '198.18.2.2', 6: 'fd00:2::2' } as const;
export const ROUTER = 'e-r';

export function makeWorld(): void {
  removeWorld();
  for (const ns of [A.ns, B.ns, ROUTER]) {
    ip(`netns add ${ns}`);
    ip(`-n ${ns} link set lo up`);
  }
  inside(
    ROUTER,
    'sh',
    '-c',
    'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding',
  );
  for (const [i, host] of [
    [1, A],
    [2, B],
  ] as const) {
    ip(`link add wan netns ${host.ns} type veth peer name to${i} netns ${ROUTER}`);
    ip(`-n ${host.ns} addr add ${host[4]}/24 dev wan`);
    ip(`-n ${host.ns} addr add ${host[6]}/64 dev wan nodad`);
    ip(`-n ${ROUTER} addr add 198.18.${i}.1/24 dev to${i}`);
    ip(`-n ${ROUTER} addr add fd00:${i}::1/64 dev to${i} nodad`);
    ip(`-n ${host.ns} link set wan up`);
    // Gives up a neighbour that does not answer after three times 200 ms, instead of three seconds.
    for (const of of ['arp_cache', 'ndisc_cache'])
      ip(`-n ${ROUTER} ntable change name ${of} dev to${i} retrans 200`);
    ip(`-n ${ROUTER} link set to${i} up`);
    ip(`-n ${host.ns} route add default via 198.18.${i}.1`);
    ip(`-n ${host.ns} -6 route add default via fd00:${i}::1`);
  }
}

export function removeWorld(): void {
  endTransfers();
  for (const ns of [A.ns, B.ns, ROUTER]) tryIp(`netns del ${ns}`);
}

/** Runs a program in a namespace. @returns its output */
export function inside(ns: string, ...command: string[]): string {
  return run('ip', 'netns', 'exec', ns, ...command);
}

/**
 * Whether all of `count` pings are answered. After the first reply, ping waits no longer than the interval.
 */
export function pings(ns: string, address: string, count = 2, ...options: string[]): boolean {
  try {
    const said = inside(ns, 'ping', '-c', String(count), '-i', '0.2', '-W', '2', ...options, address);
    return / 0% packet loss/.test(said);
  } catch {
    return false;
  }
}

const PORT = '5201';
/** Milliseconds before a transfer counts as failed. */
const TRANSFER_MS = 240_000;

/**
 * A process in a namespace that sends and receives over TCP, on port 5201: one connection per direction at a
 * time.
 */
class Transfers {
  private static readonly all = new Map<string, Transfers>();
  private readonly child: ChildProcess;
  /** Callbacks, by the word they wait for. */
  private readonly waiting = new Map<string, (rest: string) => void>();

  private constructor(ns: string) {
    this.child = spawn('ip', ['netns', 'exec', ns, process.execPath, here('transfer.mjs'), PORT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const [word, rest = ''] = line.split(' ');
      this.waiting.get(word)?.(rest);
    });
  }

  /** The process of a namespace, started if necessary. */
  static of(ns: string): Transfers {
    const found = Transfers.all.get(ns) ?? new Transfers(ns);
    Transfers.all.set(ns, found);
    return found;
  }

  static end(): void {
    for (const { child } of Transfers.all.values()) child.kill();
    Transfers.all.clear();
  }

  ask(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  /** The rest of the next line that starts with this word. */
  answer(word: string): Promise<string> {
    return new Promise((resolve) => this.waiting.set(word, resolve));
  }
}

/**
 * Ends the processes of {@link receiveTcp}, {@link sendTcp} and stopped tunnels, before their namespaces are
 * removed.
 */
export function endTransfers(): void {
  Transfers.end();
  TunnelProcess.endIdle();
}

/**
 * Receives one TCP connection in a namespace, on port 5201.
 *
 * @returns when it listens: a promise of the received bytes' SHA-256 in hexadecimal, and a function that
 * stops it.
 */
export async function receiveTcp(ns: string): Promise<{ digest: Promise<string>; stop(): void }> {
  const transfers = Transfers.of(ns);
  const listening = transfers.answer('listening');
  const digest = transfers.answer('received');
  transfers.ask('receive');
  await listening;
  return { digest, stop: () => transfers.ask('cancel') };
}

/** Sends bytes over TCP to port 5201, as soon as a receiver listens there. @returns their digest */
export async function sendTcp(ns: string, address: string, bytes: number): Promise<string> {
  const transfers = Transfers.of(ns);
  const failed = (why: string) => {
    throw new Error(`sending ${bytes} bytes from ${ns} to ${address} failed: ${why}`);
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, TRANSFER_MS, `not within ${TRANSFER_MS} ms`);
  });
  const sent = transfers.answer('sent');
  const no = transfers.answer('failed');
  transfers.ask(`send ${address} ${bytes}`);
  try {
    return await Promise.race([sent, no.then(failed), late.then(failed)]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Sends bytes over TCP from one namespace to an address in another. @returns the digests of what was sent and
 * received
 */
export async function transfer(
  from: string,
  to: string,
  address: string,
  bytes: number,
): Promise<[string, string]> {
  const receiver = await receiveTcp(to);
  try {
    return [await sendTcp(from, address, bytes), await receiver.digest];
  } finally {
    receiver.stop();
  }
}

/** A process in a namespace that has the tunnels of one {@link TunnelHost} after another. */
class TunnelProcess {
  /** Those without tunnels. */
  static readonly idle: TunnelProcess[] = [];
  readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(readonly ns: string) {
    const dist = process.env.MIRRORLAKE_DIST ?? here('../../dist/cli');
    const words = ['netns', 'exec', ns, process.execPath, here('tunnel-host.mjs'), dist];
    this.child = spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** One of a namespace, started if necessary. */
  static of(ns: string): TunnelProcess {
    const at = TunnelProcess.idle.findIndex((process) => process.ns === ns);
    return at < 0 ? new TunnelProcess(ns) : TunnelProcess.idle.splice(at, 1)[0];
  }

  static endIdle(): void {
    for (const { child } of TunnelProcess.idle.splice(0)) child.kill();
  }

  async ask(line: string): Promise<unknown> {
    this.child.stdin!.write(`${line}\n`);
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error('the tunnel process ended');
    return JSON.parse(value);
  }

  async change(how: 'start' | 'reload', specs: readonly string[]): Promise<void> {
    const answer = (await this.ask(`${how} ${JSON.stringify(specs)}`)) as { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
  }
}

/** Tunnels in a namespace: mirrorlake's tunnel service. */
export class TunnelHost {
  private stopped = false;

  private constructor(private readonly process: TunnelProcess) {}

  /** Suspends it; {@link resume} continues it. */
  pause(): void {
    this.process.child.kill('SIGSTOP');
  }

  resume(): void {
    this.process.child.kill('SIGCONT');
  }

  static async start(ns: string, ...specs: string[]): Promise<TunnelHost> {
    const process = TunnelProcess.of(ns);
    try {
      await process.change('start', specs);
    } catch (error) {
      process.child.kill();
      throw error;
    }
    return new TunnelHost(process);
  }

  async snapshot(): Promise<TunnelStatus[]> {
    return (await this.process.ask('snapshot')) as TunnelStatus[];
  }

  async tunnel(name: string): Promise<TunnelStatus> {
    return (await this.snapshot()).find((t) => t.name === name)!;
  }

  reload(...specs: string[]): Promise<void> {
    return this.process.change('reload', specs);
  }

  /** Removes its tunnels. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.process.ask('stop');
    TunnelProcess.idle.push(this.process);
  }
}

/** Waits until so many packets that fit `filter` have passed a device. */
export async function passed(ns: string, device: string, count: number, filter: string): Promise<void> {
  const tcpdump = ['tcpdump', '-Z', 'root', '-c', `${count}`, '-i', device, '-w', '/dev/null', filter];
  await promisify(execFile)('ip', ['netns', 'exec', ns, ...tcpdump]);
}

/** Waits until `so` is true; throws after `seconds`. */
export async function until(so: () => Promise<boolean> | boolean, seconds = 120): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (await so()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not within ${seconds} s`);
}

/**
 * Waits until all addresses answer. It waits for a reply only as long as a quiet machine takes, then pings
 * again.
 */
export async function answering(ns: string, ...addresses: string[]): Promise<void> {
  for (const address of addresses) await until(() => pings(ns, address, 1, '-W', '0.3'));
}
