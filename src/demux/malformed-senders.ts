/** Who sent the packets that could not be read, the latest ones, in little memory. */
import type { OuterPacket } from '../model/outer-packet.js';
import { setU32, u32 } from '../wire/bytes.js';

/** Senders that are remembered, each with one reason. */
export const MALFORMED_SENDERS = 16;

/** An address in 32-bit words, and the third one of IPv4 as ::ffff:a.b.c.d. */
const WORDS = 4;
const MAPPED = 0xffff;

/** A sender of packets that could not be read. */
export interface MalformedSender {
  /** 16 bytes. */
  readonly source: Uint8Array;
  /** A code of wire/walk/malformed.ts. */
  readonly reason: number;
  /** Packets since it was remembered. */
  readonly packets: number;
  /** Time of the last one, seconds since 1970. */
  readonly lastSeen: number;
}

/**
 * Counts packets by sender and reason. One that is not remembered takes the place of the one that was silent
 * for the longest time, so a packet costs the same short time whoever sends it.
 */
export class MalformedSenders {
  /** Sources, four words each. */
  private readonly sources = new Uint32Array(MALFORMED_SENDERS * WORDS);
  private readonly reasons = new Uint8Array(MALFORMED_SENDERS);
  private readonly packets = new Float64Array(MALFORMED_SENDERS);
  private readonly lastSeen = new Float64Array(MALFORMED_SENDERS);
  private used = 0;
  private readonly wanted = new Uint32Array(WORDS);

  count(packet: OuterPacket, reason: number): void {
    const { wanted } = this;
    const { bytes, source, ipVersion } = packet;
    const first = ipVersion === 4 ? WORDS - 1 : 0;
    wanted[0] = wanted[1] = 0;
    wanted[2] = MAPPED;
    for (let n = first; n < WORDS; n++) wanted[n] = u32(bytes, source + 4 * (n - first));
    const i = this.find(reason);
    this.packets[i]++;
    this.lastSeen[i] = packet.sec;
  }

  list(): MalformedSender[] {
    return Array.from({ length: this.used }, (_, i) => {
      const source = new Uint8Array(4 * WORDS);
      for (let n = 0; n < WORDS; n++) setU32(source, 4 * n, this.sources[i * WORDS + n]);
      return {
        source,
        reason: this.reasons[i],
        packets: this.packets[i],
        lastSeen: this.lastSeen[i],
      };
    });
  }

  private find(reason: number): number {
    const { lastSeen, used } = this;
    let oldest = 0;
    for (let i = 0; i < used; i++) {
      if (this.reasons[i] === reason && this.isFrom(i * WORDS)) return i;
      if (lastSeen[i] < lastSeen[oldest]) oldest = i;
    }
    const place = used < MALFORMED_SENDERS ? this.used++ : oldest;
    for (let n = 0; n < WORDS; n++) this.sources[place * WORDS + n] = this.wanted[n];
    this.reasons[place] = reason;
    this.packets[place] = 0;
    return place;
  }

  /** The last words of addresses differ most. */
  private isFrom(at: number): boolean {
    const { sources, wanted } = this;
    return (
      sources[at + 3] === wanted[3] &&
      sources[at + 2] === wanted[2] &&
      sources[at + 1] === wanted[1] &&
      sources[at] === wanted[0]
    );
  }
}
