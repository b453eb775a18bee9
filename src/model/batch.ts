/**
 * Link types of a packet's first header: LINKTYPE_ values of the capture formats
 * (www.tcpdump.org/linktypes.html).
 */
export const LinkType = {
  Null: 0,
  Ethernet: 1,
  Ppp: 9,
  PppHdlc: 50,
  Raw: 101,
  CiscoHdlc: 104,
  Ieee80211: 105,
  Loop: 108,
  LinuxSll: 113,
  Prism: 119,
  Radiotap: 127,
  Avs: 163,
  Ppi: 192,
  Ipv4: 228,
  Ipv6: 229,
  Nflog: 239,
  LinuxSll2: 276,
} as const;

/** The largest number of packets in a batch. */
export const BATCH_CAPACITY = 4096;

/**
 * Some packets in one byte array: receivers fill it and demux reads it. The bytes stay valid until the
 * receiver is asked for the next batch.
 */
export class PacketBatch {
  bytes: Uint8Array = new Uint8Array(0);
  count = 0;
  readonly offset = new Uint32Array(BATCH_CAPACITY);
  /** Bytes captured, and bytes the packet had on the wire. */
  readonly captured = new Uint32Array(BATCH_CAPACITY);
  readonly length = new Uint32Array(BATCH_CAPACITY);
  /** Seconds since 1970, and nanoseconds. */
  readonly sec = new Uint32Array(BATCH_CAPACITY);
  readonly nsec = new Uint32Array(BATCH_CAPACITY);
  readonly linkType = new Uint16Array(BATCH_CAPACITY);
  /** The interface of the source that the packet arrived on, from 0. */
  readonly interface = new Uint16Array(BATCH_CAPACITY);
}

/** Adds a packet of another batch. @param offset of its bytes in those of this batch */
export function addPacket(to: PacketBatch, from: PacketBatch, packet: number, offset: number): void {
  const n = to.count++;
  to.offset[n] = offset;
  to.captured[n] = from.captured[packet];
  to.length[n] = from.length[packet];
  to.sec[n] = from.sec[packet];
  to.nsec[n] = from.nsec[packet];
  to.linkType[n] = from.linkType[packet];
  to.interface[n] = from.interface[packet];
}

/** A source of packets, one batch at a time. */
export interface PacketSource {
  /** Fills the batch, reusing it; false if there are no more packets. */
  next(batch: PacketBatch): Promise<boolean>;
  close(): Promise<void>;
}
