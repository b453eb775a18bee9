import type { PacketBatch } from '../../model/batch.js';
import type { Inputs } from '../../model/inputs.js';
import type { OpenOrder } from '../../model/live.js';
import type { RowSink } from '../../model/row-sink.js';
import type { SessionTable } from '../../sessions/table.js';
import type { Overlay } from '../../wire/tunnel/overlay-kinds.js';
import { FrameWatch } from './frame-watch.js';
import type { LiveOutput, Watch } from './live-path.js';
import { OpenScan } from './open-scan.js';
import { ShownRows } from './shown-rows.js';

/** What a packet path shows of itself while somebody asks. */
export class PathLive {
  /** Takes the rows of the session table. */
  readonly rows: ShownRows;
  private scan: OpenScan | undefined;
  private frames: FrameWatch | undefined;

  /**
   * @param sink where rows go, watched or not
   * @param collector the name in the column `collector`
   */
  constructor(
    sink: RowSink,
    private readonly collector: string,
    private readonly output: LiveOutput | undefined,
  ) {
    this.rows = new ShownRows(sink, collector);
  }

  showRows(share: number): void {
    this.rows.setShare(share);
  }

  findOpen(by: OpenOrder, table: SessionTable): void {
    this.scan = new OpenScan(table, this.collector, by);
  }

  watch(watches: readonly Watch[], overlays: readonly Overlay[], inputs: Inputs): void {
    this.frames = watches.length === 0 ? undefined : new FrameWatch(watches, overlays, inputs);
  }

  /** Looks at a batch, before it is processed. */
  look(batch: PacketBatch): void {
    this.frames?.look(batch);
  }

  /** Whether {@link step} has more to do. */
  get scanning(): boolean {
    return this.scan !== undefined;
  }

  /** Goes on looking for the strongest open sessions, for some tenths of a millisecond. */
  step(): void {
    const found = this.scan?.step();
    if (found === undefined) return;
    this.scan = undefined;
    this.output?.open(found);
  }

  /** Tells what there is to tell. @param now milliseconds since 1970 */
  tick(now: number): void {
    const rows = this.rows.take(now);
    if (rows !== undefined) this.output?.rows(rows);
    const seen = this.frames?.tick(Math.floor(now / 1000)) ?? [];
    if (seen.length > 0) this.output?.frames(seen);
  }
}
