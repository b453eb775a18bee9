import type { KeptPackets } from '../config/kept-packets.js';
import type { TableName } from '../model/columns/tables.js';
import type { HopRecord, HopSink } from '../model/hop-record.js';
import type { PathRecord, PathSink } from '../model/path-record.js';
import { expiringNotice, isFormerDefault, retentionNotice } from '../store/retention.js';
import { HopSegment, MirrorSegment, PathSegment } from '../store/segment/segments.js';
import type { Store } from '../store/store.js';
import type { FilledStore } from './filled-store.js';
import type { ReadOutput } from './output.js';

/** Segments on their way to the store at the same time. */
const IN_FLIGHT = 3;
/** Bytes of a segment of paths or hops before it is inserted. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

export interface StoreOutputOptions {
  readonly collector: string;
  /** Names this reading: the store inserts a segment once per token and number. */
  readonly token: string;
  /** Whether it may have been stored before under that name. */
  readonly once: boolean;
  /** Which packets are kept: the same reading may be repeated with others. */
  readonly packets: KeptPackets | undefined;
}

/** `--store` */
export class StoreOutput implements ReadOutput {
  readonly mirrors: MirrorSegment;
  private readonly pathRows: PathSegment;
  private readonly hopRows: HopSegment;
  readonly warnings: string[] = [];
  /** Settles when the tables exist; undefined while nothing was read. */
  private ready: Promise<Store> | undefined;
  stored: ReadOutput['stored'];
  /** Rows of the store before the first insert, if needed. */
  private rowsBefore: number | undefined;
  /** Seconds after which the store removes rows, undefined: never. */
  private retention: number | undefined;
  /** Sessions stored, and those of them that the store will remove. */
  private sessions = 0;
  private expiring = 0;
  private readonly inserts = new Set<Promise<void>>();
  private failure: unknown;
  /** Rows handed to the store. */
  private inserted = 0;
  /** Segments so far, by what they are numbered with. */
  private readonly serials = new Map<string, number>();

  constructor(
    private readonly store: FilledStore,
    private readonly options: StoreOutputOptions,
  ) {
    this.mirrors = new MirrorSegment(options.collector);
    this.pathRows = new PathSegment(options.collector);
    this.hopRows = new HopSegment(options.collector);
  }

  readonly paths: PathSink & HopSink = {
    path: (record: PathRecord) => {
      this.pathRows.path(record);
      if (this.pathRows.length >= SEGMENT_BYTES) this.flushPaths();
    },
    hop: (record: HopRecord) => {
      this.hopRows.hop(record);
      if (this.hopRows.length >= SEGMENT_BYTES) this.flushPaths();
    },
  };

  begin(): void {
    if (this.ready !== undefined) return;
    this.ready = this.open();
    // The first insert, or finish, reports its failure.
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
    this.flushPaths();
    await this.abandon();
    if (this.ready === undefined) return;
    const { retention } = this;
    const store = await this.ready;
    this.stored = { where: `in ${store.name}`, hadBefore: await this.hadBefore(store) };
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

  private flushPaths(): void {
    const { pathRows, hopRows } = this;
    const paths = pathRows.count;
    if (paths > 0) this.insert('paths', pathRows.take(), paths, undefined);
    const hops = hopRows.count;
    if (hops > 0) this.insert('hops', hopRows.take(), hops, undefined);
  }

  private async open(): Promise<Store> {
    const store = await this.store.open();
    ({ retention: this.retention } = await store.migrate());
    if (this.options.once) this.rowsBefore = await store.rowCount();
    return store;
  }

  /**
   * Whether the store skipped all of it. ClickHouse does not say so per insert, but has no additional row.
   * While somebody else inserts too, or rows expire immediately, that cannot be known, and is not said.
   */
  private async hadBefore(store: Store): Promise<boolean> {
    if (this.rowsBefore === undefined || this.expiring > 0 || this.inserted === 0) return false;
    return (await store.rowCount()) === this.rowsBefore;
  }

  private insert(
    table: TableName,
    segment: Uint8Array,
    rows: number,
    lastSeen: Uint32Array | undefined,
  ): void {
    this.begin();
    this.inserted += rows;
    const token = `${this.options.token}-${this.segmentName(table)}`;
    const done = this.ready!.then((store) => store.insert(table, segment, token, rows))
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

  /**
   * Numbers segments so that those of a table have the same name whatever else is stored. Sessions and
   * mirrors are numbered together, as in the versions that stored nothing else.
   */
  private segmentName(table: TableName): string {
    const { packets } = this.options;
    const kept = table === 'packets' && packets !== undefined;
    const name = kept ? `${table}-${packets.bytes}-${packets.packets}` : table;
    const numbered = table === 'sessions' || table === 'mirrors' ? 'sessions' : table;
    const serial = this.serials.get(numbered) ?? 0;
    this.serials.set(numbered, serial + 1);
    return `${name}-${serial}`;
  }
}
