/** The doctor's look at one interface. */
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
} from '../../linux/interface.js';
import { bad, type Finding, good, poor } from './finding.js';
import { sysctl } from './host.js';

/** An Ethernet frame of 1518 bytes in ERSPAN III with its platform header, over GRE with sequence, over IPv6. */
const WHOLE_FRAME_MTU = 1518 + 20 + 8 + 40;

/**
 * @param raw whether the raw receiver is meant: reverse path filtering, unlike for a ring, stands before it
 */
export function interfaceFindings(name: string, raw: boolean): Finding[] {
  if (interfaceIndex(name) === 0) return [bad(name, 'there is no such interface', 'ip link')];
  const flags = interfaceFlags(name);
  if ((flags & IFF_UP) === 0) return [bad(name, 'is down', `ip link set ${name} up`)];
  const state =
    (flags & IFF_RUNNING) === 0
      ? bad(name, 'has no carrier: nothing is plugged in, or the other end is down', `ethtool ${name}`)
      : good(name, 'is up');
  return [state, mtu(name), offloads(name), vlan(name), ...(raw ? [reversePath(name)] : [])];
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

/** Merged packets have one outer header for many: lengths, sequence numbers and counts are wrong then. */
function offloads(name: string): Finding {
  const on: string[] = [];
  if (ethtoolValue(name, Ethtool.Gro) === 1) on.push('gro');
  const flags = ethtoolValue(name, Ethtool.Flags);
  if (flags >= 0 && (flags & ETH_FLAG_LRO) !== 0) on.push('lro');
  const subject = `${name} offloads`;
  if (on.length === 0) return good(subject, 'nothing merges packets on their way in');
  return poor(
    subject,
    `${on.join(' and ')} on: the kernel may merge mirrored packets into one`,
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

function reversePath(name: string): Finding {
  const value = Math.max(
    sysctl('net.ipv4.conf.all.rp_filter') ?? 0,
    sysctl(`net.ipv4.conf.${name}.rp_filter`) ?? 0,
  );
  const subject = `${name} rp_filter`;
  if (value !== 1) return good(subject, `${value}: packets of mirrors that are not routed here are let in`);
  return bad(
    subject,
    'strict: packets of mirrors whose way back is another interface are dropped silently',
    `sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${name}.rp_filter=2`,
  );
}
