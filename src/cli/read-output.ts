/** Where `mirrorlake read` puts what it found: a store, or lines on stdout. */
import type { PacketWatcher } from '../demux/inner.js';
import type { SessionRecord, SessionSink } from '../sessions/record.js';
import { MirrorSegment } from '../store/mirror-segment.js';
import { mirrorJson, sessionJson } from '../store/ndjson.js';
import { SessionSegment } from '../store/session-segment.js';
import type { Store } from '../store/store.js';
import type { TableName } from '../store/tables.js';
import { type TunnelTable, tunnelObject } from '../tunnels/table.js';
import { MirrorRecord, type MirrorSink } from '../wire/mirror-record.js';
import { LineWriter } from './line-writer.js';
import type { Pipeline } from './pipeline.js';

/** What `read --ndjson` can print. */
export const NDJSON_KINDS = ['sessions', 'packets', 'mirrors', 'tunnels'] as const;
export type NdjsonKind = (typeof NDJSON_KINDS)[number];

/** A place for rows. */
export interface ReadOutput extends SessionSink, MirrorSink {
  readonly watcher?: PacketWatcher;
  /** Called between batches: waits while too much is on its way. */
  settle(): Promise<void>;
  /** Puts away what is left. */
  finish(pipeline: Pipeline): Promise<void>;
}

/** `--ndjson sessions` */
export class SessionLines implements ReadOutput {
  private readonly lines = new LineWriter();

  constructor(private readonly collector: string) {}

  session(record: SessionRecord): void {
    this.lines.line(sessionJson(record, this.collector));
  }

  mirror(): void {}

  async settle(): Promise<void> {}

  async finish(): Promise<void> {
    this.lines.flush();
  }
}

/** `--ndjson mirrors`: one line a mirror point, over all that was read. */
export class MirrorLines implements ReadOutput {
  constructor(private readonly collector: string) {}

  session(): void {}

  mirror(): void {}

  async settle(): Promise<void> {}

  async finish(pipeline: Pipeline): Promise<void> {
    const lines = new LineWriter();
    const record = new MirrorRecord();
    for (const point of pipeline.mirrors.points) {
      pipeline.mirrors.totals(point, record);
      lines.line(mirrorJson(record, this.collector));
    }
    lines.flush();
  }
}

/** `--ndjson tunnels`: one line a tunnel, with the kernel's counters. */
export class TunnelLines implements ReadOutput {
  constructor(private readonly tunnels: TunnelTable) {}

  session(): void {}

  mirror(): void {}

  async settle(): Promise<void> {}

  async finish(): Promise<void> {
    const lines = new LineWriter();
    for (const tunnel of this.tunnels.tunnels()) lines.line(JSON.stringify(tunnelObject(tunnel)));
    lines.flush();
  }
}

/** Bytes of a segment before it is inserted, and segments on their way to the store at once. */
const SEGMENT_BYTES = 8 * 1024 * 1024;
const IN_FLIGHT = 3;

/** `--store` */
export class StoreOutput implements ReadOutput {
  private readonly sessions: SessionSegment;
  private readonly mirrors: MirrorSegment;
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
    this.sessions = new SessionSegment(collector);
    this.mirrors = new MirrorSegment(collector);
    this.ready = store.migrate();
    // Its failure is met by the first insert, or by finish.
    this.ready.catch(() => {});
  }

  session(record: SessionRecord): void {
    this.sessions.session(record);
    if (this.sessions.length >= SEGMENT_BYTES) this.insert('sessions', this.sessions.take());
  }

  mirror(record: MirrorRecord): void {
    this.mirrors.mirror(record);
  }

  async settle(): Promise<void> {
    while (this.inserts.size >= IN_FLIGHT && this.failure === undefined) await Promise.race(this.inserts);
    if (this.failure !== undefined) throw this.failure;
  }

  async finish(): Promise<void> {
    if (this.sessions.length > 0) this.insert('sessions', this.sessions.take());
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
