/** Packets that an interface received, as the kernel counts them. */
import { readFileSync } from 'node:fs';

const NETDEV = '/proc/thread-self/net/dev';

/**
 * Packets of any kind that the interface received since it exists (Linux: rx_packets of rtnl_link_stats64);
 * undefined if there is none of that name in this thread's network namespace, or no /proc.
 */
export function interfacePackets(name: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(NETDEV, 'latin1');
  } catch {
    return undefined;
  }
  // `  eth1: BYTES PACKETS ERRS …`; a name has neither spaces nor, but for an alias, colons.
  const line = text.split('\n').find((of) => of.trimStart().startsWith(`${name}:`));
  const packets = line
    ?.slice(line.indexOf(':') + 1)
    .trim()
    .split(/\s+/)[1];
  return packets === undefined ? undefined : Number(packets);
}
