/**
 * Descriptors held in reserve, so that there is one when needed, whatever else has used up the process's
 * limit.
 */
import { closeSync, openSync } from 'node:fs';
import { isScarcity } from '../../model/scarcity.js';

export class SpareDescriptors {
  private readonly held: number[] = [];

  /**
   * @param count how many
   * @param path an existing directory to open them on
   */
  constructor(
    private readonly count: number,
    private readonly path: string,
  ) {
    this.refill();
  }

  /** Opens something, using a reserved descriptor if no other is left. @throws the errors of `what` */
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

  /** Refills the reserve, as far as possible. */
  refill(): void {
    try {
      while (this.held.length < this.count) this.held.push(openSync(this.path, 'r'));
    } catch {
      // No descriptor, or no such directory, at the moment.
    }
  }

  close(): void {
    for (const fd of this.held.splice(0)) closeSync(fd);
  }
}
