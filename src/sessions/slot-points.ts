/** The mirror points of sessions: of one in a group, that which saw its first packet. */
import type { MirrorPoint } from '../model/mirror-point.js';
import { FIRST_GROUP, type Groups } from './groups.js';
import { W } from './slot-layout.js';
import { SLOT_WORDS, type Slots } from './slots.js';

const NOBODY: readonly string[] = [];

export class SlotPoints {
  /** By index, as rows name them. */
  readonly points: MirrorPoint[] = [];
  /** Undefined while no mirror point is in one. */
  groups: Groups | undefined;

  constructor(private readonly slots: Slots) {}

  /** The index of a session's mirror point. */
  indexOf(slot: number): number {
    const identity = this.identityOf(slot);
    return this.groups === undefined || identity < FIRST_GROUP ? identity : this.groups.first[slot];
  }

  of(slot: number): MirrorPoint {
    return this.points[this.indexOf(slot)];
  }

  /** What a session belongs to: its mirror point's index, or a group's identity. */
  identityOf(slot: number): number {
    return this.slots.u32[slot * SLOT_WORDS + W.MIRROR];
  }

  /** Sets the mirror point of a frame that opens a session, or will. */
  set(point: MirrorPoint): void {
    this.points[point.index] = this.groups === undefined ? point : this.groups.rowPoint(point);
  }

  /** The names of its group's members that saw a session's row; none where it is in no group. */
  seenBy(slot: number): readonly string[] {
    const identity = this.identityOf(slot);
    return this.groups === undefined || identity < FIRST_GROUP ? NOBODY : this.groups.seenBy(slot, identity);
  }
}
