/**
 * lab/kubernetes/pods.sh with a mirror and a collector behind it, on a node whose pods are network namespaces
 * on a bridge, as network plugins make them:
 *
 *     netns p-1 10.42.0.11 ──┐
 *     netns p-2 10.42.0.12 ──┤
 *     netns p-3 10.42.0.13 ──┼── cni0 10.42.0.1, this network namespace
 *     netns p-c 10.42.0.99 ──┘   p-c: the collector
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAIN, TestCollector } from '../support/collector.js';
import { describeWith, ip, run, tryIp } from '../support/needs.js';

const SCRIPT = 'lab/kubernetes/pods.sh';
const COLLECTOR = '10.42.0.99';
/** Bytes that p-2 serves: more than one segment of a virtual network card. */
const SERVED = 1_000_000;
const PODS = { 'p-1': '10.42.0.11', 'p-2': '10.42.0.12', 'p-3': '10.42.0.13', 'p-c': COLLECTOR };
type Pod = keyof typeof PODS;

/** What a network plugin does for a new pod. The device on the node is called like the pod, with an h. */
function addPod(name: Pod): void {
  ip(`netns add ${name}`);
  ip(`link add ${name}h type veth peer name eth0 netns ${name}`);
  ip(`link set ${name}h master cni0 up`);
  ip(`-n ${name} link set lo up`);
  ip(`-n ${name} address add ${PODS[name]}/24 dev eth0`);
  ip(`-n ${name} link set eth0 up`);
}

function removePod(name: Pod): void {
  tryIp(`link del ${name}h`);
  tryIp(`netns del ${name}`);
}

function inPod(name: Pod, command: string, ...args: string[]): string {
  return run('ip', 'netns', 'exec', name, command, ...args);
}

/** Runs a program until it says `sign`. */
async function start(sign: string, command: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on('data', (text) => {
      said += String(text);
      if (said.includes(sign)) resolve();
    });
    child.once('exit', (status) => reject(new Error(`it ended with status ${status}: ${said}`)));
  });
  return child;
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<number | null> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
  const exit = once(child, 'exit');
  child.kill(signal);
  const [status] = await exit;
  return status as number | null;
}

/**
 * How many filters copy a device's frames to pods0. A listing of one direction has those of the other too,
 * because u32 has its tables per queueing discipline.
 */
function copies(device: string): number {
  const listed = ['ingress', 'egress'].map((way) => run('tc', 'filter', 'show', 'dev', device, way)).join('');
  return new Set([...listed.matchAll(/Mirror to device pods0\).*\n\s*index (\d+)/g)].map((m) => m[1])).size;
}

