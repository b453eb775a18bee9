/**
 * The parts of an IP packet that two copies of it have in common, as words to hash. Fields that a router
 * changes (MACs, TTL, header checksum) are left out.
 */
import { i32 } from '../wire/bytes.js';
import { IPV4_PROTOCOL, IPV4_SOURCE } from '../wire/ip/ipv4.js';
import { IPV6_SOURCE } from '../wire/ip/ipv6.js';
import { KeyedSums } from '../wire/keyed-hash.js';
import type { Frame } from '../wire/walk/frame.js';

/** Where it comes from, the two lengths, and three words of the IP header. */
const HEAD_WORDS = 6;
/** IPv6's payload length and next header, without the hop limit. */
const NOT_HOP_LIMIT = ~0xff;
/** The first word of an IP header without DSCP and ECN. */
const NOT_TOS = ~0x00ff0000;
const NOT_TRAFFIC_CLASS = ~0x0ff00000;

export interface Comparison {
  /** Bytes of a packet that are compared, from its IP header on. */
  readonly bytes: number;
  /** Whether DSCP and ECN are compared. */
  readonly dscp: boolean;
}

export class ComparedWords {
  readonly words: Int32Array;
  private readonly mask4: number;
  private readonly mask6: number;

  constructor(
    private readonly comparison: Comparison,
    private readonly sums: KeyedSums,
  ) {
    this.words = new Int32Array(HEAD_WORDS + KeyedSums.words(comparison.bytes));
    this.mask4 = comparison.dscp ? ~0 : NOT_TOS;
    this.mask6 = comparison.dscp ? ~0 : NOT_TRAFFIC_CLASS;
  }

  /**
   * Puts the compared parts of an IP packet into {@link words}.
   *
   * @param from whose packets it is compared with
   * @returns how many words
   */
  packet(f: Frame, from: number): number {
    const b = f.bytes;
    const w = this.words;
    const end = Math.min(f.end, f.ip + f.ipLength, f.ip + this.comparison.bytes);
    w[0] = from;
    w[1] = f.ipLength;
    w[2] = end - f.ip;
    if (f.ipVersion === 4) {
      w[3] = i32(b, f.ip) & this.mask4;
      w[4] = i32(b, f.ip + 4);
      w[5] = b[f.ip + IPV4_PROTOCOL];
      return this.sums.write(b, f.ip + IPV4_SOURCE, end, w, HEAD_WORDS);
    }
    w[3] = i32(b, f.ip) & this.mask6;
    w[4] = i32(b, f.ip + 4) & NOT_HOP_LIMIT;
    w[5] = 0;
    return this.sums.write(b, f.ip + IPV6_SOURCE, end, w, HEAD_WORDS);
  }

  /**
   * Puts the compared parts of an Ethernet frame without IP into {@link words}: its MACs, and what stands
   * from `start` up to `end`.
   *
   * @param mac where the MACs are, the target's first
   * @returns how many words
   */
  link(b: Uint8Array, mac: number, start: number, end: number, from: number): number {
    const w = this.words;
    w[0] = from;
    // No IP packet has a length below 0.
    w[1] = start - end;
    for (let i = 0; i < 3; i++) w[2 + i] = i32(b, mac + 4 * i);
    w[5] = 0;
    return this.sums.write(b, start, end, w, HEAD_WORDS);
  }
}
