/**
 * One mirrored (inner) frame as numbers: what a walk through its layers found. The object is reused from
 * frame to frame; offsets point into `bytes`.
 *
 * The conversation a frame belongs to is its innermost IP packet's: VXLAN, GENEVE, IP-in-IP, GRE, MPLS and their like
 * are walked through. A packet quoted in an ICMP error is not a layer.
 */
import { MAX_LAYERS, MAX_VLANS, NO_VNI } from './layers.js';

export class Frame {
  /** The bytes the frame lies in, with what surrounds it. */
  bytes: Uint8Array = new Uint8Array(0);
  /** First byte of the frame, and the byte after its last captured one. */
  start = 0;
  end = 0;
  /** Seconds since 1970 and nanoseconds: the time of the packet that carried the frame. */
  sec = 0;
  nsec = 0;

  /**
   * Offsets of destination and source MAC in the innermost Ethernet (or 802.11) header, -1 where there is none.
   * In Ethernet the source follows the destination; in 802.11 it lies elsewhere.
   */
  mac = -1;
  macSource = -1;
  /**
   * EtherType of the innermost frame, 0 for LLC without an EtherType in SNAP. IP has its own whatever carries
   * it; PPP without PPPoE has 0x880b, 802.11 that carries no readable data 0x8200 (their types in GRE).
   */
  etherType = 0;
  /** For frames without IP: LLC dsap<<8|ssap, SNAP protocol id, or PPP protocol; else 0. */
  subType = 0;
  vlanCount = 0;
  readonly vlanIds = new Uint16Array(MAX_VLANS);
  /** Network id (24 bits) of the innermost VXLAN or GENEVE that carries the IP packet below, NO_VNI without one. */
  vni = NO_VNI;
  /** Tunnel endpoint id of the innermost GTP-U that does; 0, which carries no packets, without one. */
  teid = 0;

  /** 4, 6, or 0 where the frame carries no IP. */
  ipVersion = 0;
  /** Offset of the innermost IP header, of its source and of its destination address (4 or 16 bytes each). */
  ip = -1;
  source = -1;
  destination = -1;
  /** The last 32 bits of the addresses as signed numbers, all there is of IPv4's: the key of most frames without a look at their bytes. */
  sourceWord = 0;
  destinationWord = 0;
  /** Total length of the innermost IP packet from its header (frame length where no IP), bytes. */
  ipLength = 0;
  /** IP protocol behind every extension header. */
  protocol = 0;
  ttl = 0;
  dscp = 0;
  ecn = 0;
  /** Fragments: offset in bytes, whether more follow, and the identification. Both 0 and false: whole. */
  fragmentOffset = 0;
  moreFragments = false;
  fragmentId = 0;

  /** Ports of TCP, UDP, SCTP; 0 for others and for later fragments. */
  sourcePort = 0;
  destinationPort = 0;
  /** Offset of the transport header, -1 where it was not captured or there is none. */
  transport = -1;
  /** Offset of the transport payload, and its length as the headers claim it (which may exceed what was captured). */
  payload = -1;
  payloadLength = 0;
  /** TCP only. Flags as on the wire: CWR ECE URG ACK PSH RST SYN FIN from bit 7 down. */
  tcpFlags = 0;
  tcpSequence = 0;
  tcpAcknowledgment = 0;
  tcpWindow = 0;
  icmpType = 0;
  icmpCode = 0;

  /** Cut short: the frame ends before its IP length does, or the switch said so (its bit is the caller's to add). */
  truncated = false;
  /** 0, or a code of wire/malformed.ts: what made the walk stop at a header that cannot be right. */
  malformed = 0;

  layerCount = 0;
  readonly layerKind = new Uint8Array(MAX_LAYERS);
  readonly layerOffset = new Uint32Array(MAX_LAYERS);
}
