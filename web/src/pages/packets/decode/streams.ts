/** What packets of one TCP conversation are to each other: their numbers, and what is sent again. */
import type { Packet } from './frame.js';
import type { Numbers } from './transport.js';

/** What is to be said of a packet beside what it says. */
export type Mark = '' | 'sent again' | 'keep-alive' | 'seen twice';

export interface Followed {
  readonly mark: Mark;
  readonly numbers: Numbers;
  /** Where its payload begins in what its side said, from 0; negative if the beginning came late. */
  readonly position: number;
}

const SYN = 2;
const FIN = 1;
const RST = 4;
/** Pieces of a side that are kept apart; beyond, the oldest is forgotten. */
const MOST_RANGES = 256;
/** Segments whose identification is remembered, of a side. */
const MOST_IDS = 4096;

/** One side's numbers. */
class Side {
  /** The number before the first byte. */
  from: number | undefined;
  /** The highest place that was reached. */
  private top = 0;
  /** What was seen, from and to, by the place. */
  private readonly ranges: [from: number, to: number][] = [];
  private readonly ids = new Map<number, number>();

  /** The place of a number: it goes on where 32 bits end. */
  place(sequence: number): number {
    this.from ??= (sequence - 1) >>> 0;
    return this.top + ((sequence - this.from - 1 - this.top) | 0);
  }

  take({ tcpFlags, payloadLength, sequence, ipVersion, ipId }: Packet): Mark {
    const opens = (tcpFlags & SYN) !== 0;
    if (opens) this.from ??= sequence;
    const from = this.place(sequence);
    const length = payloadLength + (opens ? 1 : 0) + ((tcpFlags & FIN) === 0 ? 0 : 1);
    const known = this.ids.get(from);
    const again = length > 0 && this.covers(from);
    const probes =
      payloadLength <= 1 &&
      from === this.top - 1 &&
      this.ranges.length > 0 &&
      (tcpFlags & (SYN | FIN | RST)) === 0;
    if (length > 0) {
      this.add(from, from + length);
      if (this.ids.size < MOST_IDS) this.ids.set(from, ipId);
    }
    this.top = Math.max(this.top, from + length);
    if (probes) return 'keep-alive';
    if (!again) return '';
    // A sender numbers its packets; a mirror that hears both ports of a path has each of them twice.
    return ipVersion === 4 && ipId !== 0 && known === ipId ? 'seen twice' : 'sent again';
  }

  private covers(place: number): boolean {
    return this.ranges.some(([from, to]) => place >= from && place < to);
  }

  private add(from: number, to: number): void {
    let [first, last] = [from, to];
    for (let i = this.ranges.length - 1; i >= 0; i--) {
      const [a, z] = this.ranges[i]!;
      if (z < first || a > last) continue;
      [first, last] = [Math.min(first, a), Math.max(last, z)];
      this.ranges.splice(i, 1);
    }
    this.ranges.push([first, last]);
    if (this.ranges.length > MOST_RANGES) this.ranges.shift();
  }
}

/** Follows a conversation, packet by packet, in order of time. */
export class Streams {
  private readonly sides = { client: new Side(), server: new Side(), '': new Side() };

  take(packet: Packet): Followed {
    const { direction } = packet.frame;
    const side = this.sides[direction];
    const other =
      direction === 'client' ? this.sides.server : direction === 'server' ? this.sides.client : side;
    const isTcp = packet.protocol === 6 && packet.flags !== '';
    if (!isTcp)
      return { mark: '', numbers: { sequenceFrom: undefined, acknowledgmentFrom: undefined }, position: 0 };
    const mark = side.take(packet);
    const acks = (packet.tcpFlags & 0x10) !== 0;
    if (acks && other !== side) other.from ??= (packet.acknowledgment - 1) >>> 0;
    return {
      mark,
      numbers: { sequenceFrom: side.from, acknowledgmentFrom: other.from },
      position: side.place(packet.sequence) + ((packet.tcpFlags & SYN) === 0 ? 0 : 1),
    };
  }
}
