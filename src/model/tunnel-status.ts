/** The status of a running tunnel. */

/** Packets that reached the sockets of tunnels and belong to none. */
export interface RefusedTunnelPackets {
  /** Their GRE header is cut off, or one that no tunnel accepts. */
  readonly header: number;
  /** Their GRE checksum is wrong. */
  readonly checksum: number;
  /** No tunnel has their addresses and key. */
  readonly no_tunnel: number;
}

/** The identity and status of a tunnel. An older collector leaves out carrier, route and MTU. */
export interface TunnelStatus {
  readonly name: string;
  readonly mode: string;
  /** `any`, or the address as people write it. */
  readonly local: string;
  readonly remote: string;
  readonly key: number | null;
  /** Whether the device exists and has a carrier: with keepalives, whether they are answered. */
  readonly carrier: boolean;
  /** Whether there is a route to the remote. */
  readonly route: boolean;
  /** MTU of the device, 0 if somebody has removed it. */
  readonly mtu: number;
  /**
   * Under the kernel's names (`ip -s link`), and `icmp_errors`: ICMP errors from the path about our packets
   * (gre_err).
   */
  readonly counters: Readonly<Record<string, number>>;
}

/** Why a tunnel carries nothing now, in words; empty if it can. */
export function tunnelTrouble(t: TunnelStatus): string {
  if (t.mtu === 0) return 'its device is gone';
  if (t.route === false) return `no route to ${t.remote}`;
  return t.carrier === false ? 'no carrier: its keepalives are not answered' : '';
}
