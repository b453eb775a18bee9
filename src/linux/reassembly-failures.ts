/** Packets that the kernel could not reassemble: raw sockets get fragments reassembled, or not at all. */
import { readFileSync } from 'node:fs';

/**
 * Fragmented packets of any protocol that the kernel of this network namespace gave up (Linux:
 * IPSTATS_MIB_REASMFAILS).
 */
export function reassemblyFailures(): number {
  return ofIpv4(read('/proc/net/snmp')) + ofIpv6(read('/proc/net/snmp6'));
}

/** Two lines begin with `Ip:`, one of names and one of values. */
function ofIpv4(text: string): number {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('Ip: '))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('ReasmFails')] ?? 0);
}

function ofIpv6(text: string): number {
  return Number(/^Ip6ReasmFails\s+(\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Empty if there is no such file: no IPv6, or no /proc. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
