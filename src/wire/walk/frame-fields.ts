/**
 * One mirrored (inner) frame as numbers: the result of a walk through its layers. The object is reused for
 * every frame; offsets point into `bytes`.
 *
 * A frame's conversation is that of its innermost IP packet, inside VXLAN, GENEVE, IP-in-IP, GRE, MPLS and
 * the like. A packet quoted in an ICMP error is not a layer.
 */
import { MAX_LAYERS, MAX_VLANS, NO_VNI } from './layers.js';

export class Frame {
  /** The bytes that contain the frame and what surrounds it. */
  bytes: Uint8Array = new Uint8Array(0);
  /** First byte of the frame, and the byte after its last captured one. */
  start = 0;
  end = 0;
  /** Seconds since 1970 and nanoseconds: when the packet that carried the frame arrived, or was mirrored. */
  sec = 0;
  nsec = 0;
  /**
   * Seconds to add to `sec` for the second in which the packet arrived: 0 unless its time is the switch's.
   */
  lag = 0;

  /**
   * Offsets of destination and source MAC in the innermost Ethernet (or 802.11) header, -1 without one. In
   * Ethernet the source follows the destination; in 802.11 it is elsewhere.
   */
  mac = -1;
  macSource = -1;
  /**
   * EtherType of the innermost frame, 0 for LLC without an EtherType in SNAP. IP has its own EtherType
   * whatever carries it; PPP without PPPoE has 0x880b, 802.11 without readable data 0x8200 (their types in
   * GRE).
   */
  etherType = 0;
  /** For frames without IP: LLC dsap<<8|ssap, SNAP protocol id, or PPP protocol; else 0. */
  subType = 0;
  vlanCount = 0;
  readonly vlanIds = new Uint16Array(MAX_VLANS);
  /** Network id (24 bits) of the innermost VXLAN or GENEVE around the IP packet below, NO_VNI without one. */
  vni = NO_VNI;
  /** Tunnel endpoint id of the innermost GTP-U around it; 0 without one (0 carries no packets). */
  teid = 0;

  /** 4, 6, or 0 for a frame without IP. */
  ipVersion = 0;
  /** Offset of the innermost IP header, of its source and of its destination address (4 or 16 bytes each). */
  ip = -1;
  source = -1;
  destination = -1;
  /**
   * The last 32 bits of the addresses as signed numbers, which for IPv4 is the whole address: the key of most
   * frames without reading their bytes.
   */
  sourceWord = 0;
  destinationWord = 0;
  /** Total length of the innermost IP packet from its header on (without IP, the frame's length), bytes. */
  ipLength = 0;
  /** IP protocol behind all extension headers. */
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
  /** Offset of the transport header, -1 if it was not captured or there is none. */
  transport = -1;
  /**
   * Offset of the transport payload, and its length according to the headers (which may exceed what was
   * captured).
   */
  payload = -1;
  payloadLength = 0;
  /** TCP only. Flags as on the wire: CWR ECE URG ACK PSH RST SYN FIN from bit 7 down. */
  tcpFlags = 0;
  tcpSequence = 0;
  tcpAcknowledgment = 0;
  tcpWindow = 0;
  icmpType = 0;
  icmpCode = 0;

  /** The frame ends before its IP length does. The caller adds the switch's own bit. */
  truncated = false;
  /** 0, or a code of wire/walk/malformed.ts: why the walk stopped at an impossible header. */
  malformed = 0;

  layerCount = 0;
  readonly layerKind = new Uint8Array(MAX_LAYERS);
  readonly layerOffset = new Uint32Array(MAX_LAYERS);
}
