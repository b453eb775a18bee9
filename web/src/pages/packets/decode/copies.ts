/** The same packets as several mirrors saw them. */
import type { Packet } from './frame.js';

/** A packet, and what each mirror saw of it. */
export interface Row {
  /** In the order of the mirrors; undefined where one did not see it. */
  readonly seen: readonly (Packet | undefined)[];
  readonly first: Packet;
}

/** Bytes of a payload that tell it from others. */
const MOST_TOLD = 64;

/**
 * What makes a packet itself on its way: its IP identification, and what it carries. What routers change (the
 * time to live, MACs, tags) is not in it.
 */
function told(packet: Packet): string {
  const { ipVersion, ipId, protocol, sourcePort, destinationPort, tcpFlags, sequence, acknowledgment } =
    packet;
  let hash = 0x811c9dc5;
  for (const byte of packet.payload.subarray(0, MOST_TOLD)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const numbers = [
    ipVersion,
    ipId,
    protocol,
    sourcePort,
    destinationPort,
    tcpFlags,
    sequence,
    acknowledgment,
  ];
  const more = protocol === 6 || protocol === 17 ? '' : rest(packet);
  return `${numbers.join(' ')} ${packet.payloadLength} ${hash} ${more}`;
}

/** Of what has no ports: the end of its bytes, which is no header that routers change. */
function rest({ bytes }: Packet): string {
  return Array.from(bytes.subarray(Math.max(0, bytes.length - 24))).join('.');
}

/** Packets side by side: the n-th of its kind of one mirror is the n-th of the others. */
export function sideBySide(mirrors: readonly (readonly Packet[])[]): Row[] {
  const rows = new Map<string, (Packet | undefined)[]>();
  for (const [i, packets] of mirrors.entries()) {
    const times = new Map<string, number>();
    for (const packet of packets) {
      const kind = told(packet);
      const n = times.get(kind) ?? 0;
      times.set(kind, n + 1);
      const key = `${n} ${kind}`;
      const row = rows.get(key) ?? new Array<Packet | undefined>(mirrors.length).fill(undefined);
      row[i] = packet;
      rows.set(key, row);
    }
  }
  return [...rows.values()]
    .map((seen) => ({ seen, first: earliest(seen) }))
    .sort((a, b) => Number(a.first.time - b.first.time));
}

function earliest(seen: readonly (Packet | undefined)[]): Packet {
  return seen
    .filter((packet) => packet !== undefined)
    .reduce((first, packet) => (packet.time < first.time ? packet : first));
}
