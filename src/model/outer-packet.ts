/**
 * A complete outer IP packet that carries mirrored traffic, after reassembly; or a plain frame, which has no
 * outer packet. Reused for every packet.
 */
export class OuterPacket {
  bytes: Uint8Array = new Uint8Array(0);
  /** Seconds since 1970 and nanoseconds. */
  sec = 0;
  nsec = 0;
  /** 4 or 6; 0: there is no outer packet. */
  ipVersion = 0;
  /**
   * Offset of the IP header, of its addresses (4 or 16 bytes each), and of the GRE header or whatever else is
   * in its place.
   */
  ip = 0;
  source = 0;
  destination = 0;
  gre = 0;
  /** The byte after the last captured one of the IP packet (without link padding). */
  end = 0;
  /** The byte after its last one according to its IP length: beyond `end` if the capture cut it. */
  wireEnd = 0;
  /** IPv4 TOS or IPv6 traffic class: DSCP in the high six bits, ECN in the low two. */
  tos = 0;
  ttl = 0;
  /** Offset of the UDP header around what carries the frame, -1 without one. */
  udp = -1;
  /** The kind of input its UDP port is (a MirrorType, as in model/inputs.ts); 0 without UDP. */
  input = 0;
  /** Some of its fragments never came: this is its beginning. */
  incomplete = false;
  /** Index of the interface it arrived on, -1 if unknown (captures). */
  link = -1;
}

/**
 * Asked first about a GRE version 0 packet (Linux: the ipgre handler of gre_demux). A tunnel owns what it
 * matches; packets without an owner are observed.
 */
export interface GreReceiver {
  /**
   * @returns true if a tunnel took or refused the packet (PACKET_RCVD); false if no tunnel owns it
   * (PACKET_REJECT).
   */
  rcv(packet: OuterPacket): boolean;
  /** Whether a packet between these addresses may belong to a tunnel: an incomplete packet tells no more. */
  mayOwn(packet: OuterPacket): boolean;
}
