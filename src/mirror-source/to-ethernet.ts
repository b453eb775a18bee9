import { LinkType } from '../model/batch.js';
import { setU16 } from '../wire/bytes.js';
import { ETHERNET_LENGTH, ETHERNET_TYPE, MAC_LENGTH } from '../wire/link/ethernet.js';
import { EtherType } from '../wire/link/ethertypes.js';
import { familyEtherType, NULL_LENGTH, NullHeader, parseNull } from '../wire/link/null-loop.js';
import { parseSll, parseSll2, SLL_LENGTH, SLL2_LENGTH, SllHeader } from '../wire/link/sll.js';

/** sll_pkttype of a packet that the capturing host sent (packet(7)). */
export const PACKET_OUTGOING = 4;
/** Offset of the sender's address in a cooked header. */
const SLL_ADDRESS = 6;
const SLL2_ADDRESS = 12;

/**
 * Makes Ethernet frames of packets with other link layers, because mirrors carry Ethernet: the link header is
 * replaced by one with the sender's MAC address, if known, zeros for the rest, and the EtherType.
 */
export class ToEthernet {
  /** The frame: from `start`, `length` bytes. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  length = 0;
  /** By how many bytes the frame is longer (or shorter) than its packet. */
  grown = 0;
  /** Whether the link header says that the capturing host sent the packet. */
  outgoing = false;
  private readonly made: Uint8Array;
  private readonly sll = new SllHeader();
  private readonly family = new NullHeader();

  /** @param longest bytes of the longest packet */
  constructor(longest: number) {
    this.made = new Uint8Array(ETHERNET_LENGTH + longest);
  }

  /**
   * Sets the frame to that of a packet, from `o` up to `end` of `b`.
   *
   * @returns false if its link type is unknown or its link header is malformed.
   */
  convert(b: Uint8Array, o: number, end: number, linkType: number): boolean {
    this.outgoing = false;
    switch (linkType) {
      case LinkType.Ethernet:
        if (end - o < ETHERNET_LENGTH) return false;
        this.bytes = b;
        this.start = o;
        this.length = end - o;
        this.grown = 0;
        return true;
      case LinkType.Raw:
      case LinkType.Ipv4:
      case LinkType.Ipv6: {
        if (o === end) return false;
        const version = b[o] >>> 4;
        if (version !== 4 && version !== 6) return false;
        return this.make(b, o, o, end, -1, version === 4 ? EtherType.Ipv4 : EtherType.Ipv6);
      }
      case LinkType.Null:
      case LinkType.Loop: {
        if (parseNull(b, o, end, this.family) < 0) return false;
        const type = familyEtherType(this.family.family);
        return type !== 0 && this.make(b, o, o + NULL_LENGTH, end, -1, type);
      }
      case LinkType.LinuxSll:
        if (parseSll(b, o, end, this.sll) < 0) return false;
        return this.cooked(b, o, o + SLL_LENGTH, end, o + SLL_ADDRESS);
      case LinkType.LinuxSll2:
        if (parseSll2(b, o, end, this.sll) < 0) return false;
        return this.cooked(b, o, o + SLL2_LENGTH, end, o + SLL2_ADDRESS);
      default:
        return false;
    }
  }

  private cooked(b: Uint8Array, o: number, payload: number, end: number, address: number): boolean {
    this.outgoing = this.sll.packetType === PACKET_OUTGOING;
    const mac = this.sll.addressLength === MAC_LENGTH ? address : -1;
    return this.make(b, o, payload, end, mac, this.sll.protocol);
  }

  private make(b: Uint8Array, o: number, payload: number, end: number, mac: number, type: number): boolean {
    const { made } = this;
    for (let i = 0; i < MAC_LENGTH; i++) made[MAC_LENGTH + i] = mac < 0 ? 0 : b[mac + i];
    setU16(made, ETHERNET_TYPE, type);
    made.set(b.subarray(payload, end), ETHERNET_LENGTH);
    this.bytes = made;
    this.start = 0;
    this.length = ETHERNET_LENGTH + end - payload;
    this.grown = ETHERNET_LENGTH - (payload - o);
    return true;
  }
}
