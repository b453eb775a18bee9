/** Segments in a spool's directory that are not of this run: an earlier run's, or refused ones put back. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isScarcity } from '../../model/scarcity.js';
import { isSumsName, look, segmentFiles, setAside, tableOf } from './spool-directory.js';
import { remove, type SpoolSegment, unlinkIfThere } from './spool-file.js';
import type { SpoolCounters } from './spool-health.js';
import { recover, Unusable } from './spool-read.js';

export class FoundSegments {
  /** Files with a segment's name that are no segments and cannot be set aside. */
  private readonly passedOver = new Set<string>();

  constructor(
    private readonly directory: string,
    private readonly counters: SpoolCounters,
    private readonly say: (message: string) => void,
  ) {}

  /**
   * Examines every segment except known ones. What cannot be a segment is set aside with the reason, and
   * logged once; segments that were never synced are removed.
   *
   * @throws the file system's errors about the directory, or for lack of descriptors
   */
  look(known: ReadonlySet<string>): SpoolSegment[] {
    const found: SpoolSegment[] = [];
    for (const file of segmentFiles(this.directory)) {
      if (known.has(file) || this.passedOver.has(file)) continue;
      try {
        const { segment, torn } = recover(file, tableOf(file));
        this.counters.tornBytes += torn;
        if (segment === undefined) remove(file);
        else found.push(segment);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Somebody has just removed it.
        if (code === 'ENOENT') continue;
        if (isScarcity(error)) throw error;
        const why = error instanceof Unusable ? `it ${error.message}` : (error as Error).message;
        this.putAway(file, why);
      }
    }
    this.counters.recoveredSegments += found.length;
    return found;
  }

  /** Ignores a file from now on. */
  passOver(file: string): void {
    this.passedOver.add(file);
  }

  /** Removes sums without a segment. */
  removeOrphans(): void {
    for (const name of readdirSync(this.directory)) {
      if (!isSumsName(name)) continue;
      const sums = join(this.directory, name);
      const file = join(this.directory, `${name.slice(0, -4)}.pb`);
      if (look(file) === undefined && look(sums)?.isFile() === true) unlinkIfThere(sums);
    }
  }

  private putAway(file: string, why: string): void {
    this.counters.refusedSegments++;
    const name = basename(file);
    try {
      setAside(file, why);
      this.say(`set aside ${name}: ${why}; mirrorlake spool list shows it`);
    } catch (error) {
      this.passOver(file);
      this.say(`${file} is passed over: ${why}, and cannot be set aside: ${(error as Error).message}`);
    }
  }
}
