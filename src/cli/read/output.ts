/** Where `mirrorlake read` puts what it found: a store, or lines on stdout. */
import type { PacketWatcher } from '../../demux/inner.js';
import type { MirrorTable } from '../../demux/mirrors.js';
import { MirrorSegment } from '../../store/mirror-segment.js';
import { mirrorJson } from '../../store/ndjson.js';
import { packetJson } from '../../store/packet-ndjson.js';
import type { Store } from '../../store/store.js';
import type { TableName } from '../../store/tables.js';
import { type TunnelTable, tunnelObject } from '../../tunnels/table.js';
import { MirrorRecord, type MirrorSink } from '../../wire/mirror-record.js';
import { LineWriter } from '../line-writer.js';

/** A place for rows. */
export interface ReadOutput {
  /** Takes finished sessions, a segment at a time; without it the session thread prints them. */

  readonly onSegment?: (segment: Uint8Array) => void;
  readonly mirrors?: MirrorSink;
  readonly watcher?: PacketWatcher;
  /** Called between batches: waits while too much is on its way. */
  settle(): Promise<void>;
  /** Puts away what is left. */
  finish(mirrors: MirrorTable): Promise<void>;
}

/** `--ndjson sessions`: the session thread prints them. */
export class SessionLines implements ReadOutput {
  async settle(): Promise<void> {}

  async finish(): Promise<void> {}
}

/** `--ndjson packets`: one line a GRE packet. */
export class PacketLines implements ReadOutput {
  private readonly lines = new LineWriter();
  readonly watcher: PacketWatcher = {
    packet: (outer, gre, mirrored, frame, reason) =>
      this.lines.line(packetJson(outer, gre, mirrored, frame, reason)),
  };

  async settle(): Promise<void> {}

  async finish(): Promise<void> {
    this.lines.flush();
  }
}

/** `--ndjson mirrors`: one line a mirror point, over all that was read. */
export class MirrorLines implements ReadOutput {
  constructor(private readonly collector: string) {}

  async settle(): Promise<void> {}

  async finish(mirrors: MirrorTable): Promise<void> {
    const lines = new LineWriter();
    const record = new MirrorRecord();
    for (const point of mirrors.points) {
      mirrors.totals(point, record);
      lines.line(mirrorJson(record, this.collector));
    }
    lines.flush();
  }
}

/** `--ndjson tunnels`: one line a tunnel, with the kernel's counters. */
export class TunnelLines implements ReadOutput {
  constructor(private readonly tunnels: TunnelTable) {}

  async settle(): Promise<void> {}

  async finish(): Promise<void> {
    const lines = new LineWriter();
    for (const tunnel of this.tunnels.tunnels()) lines.line(JSON.stringify(tunnelObject(tunnel)));
    lines.flush();
  }
}

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
