import { MalformedSenders } from './malformed-senders.js';
import type { ReassemblyCounters } from './reassembly.js';
import { UnlistedMirrors } from './unlisted-mirrors.js';

/** What became of the packets so far. */
export class DemuxCounters {
  packets = 0;
  /** Bytes of the packets on the wire, link layer included. */
  bytes = 0;
  /** GRE packets after reassembly, malformed ones included. */
  gre = 0;
  /** Datagrams to listed UDP ports, after reassembly, malformed ones included. */
  udp = 0;
  /** The same by port. */
  readonly udpByPort = new Float64Array(1 << 16);
  /** Packets that carry no mirrored traffic, as far as `inputs` say. */
  notGre = 0;
  /** Plain frames: those of a SPAN port, or of a capture that is read as one. */
  plain = 0;
  /** Plain frames that hold a mirror, whose outer packets are their conversations' as any tunnel's. */
  heldMirrors = 0;
  /** Packets with an unknown link type. */
  unsupportedLinkType = 0;
  /** GRE packets that a configured tunnel took. */
  tunnelled = 0;
  /** Packets without a frame: keepalives, PPTP acknowledgments, what a tunnel's ends tell each other. */
  empty = 0;
  /** GENEVE with AWS' options: a Gateway Load Balancer waits for these packets to come back. */
  gatewayLoadBalancer = 0;
  /** Packets that look like a mirror's, of an input that is not listed. */
  readonly unlisted = new UnlistedMirrors();
  /** Outer fragments over IPv6, of packets that may carry mirrored traffic. */
  ipv6Fragments = 0;
  /** Frames handed on. */
  frames = 0;
  /**
   * By code of wire/walk/malformed.ts: packets refused because of their outer headers, and frames with damage
   * inside.
   */
  readonly malformed = new Float64Array(64);
  /** Senders of those that were refused for it. */
  readonly malformedSenders = new MalformedSenders();
  /** Outer fragments. */
  reassembly!: ReassemblyCounters;
}
