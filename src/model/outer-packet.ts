/**
 * An outer IP packet that carries GRE, whole: fragments are reassembled before. Reused from packet to packet.
 */
export class OuterPacket {
  bytes: Uint8Array = new Uint8Array(0);
  /** Seconds since 1970 and nanoseconds. */
  sec = 0;
  nsec = 0;
  /** 4 or 6. */
  ipVersion = 0;
  /** Offset of the IP header, of its addresses (4 or 16 bytes each), and of the GRE header. */
  ip = 0;
  source = 0;
  destination = 0;
  gre = 0;
  /** The byte after the last captured one of the IP packet (link padding left out). */
  end = 0;
  /** The byte after its last one by its IP length: beyond `end` when the capture cut it. */
  wireEnd = 0;
  /** IPv4 TOS or IPv6 traffic class: DSCP in the high six bits, ECN in the low two. */
  tos = 0;
  ttl = 0;
  /** Index of the interface it came in on, -1 where that is not known (captures). */
  link = -1;
}

/**
 * Who is asked first about a GRE version 0 packet (Linux: the ipgre handler of gre_demux). A tunnel owns
 * what it matches; what nobody owns is observed.
 */
export interface GreReceiver {
  /** @returns true when a tunnel took or refused the packet (PACKET_RCVD); false when none is its (PACKET_REJECT). */
  rcv(packet: OuterPacket): boolean;
  /** Whether a packet between these addresses may be one of its own: as much as an incomplete one tells. */
  mayOwn(packet: OuterPacket): boolean;
}
