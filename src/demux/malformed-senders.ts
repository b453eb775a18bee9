/** Who sent the GRE packets that could not be read, the latest ones, in little memory. */
import type { OuterPacket } from '../model/outer-packet.js';
import { copyAddress16 } from '../wire/ip/addresses.js';

/** Senders that are remembered, each with one reason. */
export const MALFORMED_SENDERS = 16;

const ADDRESS = 16;

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
  private readonly sources = new Uint8Array(MALFORMED_SENDERS * ADDRESS);
  private readonly reasons = new Uint8Array(MALFORMED_SENDERS);
  private readonly packets = new Float64Array(MALFORMED_SENDERS);
  private readonly lastSeen = new Float64Array(MALFORMED_SENDERS);
  private used = 0;
  private readonly source = new Uint8Array(ADDRESS);

  count(packet: OuterPacket, reason: number): void {
    copyAddress16(packet.bytes, packet.source, packet.ipVersion, this.source, 0);
    const i = this.find(reason);
    this.packets[i]++;
    this.lastSeen[i] = packet.sec;
  }

  list(): MalformedSender[] {
    return Array.from({ length: this.used }, (_, i) => ({
      source: this.sources.slice(i * ADDRESS, (i + 1) * ADDRESS),
      reason: this.reasons[i],
      packets: this.packets[i],
      lastSeen: this.lastSeen[i],
    }));
  }

  private find(reason: number): number {
    let oldest = 0;
    for (let i = 0; i < this.used; i++) {
      if (this.reasons[i] === reason && this.isFrom(i)) return i;
      if (this.lastSeen[i] < this.lastSeen[oldest]) oldest = i;
    }
    const place = this.used < MALFORMED_SENDERS ? this.used++ : oldest;
    this.sources.set(this.source, place * ADDRESS);
    this.reasons[place] = reason;
    this.packets[place] = 0;
    return place;
  }

  private isFrom(i: number): boolean {
    // The last bytes of addresses differ most.
    for (let n = ADDRESS - 1; n >= 0; n--) if (this.sources[i * ADDRESS + n] !== this.source[n]) return false;
    return true;
  }
}
