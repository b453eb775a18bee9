import { GRE_PROTO_ERSPAN, GRE_PROTO_ERSPAN3, GRE_PROTO_TEB } from '../../wire/tunnel/gre.js';
import { isAny, isMulticast } from '../spec/address.js';
import { isErspanMode, isEthernetMode, isIpv6Mode, type TunnelConfig } from '../spec/config.js';
import { COUNTER_COUNT } from './counters.js';

/** A tunnel's state (Linux: struct ip_tunnel, struct ip6_tnl), with the parameters that the lookup needs. */
export class Tunnel {
  readonly counters: Float64Array;
  /** Expected next sequence number, 0 before the first (Linux: i_seqno), and the next to send (o_seqno). */
  iSeqno = 0;
  oSeqno = 0;
  /**
   * ICMP errors not yet passed on to senders, and when the last one came, ms (Linux: err_count, err_time).
   */
  errCount = 0;
  errTime = 0;

  readonly ethernet: boolean;
  readonly erspan: boolean;
  readonly ipv6: boolean;
  readonly localAny: boolean;
  readonly remoteAny: boolean;
  readonly remoteMulticast: boolean;
  /** For IPv4: the addresses as 32-bit numbers. */
  readonly local4: number;
  readonly remote4: number;
  /** The key as the lookup compares it, 0 without one. */
  readonly iKey: number;
  readonly hasIKey: boolean;

  constructor(
    readonly config: TunnelConfig,
    /** Interface index of `dev`, 0 for none (Linux: parms.link). */
    readonly link = 0,
    counters?: Float64Array,
  ) {
    this.counters = counters ?? new Float64Array(COUNTER_COUNT);
    this.ethernet = isEthernetMode(config.mode);
    this.erspan = isErspanMode(config.mode);
    this.ipv6 = isIpv6Mode(config.mode);
    this.localAny = isAny(config.local);
    this.remoteAny = isAny(config.remote);
    this.remoteMulticast = isMulticast(config.remote);
    this.local4 = this.ipv6 ? 0 : number4(config.local);
    this.remote4 = this.ipv6 ? 0 : number4(config.remote);
    this.iKey = config.ikey ?? 0;
    this.hasIKey = config.ikey !== null;
  }

  /** Whether GRE packets of this protocol type can belong to this tunnel. */
  sends(proto: number): boolean {
    if (this.erspan)
      return proto === (this.config.erspanVersion === 2 ? GRE_PROTO_ERSPAN3 : GRE_PROTO_ERSPAN);
    return this.ethernet === (proto === GRE_PROTO_TEB);
  }
}

function number4(a: Uint8Array): number {
  return ((a[0] << 24) | (a[1] << 16) | (a[2] << 8) | a[3]) >>> 0;
}

/** Where accepted packets go: the tunnel's device. Bytes and offsets are valid until it returns. */
export interface TunnelDevice {
  /**
   * @param at where the inner packet starts: its IP header, or its Ethernet header with gretap and erspan.
   * @param protocol EtherType: of GRE's payload, or of the Ethernet frame.
   */
  receive(tunnel: Tunnel, bytes: Uint8Array, at: number, end: number, protocol: number): void;
}

/** For counting without devices, as over a capture. */
export const noDevice: TunnelDevice = { receive: () => {} };
