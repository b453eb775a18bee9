/**
 * Packets from an AF_PACKET ring (TPACKET_V3): the kernel writes blocks of packets into memory that this
 * process reads in place. Structures are those of linux/if_packet.h, in host byte order (little endian).
 */
import { Mapping } from '../linux/memory.js';
import type { RingShape } from '../linux/packet-socket.js';
import type { PacketBatch } from '../model/batch.js';

// struct tpacket_block_desc, as 32-bit words from the block's start.
const BLOCK_STATUS = 2;
const BLOCK_PACKETS = 3;
const BLOCK_FIRST = 4;
// struct tpacket3_hdr, as 32-bit words from the packet's start; the tag's TPID is the low half of its word.
const PACKET_NEXT = 0;
const PACKET_SEC = 1;
const PACKET_NSEC = 2;
const PACKET_SNAPLEN = 3;
const PACKET_LENGTH = 4;
const PACKET_STATUS = 5;
const PACKET_MAC = 6;
const PACKET_TCI = 8;
const PACKET_TPID = 9;
// struct sockaddr_ll behind it (TPACKET_ALIGN of its 48 bytes): the packet type is the third byte of its
// third word.
const PACKET_TYPE = 14;

const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;
const TP_STATUS_VLAN_VALID = 1 << 4;
const TP_STATUS_VLAN_TPID_VALID = 1 << 6;

const VLAN_TPID = 0x8100;
const VLAN_LENGTH = 4;
const MACS_LENGTH = 12;

/** Packets per batch: few enough to stay in the processor's cache until they are decoded. */
const AT_ONCE = 64;
/**
 * Word offsets, from a packet's start, in the cache lines of its outer and inner headers, behind the kernel's
 * own header.
 */
const HEADERS_FIRST = 25;
const HEADERS_MIDDLE = 41;
const HEADERS_LAST = 54;

/** The ring of one packet socket on one interface. One thread reads it. */
export class Ring {
  private readonly mapping: Mapping;
  private readonly words: Uint32Array;
  /** For the block status, which the kernel may write at any time. */
  private readonly status: Int32Array;
  private block = 0;
  /**
   * Packets of the current block not yet handed out, and the offset of the first, in bytes from the ring's
   * start.
   */
  private left = 0;
  private next = 0;
  private held = false;
  /**
   * What {@link fill} read of the packets' headers. Another core wrote them: read here, their cache lines are
   * fetched all at once, and decoding does not wait for each. Storing the result keeps compilers from
   * removing the reads.
   */
  fetched = 0;
  /**
   * If set, {@link fill} writes each packet's type (packet(7), sll_pkttype: 4 is PACKET_OUTGOING) to it; as
   * long as a batch.
   */
  packetTypes: Uint8Array | undefined;

  /**
   * @param linkType LinkType of the interface's packets.
   * @param number the interface's number in the source (PacketBatch.interface).
   * @param hasMac whether packets start with an Ethernet header, into which a VLAN tag can be put back.
   */
  constructor(
    readonly fd: number,
    private readonly shape: RingShape,
    private readonly linkType: number,
    private readonly number: number,
    private readonly hasMac: boolean,
  ) {
    this.mapping = Mapping.shared(fd, shape.blockSize * shape.blocks);
    this.words = new Uint32Array(this.mapping.buffer);
    this.status = new Int32Array(this.mapping.buffer);
  }

  /** Whether {@link fill} would find packets. */
  get ready(): boolean {
    return this.left > 0 || this.userBlock(this.held ? this.after(this.block) : this.block);
  }

  /**
   * Fills the batch from one block. The packets' bytes are the kernel's memory, valid until the next call,
   * which returns them.
   *
   * @returns false if there are none.
   */
  fill(batch: PacketBatch): boolean {
    if (this.left === 0 && !this.advance()) return false;
    const w = this.words;
    const end = w.length - 1;
    const n = Math.min(this.left, AT_ONCE);
    let at = this.next;
    let fetched = 0;
    batch.bytes = this.mapping.bytes;
    for (let i = 0; i < n; i++) {
      const p = at >>> 2;
      let offset = at + (w[p + PACKET_MAC] & 0xffff);
      let captured = w[p + PACKET_SNAPLEN];
      let length = w[p + PACKET_LENGTH];
      if ((w[p + PACKET_STATUS] & TP_STATUS_VLAN_VALID) !== 0 && this.hasMac && captured >= MACS_LENGTH) {
        this.putTag(offset, w[p + PACKET_STATUS], w[p + PACKET_TCI], w[p + PACKET_TPID]);
        offset -= VLAN_LENGTH;
        captured += VLAN_LENGTH;
        length += VLAN_LENGTH;
      }
      fetched ^=
        w[p + HEADERS_FIRST] ^ w[Math.min(p + HEADERS_MIDDLE, end)] ^ w[Math.min(p + HEADERS_LAST, end)];
      batch.offset[i] = offset;
      batch.captured[i] = captured;
      batch.length[i] = length;
      batch.sec[i] = w[p + PACKET_SEC];
      batch.nsec[i] = w[p + PACKET_NSEC];
      batch.linkType[i] = this.linkType;
      batch.interface[i] = this.number;
      if (this.packetTypes !== undefined) this.packetTypes[i] = (w[p + PACKET_TYPE] >>> 16) & 0xff;
      at += w[p + PACKET_NEXT];
    }
    batch.count = n;
    this.fetched = fetched;
    this.next = at;
    this.left -= n;
    return true;
  }

  /** Returns the finished block and takes the next, if the kernel has finished it. */
  private advance(): boolean {
    if (this.held) {
      Atomics.store(this.status, this.statusOf(this.block), TP_STATUS_KERNEL);
      this.held = false;
      this.block = this.after(this.block);
    }
    while (this.userBlock(this.block)) {
      const base = this.block * this.shape.blockSize;
      this.left = this.words[(base >>> 2) + BLOCK_PACKETS];
      this.next = base + this.words[(base >>> 2) + BLOCK_FIRST];
      if (this.left > 0) {
        this.held = true;
        return true;
      }
      Atomics.store(this.status, this.statusOf(this.block), TP_STATUS_KERNEL);
      this.block = this.after(this.block);
    }
    return false;
  }

  private userBlock(block: number): boolean {
    return (Atomics.load(this.status, this.statusOf(block)) & TP_STATUS_USER) !== 0;
  }

  private statusOf(block: number): number {
    return ((block * this.shape.blockSize) >>> 2) + BLOCK_STATUS;
  }

  private after(block: number): number {
    return block + 1 === this.shape.blocks ? 0 : block + 1;
  }

  /**
   * Moves the MAC addresses into the room before them and writes the tag that the interface removed (802.1Q).
   */
  private putTag(offset: number, status: number, tci: number, tpidWord: number): void {
    const b = this.mapping.bytes;
    for (let i = 0; i < MACS_LENGTH; i++) b[offset - VLAN_LENGTH + i] = b[offset + i];
    const tpid = (status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? tpidWord & 0xffff : VLAN_TPID;
    const o = offset - VLAN_LENGTH + MACS_LENGTH;
    b[o] = tpid >>> 8;
    b[o + 1] = tpid;
    b[o + 2] = tci >>> 8;
    b[o + 3] = tci;
  }

  /** Unmaps the memory. The owner of the socket closes it. */
  close(): void {
    this.mapping.unmap();
  }
}
