/** Delivers segments from the spool to the store, one after the other, each until the store confirms it. */
import { existsSync } from 'node:fs';
import type { TableName } from '../../model/columns/tables.js';
import { counted } from '../../model/words.js';
import { isAway, SegmentRefused, StoreError, StoreUnavailable } from '../errors.js';
import { age, expiringNotice, isFormerDefault, retentionNotice } from '../retention.js';
import type { Store } from '../store.js';
import type { Spool } from './spool.js';
import type { SpoolSegment } from './spool-file.js';
import { whyUnusable } from './spool-read.js';

/** Milliseconds between retries while the store is away, doubling from the first to the last. */
const RETRY = { first: 250, last: 10_000 };

export interface DeliveryOptions {
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** Seconds after which rows are removed, for tables without a retention; undefined: leave them without. */
  retention?: number | undefined;
  /** Whether another delivery to the same store reports its state. */
  second?: boolean;
  /** In place of {@link RETRY}. */
  retry?: typeof RETRY;
}

export class Delivery {
  /** Rows that the store has accepted, in total and by table. */
  storedRows = 0;
  readonly storedByTable = new Map<TableName, number>();
  storedSegments = 0;
  /** Whether the last attempt reached the store; `starting` before the first. */
  state: 'starting' | 'up' | 'away' = 'starting';
  /** Why it did not, in words; empty if it did. */
  error = '';
  private readonly retry: typeof RETRY;
  private wait: number;
  private stopped = false;
  private migrated = false;
  /** Seconds after which the store removes rows. */
  age: number | undefined;
  /** Whether the store's notices were logged, once per start. */
  private told = false;
  private delivering: Promise<void> = Promise.resolve();
  private wake: (() => void) | undefined;

  constructor(
    private readonly store: Store,
    private readonly spool: Spool,
    private readonly options: DeliveryOptions,
  ) {
    this.retry = options.retry ?? RETRY;
    this.wait = this.retry.first;
  }

  /**
   * Migrates the tables and starts delivering. It waits for a store that is away.
   *
   * @throws StoreRefused if the store rejects us
   */
  async start(): Promise<void> {
    try {
      await this.migrate();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.failed(error);
    }
    this.delivering = this.deliver();
  }

  /**
   * Completes the open segments and delivers them, for at most `within` milliseconds; the rest stays on disk.
   */
  async drain(within: number): Promise<void> {
    await this.spool.flush();
    const end = Date.now() + within;
    this.wait = this.retry.first;
    this.wake?.();
    while (this.spool.waitingSegments > 0 && Date.now() < end) await pause(20);
    this.stopped = true;
    this.wake?.();
    // An insert that is still running ends with the process; its segment is on disk.
    await Promise.race([this.delivering, pause(0)]);
  }

  private async migrate(): Promise<void> {
    const { made, retention: found } = await this.store.migrate();
    const { log, retention } = this.options;
    this.age = found;
    if (made.length > 0)
      log('warn', `${this.store.name} had lost ${made.join(', ')}: made again, with nothing in it`);
    if (retention !== undefined) {
      await this.store.retain(retention, true);
      this.age = await this.store.retention();
    }
    this.migrated = true;
    this.reached();
    if (this.told || this.options.second === true) return;
    this.told = true;
    if (this.store.notice !== undefined) log('warn', this.store.notice);
    this.tellOfRetention();
  }

  /** Logs that the store removes rows, if the configuration does not say so, or says otherwise. */
  private tellOfRetention(): void {
    const { log, retention } = this.options;
    if (this.age === undefined || this.age === retention) return;
    if (retention === undefined)
      log(isFormerDefault(this.age) ? 'warn' : 'info', retentionNotice(this.store.name, this.age));
    else
      log(
        'warn',
        `${this.store.name} removes rows after ${age(this.age)}, the configuration says ${age(retention)}: ` +
          'mirrorlake schema apply --config FILE changes it',
      );
  }

  private async deliver(): Promise<void> {
    while (!this.stopped) {
      try {
        if (!this.migrated) await this.migrate();
        await this.insertNext();
        this.wait = this.retry.first;
      } catch (error) {
        if (this.stopped) return;
        this.failed(error as Error);
        // The tables may be gone: another server under the same name, or a dropped database.
        this.migrated = false;
        await Promise.race([
          pause(this.wait),
          new Promise<void>((wake) => {
            this.wake = wake;
          }),
        ]);
        this.wait = Math.min(this.wait * 2, this.retry.last);
      }
    }
  }

  private async insertNext(): Promise<void> {
    const segment = await this.spool.next();
    if (this.stopped) return;
    try {
      const from = segment.memory ?? { file: segment.file };
      await this.store.insert(segment.table, from, segment.name, segment.rows);
    } catch (error) {
      const onDisk = segment.memory === undefined;
      if (onDisk && !existsSync(segment.file)) return this.spool.lost(segment);
      // A segment that cannot be read now could be read when it was found: the disk is failing, or somebody
      // changed it.
      const unusable = onDisk ? whyUnusable(segment.file) : undefined;
      if (!(error instanceof SegmentRefused) && unusable === undefined) throw error;
      const why = unusable ?? (error as Error).message;
      this.options.log('error', `set aside ${segment.name}, ${counted(segment.rows, 'row')}: ${why}`);
      this.spool.refuse(segment, why);
      return;
    }
    this.tellOfExpiring(segment);
    this.spool.stored(segment);
    this.storedSegments++;
    this.storedRows += segment.rows;
    this.storedByTable.set(segment.table, (this.storedByTable.get(segment.table) ?? 0) + segment.rows);
    this.reached();
  }

  /** Rows that waited longer than the store keeps rows are removed as soon as they are stored. */
  private tellOfExpiring({ name, rows }: SpoolSegment): void {
    // A segment's name begins with its creation time; its rows were seen before it was completed.
    const begun = Number(name.slice(0, name.indexOf('-')));
    if (this.age === undefined || begun / 1000 + this.age > Date.now() / 1000) return;
    this.options.log('warn', expiringNotice(this.store.name, rows, rows, this.age));
  }

  private reached(): void {
    if (this.state !== 'up') this.options.log('info', `storing to ${this.store.name}`);
    this.state = 'up';
    this.error = '';
  }

  private failed(error: Error): void {
    if (this.state !== 'away' && !this.saidByOther(error)) {
      const level = error instanceof StoreError ? 'warn' : 'error';
      this.options.log(level, `${error.message}; segments wait in ${this.spool.place}`);
    }
    this.state = 'away';
    this.error = error.message;
  }

  /**
   * An unreachable store is reported once; an error about a table is reported by the delivery that met it.
   */
  private saidByOther(error: Error): boolean {
    return this.options.second === true && isAway(error);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
