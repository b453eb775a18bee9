/** Complete segments that wait for the store, oldest first, on disk or in memory. */
import type { SpoolSegment } from './spool-file.js';

export class WaitingSegments {
  private readonly list: SpoolSegment[] = [];
  private wake: (() => void) | undefined;
  /** The one that is being inserted. */
  taken: SpoolSegment | undefined;

  get length(): number {
    return this.list.length;
  }

  [Symbol.iterator](): IterableIterator<SpoolSegment> {
    return this.list.values();
  }

  /** Oldest first, whatever the order of completion. */
  add(segment: SpoolSegment): void {
    this.list.push(segment);
    this.list.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.wake?.();
  }

  /** The oldest, which is taken from then on; waits for one. */
  async next(): Promise<SpoolSegment> {
    while (this.list.length === 0)
      await new Promise<void>((wake) => {
        this.wake = wake;
      });
    this.taken = this.list[0];
    return this.taken;
  }

  remove(segment: SpoolSegment): void {
    const at = this.list.indexOf(segment);
    if (at >= 0) this.list.splice(at, 1);
    if (this.taken === segment) this.taken = undefined;
  }

  /** The oldest on disk, or in memory, except the one being inserted. */
  oldest(inMemory: boolean): SpoolSegment | undefined {
    return this.list.find((segment) => segment !== this.taken && (segment.memory !== undefined) === inMemory);
  }

  /** Replaces a segment by the same one in another place. */
  replace(segment: SpoolSegment, by: SpoolSegment): void {
    this.list[this.list.indexOf(segment)] = by;
  }
}
