/** The doctor's findings about one interface. */
import {
  ETH_FLAG_LRO,
  ETH_FLAG_RXVLAN,
  Ethtool,
  ethtoolValue,
  IFF_RUNNING,
  IFF_UP,
  interfaceFlags,
  interfaceIndex,
  interfaceMtu,
} from '../linux/interface.js';
import { interfacePackets } from '../linux/interface-packets.js';
import { grouped } from '../model/words.js';
import { bad, type Finding, good, poor } from './finding.js';
import { sysctl } from './host.js';
import type { Network } from './network.js';
import { reversePath } from './reverse-path.js';

/**
 * An Ethernet frame of 1518 bytes in ERSPAN III with platform subheader, over GRE with sequence number, over
 * IPv6.
 */
const WHOLE_FRAME_MTU = 1518 + 20 + 8 + 40;

/** What to check an interface for. */
export interface InterfaceQuestion {
  /** Whether it was named, rather than found. */
  readonly named: boolean;
  /** Whether raw sockets are to receive on it; otherwise a ring is. */
  readonly raw: boolean;
  /** Whether UDP sockets are. */
  readonly udp: boolean;
  /** Undefined without `ip` (iproute2). */
  readonly network: Network | undefined;
  /** Known senders; and the other interfaces by which they may arrive. */
  readonly sources: readonly string[];
  readonly others: readonly string[];
}

export function interfaceFindings(name: string, question: InterfaceQuestion): Finding[] {
  if (interfaceIndex(name) === 0) return [bad(name, 'there is no such interface', 'ip link')];
  const flags = interfaceFlags(name);
  if ((flags & IFF_UP) === 0) return [bad(name, 'is down', `ip link set ${name} up`)];
  const carrier = (flags & IFF_RUNNING) !== 0;
  // An interface that nobody named may be idle: Docker's bridge without containers.
  if (!carrier && !question.named)
    return [poor(name, 'has no carrier: nothing comes by it now', `ethtool ${name}`)];
  const state = !carrier
    ? bad(name, 'has no carrier: nothing is plugged in, or the other end is down', `ethtool ${name}`)
    : good(name, 'is up');
  const { raw, udp, network } = question;
  const ip = network?.vrf(name) ?? network?.entrance(name) ?? name;
  return [
    state,
    ...partOf(name, raw, network, udp),
    mtu(name),
    offloads(name),
    vlan(name),
    ...xdp(name, network),
    reversePath(ip, question),
  ];
}

/** About a SPAN port: whether all of its frames come as they were. */
export function spanFindings(name: string, network: Network | undefined): Finding[] {
  if (interfaceIndex(name) === 0) return [bad(name, 'there is no such interface', 'ip link')];
  const flags = interfaceFlags(name);
  if ((flags & IFF_UP) === 0) return [bad(name, 'is down', `ip link set ${name} up`)];
  if ((flags & IFF_RUNNING) === 0)
    return [bad(name, 'has no carrier: nothing is plugged in, or the other end is down', `ethtool ${name}`)];
  return [
    good(name, 'is up'),
    ...partOf(name, false, network),
    spanMtu(name),
    offloads(name, 'frames into one: packets are longer and fewer than they were'),
    vlan(name),
    ...xdp(name, network),
    frames(name),
  ];
}

/** The longest packet of ordinary Ethernet. */
const ETHERNET_MTU = 1500;

/** Drivers drop what is longer than the MTU allows. */
function spanMtu(name: string): Finding {
  const value = interfaceMtu(name);
  const subject = `${name} MTU`;
  const larger = 'the mirrored network has larger ones, frames that are longer are dropped here';
  if (value >= ETHERNET_MTU) return good(subject, `${value}; if ${larger}`);
  return poor(
    subject,
    `${value}: frames of full size (${ETHERNET_MTU} bytes and their header) may be dropped here`,
    `ip link set ${name} mtu 9216`,
  );
}

function frames(name: string): Finding {
  const subject = `${name} frames`;
  const received = interfacePackets(name);
  if (received === undefined) return good(subject, 'the kernel does not say how many have come');
  if (received > 0) return good(subject, `${grouped(received)} received since the interface exists`);
  return poor(
    subject,
    'none received since the interface exists: nothing is mirrored to it, or it goes to another port',
    `tcpdump -i ${name} -c 10`,
  );
}

