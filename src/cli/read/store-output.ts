import type { KeptPackets } from '../../config/kept-packets.js';
import { MirrorSegment } from '../../store/mirror-segment.js';
import { expiringNotice, isFormerDefault, retentionNotice } from '../../store/retention.js';
import type { Store } from '../../store/store.js';
import type { TableName } from '../../store/tables.js';
import type { ReadOutput } from './output.js';

/** Segments on their way to the store at once. */
const IN_FLIGHT = 3;

/** `--store` */
export class StoreOutput implements ReadOutput {
  readonly mirrors: MirrorSegment;
  readonly warnings: string[] = [];
  private readonly ready: Promise<void>;
  /** Seconds after which the store removes rows, undefined: never. */
  private retention: number | undefined;
  /** Sessions stored, and those of them that the store will remove. */
  private sessions = 0;
  private expiring = 0;
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
    this.ready = this.open();
    // Its failure is met by the first insert, or by finish.
    this.ready.catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  readonly onSegment = (
    table: TableName,
    segment: Uint8Array,
    rows: number,
    lastSeen: Uint32Array | undefined,
  ): void => this.insert(table, segment, rows, lastSeen);

  async settle(): Promise<void> {
    while (this.inserts.size >= IN_FLIGHT && this.failure === undefined) await Promise.race(this.inserts);
    if (this.failure !== undefined) throw this.failure;
  }

  async finish(): Promise<void> {
    const minutes = this.mirrors.count;
    if (minutes > 0) this.insert('mirrors', this.mirrors.take(), minutes, undefined);
    await this.abandon();
    const { retention, store } = this;
    if (retention === undefined) return;
    if (isFormerDefault(retention)) this.warnings.push(retentionNotice(store.name, retention));
    if (this.expiring > 0)
      this.warnings.push(expiringNotice(store.name, this.expiring, this.sessions, retention));
  }

  async abandon(): Promise<void> {
    await this.ready;
    await Promise.all(this.inserts);
    if (this.failure !== undefined) throw this.failure;
  }

  private async open(): Promise<void> {
    ({ retention: this.retention } = await this.store.migrate());
  }

  private insert(
    table: TableName,
    segment: Uint8Array,
    rows: number,
    lastSeen: Uint32Array | undefined,
  ): void {
    const token = `${this.token}-${this.segmentName(table)}`;
    const done = this.ready
      .then(() => this.store.insert(table, segment, token, rows))
      .then(() => this.count(lastSeen))
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => this.inserts.delete(done));
    this.inserts.add(done);
  }

  private count(lastSeen: Uint32Array | undefined): void {
    if (lastSeen === undefined) return;
    this.sessions += lastSeen.length;
    if (this.retention === undefined) return;
    const oldest = Date.now() / 1000 - this.retention;
    for (const sec of lastSeen) if (sec < oldest) this.expiring++;
  }

  /** Numbers segments so that those of sessions have the same, whether packets are kept beside them or not. */
  private segmentName(table: TableName): string {
    if (table !== 'packets' || this.packets === undefined) return `${table}-${this.serial++}`;
    const { bytes, packets } = this.packets;
    return `${table}-${bytes}-${packets}-${this.packetSerial++}`;
  }
}
