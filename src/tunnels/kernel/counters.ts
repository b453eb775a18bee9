/** A tunnel's counters, with the names of Linux's rtnl_link_stats64 (include/uapi/linux/if_link.h). */

/** Indices of the counters in their array. */
export const Counter = {
  rxPackets: 0,
  rxBytes: 1,
  rxErrors: 2,
  /** Not accepted by the device: it is down, or its queue is full, or it cannot carry this protocol. */
  rxDropped: 3,
  multicast: 4,
  /** The inner IP header is cut off. */
  rxLengthErrors: 5,
  /** Checksum present but not expected, or the other way round. */
  rxCrcErrors: 6,
  /** Outer congestion mark on a packet that cannot carry it (RFC 6040). */
  rxFrameErrors: 7,
  /** Sequence number missing or old. */
  rxFifoErrors: 8,
  txPackets: 9,
  txBytes: 10,
  txErrors: 11,
  txDropped: 12,
  txAbortedErrors: 13,
  /** No route, or the peer's address is unknown. */
  txCarrierErrors: 14,
  txFifoErrors: 15,
  /** The route to the remote leads into the tunnel. */
  collisions: 16,
} as const;

export const COUNTER_COUNT = 17;

export type CounterName = keyof typeof Counter;

/** `rx_packets` for rxPackets, and so on: the kernel's spelling. */
export function kernelName(name: CounterName): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Every counter with its kernel name, in their order. */
export function namedCounters(counters: Float64Array): Record<string, number> {
  const named: Record<string, number> = {};
  for (const [name, at] of Object.entries(Counter)) named[kernelName(name as CounterName)] = counters[at];
  return named;
}
