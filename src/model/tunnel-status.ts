/** What a running tunnel tells of itself. */

/** Packets that came to the sockets of tunnels and were none's. */
export interface RefusedTunnelPackets {
  /** Their GRE header is cut off, or says what no tunnel takes. */
  readonly header: number;
  /** Their GRE checksum is wrong. */
  readonly checksum: number;
  /** There is no tunnel between their addresses, with their key. */
  readonly no_tunnel: number;
}

/** What a tunnel is and does. An older collector tells nothing of carrier, route and MTU. */
export interface TunnelStatus {
  readonly name: string;
  readonly mode: string;
  /** `any`, or the address as people write it. */
  readonly local: string;
  readonly remote: string;
  readonly key: number | null;
  /** Whether the device is there and has its carrier: with keepalives, whether they are answered. */
  readonly carrier: boolean;
  /** Whether there is a route to the remote. */
  readonly route: boolean;
  /** MTU of the device, 0 when somebody has removed it. */
  readonly mtu: number;
  /** Under the kernel's names (`ip -s link`), and `icmp_errors`: what the path has said about our packets (gre_err). */
  readonly counters: Readonly<Record<string, number>>;
}

/** Why a tunnel carries nothing now, in words; empty while it may. */
export function tunnelTrouble(t: TunnelStatus): string {
  if (t.mtu === 0) return 'its device is gone';
  if (t.route === false) return `no route to ${t.remote}`;
  return t.carrier === false ? 'no carrier: its keepalives are not answered' : '';
}
