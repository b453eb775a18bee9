import type { KeptPackets } from '../../config/kept-packets.js';
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
  private packetSerial = 0;

  /**
   * @param token what names this reading: segments are inserted once a token and number
   * @param packets which are kept: the same reading may be done again with others
   */
  constructor(
    private readonly store: Store,
    collector: string,
    private readonly token: string,
    private readonly packets: KeptPackets | undefined,
  ) {
    this.mirrors = new MirrorSegment(collector);
    this.ready = store.migrate();
    // Its failure is met by the first insert, or by finish.
    this.ready.catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  readonly onSegment = (table: TableName, segment: Uint8Array): void => this.insert(table, segment);

  async settle(): Promise<void> {
    while (this.inserts.size >= IN_FLIGHT && this.failure === undefined) await Promise.race(this.inserts);
    if (this.failure !== undefined) throw this.failure;
  }

  async finish(): Promise<void> {
    if (this.mirrors.length > 0) this.insert('mirrors', this.mirrors.take());
    await this.abandon();
  }

  async abandon(): Promise<void> {
    await this.ready;
    await Promise.all(this.inserts);
    if (this.failure !== undefined) throw this.failure;
  }

  private insert(table: TableName, segment: Uint8Array): void {
    const token = `${this.token}-${this.segmentName(table)}`;
    const done = this.ready
      .then(() => this.store.insert(table, segment, token))
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => this.inserts.delete(done));
    this.inserts.add(done);
  }

  /** Numbers segments so that those of sessions have the same, whether packets are kept beside them or not. */
  private segmentName(table: TableName): string {
    if (table !== 'packets' || this.packets === undefined) return `${table}-${this.serial++}`;
    const { bytes, packets } = this.packets;
    return `${table}-${bytes}-${packets}-${this.packetSerial++}`;
  }
}
