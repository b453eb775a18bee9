/** The health of a spool, and the losses it causes: counted, logged now and then, and shown in the status. */
import { plural } from '../../model/words.js';

/** How often lost rows are logged, and for how long they count as a trouble, milliseconds. */
const SAY_MS = 60_000;
/** The reason for which the bound should be checked. */
export const SPOOL_FULL = 'the spool is full';

export type SpoolLog = (level: 'info' | 'warn' | 'error', message: string) => void;

/** Segments that were not stored in the ordinary way, since the spool was opened. */
export class SpoolCounters {
  /** Given up because the spool was full, oldest first, or because the disk took no more. */
  droppedSegments = 0;
  droppedRows = 0;
  droppedBytes = 0;
  /** Set aside because the store refuses them, or because they cannot be read. */
  refusedSegments = 0;
  /** Segments of an earlier run found at the start, and bytes of them that had not been fsynced. */
  recoveredSegments = 0;
  tornBytes = 0;
}

export class SpoolHealth {
  readonly counters = new SpoolCounters();
  /** Why the disk does not take appended rows; empty while it does. */
  private disk = '';
  private directory = '';
  private lossWhy = '';
  private lossAt = 0;
  private lossSaid = 0;

  /** @param setting the configuration key of the bound */
  constructor(
    private readonly log: SpoolLog,
    private readonly setting: string,
  ) {}

  /** In words; empty if the spool is healthy. */
  get trouble(): string {
    const lost = Date.now() - this.lossAt < SAY_MS ? `rows are lost: ${this.lossWhy}` : '';
    return [lost, this.disk].filter((text) => text !== '').join('; ');
  }

  /** Whether appended rows go to the disk. */
  get onDisk(): boolean {
    return this.disk === '';
  }

  /** The disk does not take appended rows. @param why the spool, and the file system's error */
  diskRefuses(why: string): void {
    const trouble = `${why}: rows go to the store from memory`;
    if (trouble !== this.disk) this.log('error', `${trouble}; the disk is tried again`);
    this.disk = trouble;
  }

  diskTakes(directory: string): void {
    if (this.disk !== '') this.log('info', `the spool ${directory} takes rows again`);
    this.disk = '';
  }

  /** Files in the directory could not be examined, which is retried; empty if they could. */
  looked(trouble: string): void {
    if (trouble !== '' && trouble !== this.directory) this.log('warn', `${trouble}; trying again`);
    this.directory = trouble;
  }

  /**
   * Counts lost rows, and logs them once per minute. @param state of the spool, in words @returns false, for
   * the appending caller
   */
  dropped(bytes: number, rows: number, why: string, state: string): false {
    const { counters } = this;
    counters.droppedSegments++;
    counters.droppedRows += rows;
    counters.droppedBytes += bytes;
    this.lossWhy = why;
    this.lossAt = Date.now();
    if (this.lossAt - this.lossSaid >= SAY_MS) {
      this.lossSaid = this.lossAt;
      const fix = why === SPOOL_FULL ? `; bring the store back, or give \`${this.setting}\` more` : '';
      this.log(
        'error',
        `rows are lost: ${why} (${state}); dropped so far: ${counters.droppedRows} ` +
          `${plural(counters.droppedRows, 'row')}${fix}`,
      );
    }
    return false;
  }
}
