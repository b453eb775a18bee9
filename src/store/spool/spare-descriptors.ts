/** Descriptors held back, so that there is one when it is needed, whatever else has taken all that a process may have. */
import { closeSync, openSync } from 'node:fs';
import { isScarcity } from '../../model/scarcity.js';

export class SpareDescriptors {
  private readonly held: number[] = [];

  /**
   * @param count how many
   * @param path what they are opened on: a directory that is there
   */
  constructor(
    private readonly count: number,
    private readonly path: string,
  ) {
    this.refill();
  }

  /** Opens something, with one that was held back if there is none left otherwise. @throws what `what` does */
  open<T>(what: () => T): T {
    for (;;) {
      try {
        return what();
      } catch (error) {
        const spare = isScarcity(error) ? this.held.pop() : undefined;
        if (spare === undefined) throw error;
        closeSync(spare);
      }
    }
  }

  /** Holds back again what was given, as far as there is anything to be had. */
  refill(): void {
    try {
      while (this.held.length < this.count) this.held.push(openSync(this.path, 'r'));
    } catch {
      // There is none, or no such directory, now.
    }
  }

  close(): void {
    for (const fd of this.held.splice(0)) closeSync(fd);
  }
}
