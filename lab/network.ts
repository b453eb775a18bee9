/**
 * The lab's network: namespaces and the wires between them.
 *
 *     lab-host-1 10.20.0.1, 2001:db8:20::1 ─┐
 *                                       [ lab-switch 10.0.0.2 ] ── 10.0.0.1 lab-collector
 *     lab-host-2 10.20.0.2, 2001:db8:20::2 ─┘
 *
 *     lab-pc-1 192.168.0.106 ── 192.168.0.107 lab-pc-2
 */
import { execFileSync } from 'node:child_process';

export const HOSTS = [
  { ns: 'lab-host-1', address: '10.20.0.1', address6: '2001:db8:20::1' },
  { ns: 'lab-host-2', address: '10.20.0.2', address6: '2001:db8:20::2' },
] as const;
export const SWITCH = { ns: 'lab-switch', address: '10.0.0.2' } as const;
export const COLLECTOR = { ns: 'lab-collector', address: '10.0.0.1' } as const;
export const PCS = [
  {
    ns: 'lab-pc-1',
    address: '192.168.0.106',
    device: 'Tunnel-1',
    inside: '10.10.10.1',
    net: '10.10.10.0/24',
  },
  {
    ns: 'lab-pc-2',
    address: '192.168.0.107',
    device: 'Tunnel-2',
    inside: '10.10.20.1',
    net: '10.10.20.0/24',
  },
] as const;
/** An address where no host answers, although the hosts have a MAC address for it. */
export const NOBODY = '10.20.0.99';

/** The programs that the network needs. */
export const NEEDS = [
  'ip',
  'ethtool',
  'ping',
  'awk',
  'ovs-vswitchd',
  'ovsdb-server',
  'ovs-vsctl',
  'ovsdb-tool',
];

/** Encapsulation makes a mirrored frame longer, so the path to the collector has a larger MTU. */
const UNDERLAY_MTU = 1700;

const ALL = [...HOSTS, SWITCH, COLLECTOR, ...PCS].map((node) => node.ns);

/** Runs `ip` with these arguments. */
function ip(words: string): void {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Runs a program in a namespace. @returns its output */
export function inside(ns: string, ...command: string[]): string {
  return execFileSync('ip', ['netns', 'exec', ns, ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export function makeNetwork(): void {
  removeNetwork();
  for (const ns of ALL) {
    ip(`netns add ${ns}`);
    ip(`-n ${ns} link set lo up`);
  }
  for (const [i, host] of HOSTS.entries()) {
    ip(`link add eth0 netns ${host.ns} type veth peer name port${i + 1} netns ${SWITCH.ns}`);
    ip(`-n ${host.ns} address add ${host.address}/24 dev eth0`);
    ip(`-n ${host.ns} address add ${host.address6}/64 dev eth0 nodad`);
    ip(`-n ${host.ns} neighbour add ${NOBODY} lladdr 02:00:00:00:00:99 dev eth0`);
    // Offloads would leave frames unfinished in the switch's copies.
    inside(host.ns, ...'ethtool -K eth0 tx off tso off gso off gro off'.split(' '));
    ip(`-n ${host.ns} link set eth0 up`);
    ip(`-n ${SWITCH.ns} link set port${i + 1} up`);
  }
  ip(`link add eth0 netns ${COLLECTOR.ns} type veth peer name uplink netns ${SWITCH.ns}`);
  for (const [node, device] of [
    [COLLECTOR, 'eth0'],
    [SWITCH, 'uplink'],
  ] as const) {
    ip(`-n ${node.ns} link set ${device} mtu ${UNDERLAY_MTU}`);
    ip(`-n ${node.ns} address add ${node.address}/24 dev ${device}`);
    ip(`-n ${node.ns} link set ${device} up`);
  }
  ip(`link add eth0 netns ${PCS[0].ns} type veth peer name eth0 netns ${PCS[1].ns}`);
  for (const pc of PCS) {
    ip(`-n ${pc.ns} address add ${pc.address}/24 dev eth0`);
    ip(`-n ${pc.ns} link set eth0 up`);
  }
}

export function removeNetwork(): void {
  for (const ns of ALL) {
    try {
      ip(`netns del ${ns}`);
    } catch {
      // It did not exist.
    }
  }
}
