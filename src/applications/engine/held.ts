/** Answers that came before their question: mirrors that merge two ports into one stream reorder so. */
import type { Block } from './blocks.js';
import type { Segment } from './segment.js';

/** Answers of a conversation that wait, and for how long, in nanoseconds of packet time. */
export const MOST_HELD = 4;
export const HELD_TIME = 100_000_000;

/** A segment or datagram that waits, with a copy of its bytes. */
export class Held {
  block: Block | undefined;
  side: 0 | 1 = 0;
  private length = 0;
  private sequence = 0;
  acknowledgment = 0;
  private acknowledges = false;
  private first = 0;
  private hasFirst = false;
  sec = 0;
  nsec = 0;

  /** Takes a segment's fields, and its bytes into a block. */
  take(side: 0 | 1, g: Segment, block: Block): void {
    this.side = side;
    this.block = block;
    block.put(0, g.bytes, g.start, g.end - g.start);
    this.length = g.length;
    this.sequence = g.sequence;
    this.acknowledgment = g.acknowledgment;
    this.acknowledges = g.acknowledges;
    this.first = g.first;
    this.hasFirst = g.hasFirst;
    this.sec = g.sec;
    this.nsec = g.nsec;
  }

  /** Writes the fields into a segment. */
  give(g: Segment): void {
    const { block } = this;
    if (block === undefined) return;
    g.bytes = block.bytes;
    g.start = 0;
    g.end = block.have;
    g.length = this.length;
    g.sequence = this.sequence;
    g.acknowledgment = this.acknowledgment;
    g.acknowledges = this.acknowledges;
    g.first = this.first;
    g.hasFirst = this.hasFirst;
    g.hasPeerFirst = false;
    g.sec = this.sec;
    g.nsec = this.nsec;
  }
}
