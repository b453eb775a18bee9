import { MirrorSegment } from '../../store/mirror-segment.js';
import type { Store } from '../../store/store.js';
import type { TableName } from '../../store/tables.js';
import type { ReadOutput } from './output.js';

/** Segments on their way to the store at once. */
const IN_FLIGHT = 3;

/** `--store` */
export class StoreOutput implements ReadOutput {
  readonly mirrors: MirrorSegment;
  private readonly ready: Promise<unknown>;
  private readonly inserts = new Set<Promise<void>>();
  private failure: unknown;
  private serial = 0;

  /** @param token what names this reading: segments are inserted once a token and number */
  constructor(
    private readonly store: Store,
    collector: string,
    private readonly token: string,
  ) {
    this.mirrors = new MirrorSegment(collector);
    this.ready = store.migrate();
    // Its failure is met by the first insert, or by finish.
    this.ready.catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  readonly onSegment = (segment: Uint8Array): void => this.insert('sessions', segment);

  async settle(): Promise<void> {
    while (this.inserts.size >= IN_FLIGHT && this.failure === undefined) await Promise.race(this.inserts);
    if (this.failure !== undefined) throw this.failure;
  }

  async finish(): Promise<void> {
    if (this.mirrors.length > 0) this.insert('mirrors', this.mirrors.take());
    await this.ready;
    await Promise.all(this.inserts);
    if (this.failure !== undefined) throw this.failure;
  }

  private insert(table: TableName, segment: Uint8Array): void {
    const token = `${this.token}-${table}-${this.serial++}`;
    const done = this.ready
      .then(() => this.store.insert(table, segment, token))
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => this.inserts.delete(done));
    this.inserts.add(done);
  }
}