describeWith(['root', 'ip', 'tc', 'bash', 'ping'], 'a node of a Kubernetes cluster', () => {
  let collector: TestCollector;
  let pods: ChildProcess | undefined;
  let mirror: ChildProcess | undefined;
  let server: ChildProcess | undefined;

  beforeAll(async () => {
    ip('link add cni0 type bridge');
    ip('address add 10.42.0.1/24 dev cni0');
    ip('link set cni0 up');
    for (const name of ['p-1', 'p-2', 'p-c'] as const) addPod(name);
    collector = await TestCollector.start([], {
      netns: 'p-c',
      config: [
        'inputs: [vxlan]',
        'mirrors: [{ name: pods, session: 1, deduplicate: 5s }]',
        'sessions: { other_idle: 1s }',
      ].join('\n'),
    });
    pods = await start('copying', 'bash', SCRIPT, 'pods0');
    mirror = await start(
      'until Ctrl-C',
      process.execPath,
      MAIN,
      'mirror',
      ...['--interface=pods0', '--type=vxlan', '--vni=1', `--to=${COLLECTOR}`],
    );
    const serve = `require('net').createServer((s) => s.end(Buffer.alloc(${SERVED})))
      .listen(8000, () => console.error('listening'))`;
    server = await start('listening', 'ip', 'netns', 'exec', 'p-2', process.execPath, '-e', serve);
  });
  afterAll(async () => {
    for (const child of [mirror, server, pods]) await end(child, 'SIGKILL');
    collector?.remove();
    for (const name of Object.keys(PODS) as Pod[]) removePod(name);
    for (const device of ['pods0', 'cni0']) tryIp(`link del ${device}`);
  });

  it('copies what two of its pods say to each other, once, in segments as on a wire', async () => {
    await expect.poll(() => [copies('p-1h'), copies('p-2h')]).toEqual([2, 2]);
    inPod('p-1', 'ping', '-q', '-c', '3', '-i', '0.2', PODS['p-2']);
    const fetch = `let n = 0; require('net').connect(8000, '${PODS['p-2']}').on('data', (d) => n += d.length)
      .on('end', () => console.log(n))`;
    expect(inPod('p-1', process.execPath, '-e', fetch).trim()).toBe(String(SERVED));

    const { rows } = await collector.queryWhen(
      `SELECT client, server, transport, server_port AS port, client_packets AS asked,
         server_payload AS payload, duplicates > 0 AS twice, server_packets AS answered, mirror_name
       FROM sessions WHERE client = '${PODS['p-1']}' ORDER BY transport`,
      (found) => found.length === 2,
    );
    expect(rows[0]).toMatchObject({ transport: 'icmp', server: PODS['p-2'], asked: 3, answered: 3 });
    expect(rows[1]).toMatchObject({ transport: 'tcp', server: PODS['p-2'], port: 8000 });
    // Not all of it twice: a few segments may have been sent again.
    expect(rows[1].payload).toBeGreaterThanOrEqual(SERVED);
    expect(rows[1].payload).toBeLessThan(1.2 * SERVED);
    for (const row of rows) expect(row).toMatchObject({ twice: 1, mirror_name: 'pods' });
    // None was longer than a frame of the pods' network cards.
    expect(rows[1].answered).toBeGreaterThan(SERVED / 1500);
  });

  it('copies those of a pod that came later, and whom it talks to outside', async () => {
    addPod('p-3');
    await expect.poll(() => copies('p-3h')).toBe(2);
    inPod('p-3', 'ping', '-q', '-c', '2', '-i', '0.2', '10.42.0.1');
    await collector.queryWhen(
      `SELECT client_packets AS asked FROM sessions WHERE client = '${PODS['p-3']}'`,
      (found) => found.length === 1 && found[0].asked === 2,
    );
  });

  it('does not mirror the mirror, which reaches the collector through such a device', async () => {
    expect(copies('p-ch')).toBe(2);
    const [{ n }] = await collector.query<{ n: number }>(
      `SELECT count() AS n FROM sessions WHERE '${COLLECTOR}' IN (client, server) AND transport != 'icmp6'`,
    );
    expect(Number(n)).toBe(0);
    const status = await collector.status();
    expect(status.mirrors.length).toBe(1);
  });

  it('forgets a pod that ends, and copies one that takes its name', async () => {
    removePod('p-3');
    addPod('p-3');
    await expect.poll(() => copies('p-3h')).toBe(2);
  });

  it('leaves frames to the filters that come after its own', () => {
    ip('link add other0 type ifb');
    ip('link set other0 up');
    const words = 'protocol all pref 7 u32 match u32 0 0 action mirred egress mirror dev other0';
    run('tc', ...'filter add dev p-1h ingress'.split(' '), ...words.split(' '));
    inPod('p-1', 'ping', '-q', '-c', '1', PODS['p-2']);
    const packets = readFileSync('/sys/class/net/other0/statistics/rx_packets', 'utf8');
    ip('link del other0');
    expect(Number(packets)).toBeGreaterThan(0);
  });

  it('leaves pods alone when it is killed, begins anew, and takes everything away at the end', async () => {
    await end(mirror, 'SIGTERM');
    await end(pods, 'SIGKILL');
    inPod('p-1', 'ping', '-q', '-c', '1', PODS['p-2']);
    pods = await start('copying', 'bash', SCRIPT, 'pods0');
    await expect.poll(() => [copies('p-1h'), copies('p-2h'), copies('p-3h')]).toEqual([2, 2, 2]);
    expect(await end(pods, 'SIGTERM')).toBe(0);
    expect([copies('p-1h'), copies('p-2h'), copies('p-3h')]).toEqual([0, 0, 0]);
    expect(existsSync('/sys/class/net/pods0')).toBe(false);
    inPod('p-1', 'ping', '-q', '-c', '1', PODS['p-2']);
  });
});
