import { MalformedSenders } from './malformed-senders.js';
import type { ReassemblyCounters } from './reassembly.js';

/** What became of the packets so far. */
export class DemuxCounters {
  packets = 0;
  /** Bytes of the packets on the wire, link layer included. */
  bytes = 0;
  /** GRE packets after reassembly, malformed ones included. */
  gre = 0;
  /** Packets that carry no GRE. */
  notGre = 0;
  /** Packets with an unknown link type. */
  unsupportedLinkType = 0;
  /** GRE packets that a configured tunnel took. */
  tunnelled = 0;
  /** GRE packets without a payload: keepalive answers, PPTP acknowledgments. */
  empty = 0;
  /** Outer fragments of GRE packets over IPv6. */
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
