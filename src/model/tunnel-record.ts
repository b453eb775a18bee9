/**
 * One row of the `tunnels` table: what one tunnel carried in one minute. Counters are those of Linux's
 * rtnl_link_stats64 (include/uapi/linux/if_link.h) that its tunnels use, each the increase within the minute.
 * The object is reused: a sink encodes or copies what it needs before it returns.
 */
export class TunnelRecord {
  /** Start of the minute, seconds since 1970. */
  minute = 0;
  /** The device's name. */
  name = '';
  /** As in `ip tunnel` and `ip link`: gre, gretap, ip6gre, ip6gretap, erspan, ip6erspan. */
  mode = '';
  /** 16 bytes each; IPv4 as ::ffff:a.b.c.d, any as ::. */
  readonly local = new Uint8Array(16);
  readonly remote = new Uint8Array(16);
  /** The key that packets are looked up by, null without one. */
  key: number | null = null;
  rxPackets = 0;
  rxBytes = 0;
  rxErrors = 0;
  rxDropped = 0;
  multicast = 0;
  rxLengthErrors = 0;
  rxCrcErrors = 0;
  rxFrameErrors = 0;
  rxFifoErrors = 0;
  txPackets = 0;
  txBytes = 0;
  txErrors = 0;
  txDropped = 0;
  txAbortedErrors = 0;
  txCarrierErrors = 0;
  collisions = 0;
}

/** Where the tunnels' minutes go. */
export interface TunnelSink {
  tunnel(record: TunnelRecord): void;
}