/** The master of an interface determines the interface by which its packets arrive. */
export function partOf(name: string, raw: boolean, network: Network | undefined, udp = false): Finding[] {
  const i = network?.get(name);
  if (i?.master === undefined) return [];
  const subject = `${name} master`;
  switch (i.slaveKind) {
    case 'bond':
    case 'team':
      return [
        poor(
          subject,
          raw
            ? `it is one of the links of ${i.master}, by which IP sees its packets come`
            : `it is one of the links of ${i.master}: a ring on it misses what comes over the others`,
          `take the ${i.slaveKind}: --interface ${i.master}`,
        ),
      ];
    case 'vrf':
      return [
        raw
          ? inVrf(subject, i.master, 'raw')
          : good(subject, `it is in the VRF ${i.master}, which a ring receives before`),
        ...(raw && udp ? [inVrf(subject, i.master, 'udp')] : []),
      ];
    case 'bridge':
      return [good(subject, `it is a port of ${i.master}, by which IP sees what is for this host come`)];
    default:
      return [];
  }
}

/** Unbound sockets receive packets of a VRF only if raw_l3mdev_accept, or udp_l3mdev_accept, is set. */
function inVrf(subject: string, vrf: string, kind: 'raw' | 'udp'): Finding {
  const name = `net.ipv4.${kind}_l3mdev_accept`;
  const sockets = kind === 'raw' ? 'raw sockets' : 'UDP sockets';
  const text = `it is in the VRF ${vrf}, and ${name} is`;
  // Kernels before 4.20 do not have the raw one: there unbound sockets receive them.
  const accept = sysctl(name) ?? 1;
  if (accept !== 0) return good(subject, `${text} ${accept}: ${sockets} receive what comes by it`);
  return bad(
    subject,
    `${text} 0: ${sockets}, which are bound to no VRF, receive nothing of it`,
    `sysctl -w ${name}=1`,
  );
}

/** An XDP program sees packets before everything else, rings included. */
function xdp(name: string, network: Network | undefined): Finding[] {
  if (network?.get(name)?.xdp !== true) return [];
  return [
    poor(
      `${name} XDP`,
      'a program is attached, which sees packets before rings and raw sockets do: ' +
        'whether it drops GRE cannot be judged here',
      `ip link show ${name}; bpftool net show dev ${name}`,
    ),
  ];
}

function mtu(name: string): Finding {
  const value = interfaceMtu(name);
  const subject = `${name} MTU`;
  if (value >= WHOLE_FRAME_MTU) return good(subject, `${value} holds mirrored frames of 1518 bytes whole`);
  return poor(
    subject,
    `${value}: mirrored frames of full size arrive in fragments, or not at all where the mirror sets DF`,
    `ip link set ${name} mtu ${WHOLE_FRAME_MTU} (and on the way from the mirror)`,
  );
}

/**
 * Merged packets have one outer header for many packets: lengths, sequence numbers and counts would be wrong.
 */
function offloads(name: string, what = 'mirrored packets into one'): Finding {
  const on: string[] = [];
  if (ethtoolValue(name, Ethtool.Gro) === 1) on.push('gro');
  const flags = ethtoolValue(name, Ethtool.Flags);
  if (flags >= 0 && (flags & ETH_FLAG_LRO) !== 0) on.push('lro');
  const subject = `${name} offloads`;
  if (on.length === 0) return good(subject, 'nothing merges packets on their way in');
  return poor(
    subject,
    `${on.join(' and ')} on: the kernel may merge ${what}`,
    `ethtool -K ${name} ${on.map((o) => `${o} off`).join(' ')}`,
  );
}

function vlan(name: string): Finding {
  const flags = ethtoolValue(name, Ethtool.Flags);
  const strips = flags >= 0 && (flags & ETH_FLAG_RXVLAN) !== 0;
  return good(
    `${name} VLAN`,
    strips ? 'tags the hardware takes off are put back' : 'the hardware leaves tags alone',
  );
}
