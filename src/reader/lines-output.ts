/** Outputs of `read --ndjson` other than those of the session thread. */

import type { MirrorTable } from '../accounts/mirrors.js';
import type { PacketWatcher } from '../demux/dispatch.js';
import type { HopRecord, HopSink } from '../model/hop-record.js';
import { MirrorRecord } from '../model/mirror-record.js';
import type { PathRecord, PathSink } from '../model/path-record.js';
import { HopLines, MirrorLines as MirrorRows, PathLines } from '../store/ndjson/lines.js';
import { packetJson } from '../store/ndjson/packet-ndjson.js';
import type { PointLines } from '../store/ndjson/point-lines.js';
import { type TunnelTable, tunnelObject } from '../tunnels/kernel/table.js';
import type { NdjsonKind } from './kinds.js';
import { CHUNK, LineWriter, writeOut } from './line-writer.js';
import type { ReadOutput } from './output.js';

/** `--ndjson packets`: one line per GRE packet. */
export class PacketLines implements ReadOutput {
  private readonly lines = new LineWriter();
  readonly watcher: PacketWatcher = {
    packet: (outer, gre, mirrored, frame, reason) => {
      const line = packetJson(outer, gre, mirrored, frame, reason);
      this.lines.line(this.named ? `{"table":"packets",${line.slice(1)}` : line);
    },
  };

  /** @param named whether lines say of which table they are */
  constructor(private readonly named: boolean) {}

  async settle(): Promise<void> {}

  async finish(): Promise<void> {
    this.lines.flush();
  }
}

/** `--ndjson mirrors`: one line per mirror point, over everything that was read. */
export class MirrorLines implements ReadOutput {
  constructor(
    private readonly collector: string,
    private readonly named: boolean,
  ) {}

  async settle(): Promise<void> {}

  async finish(mirrors: MirrorTable): Promise<void> {
    const rows = new MirrorRows(this.collector);
    if (this.named) rows.nameTable('mirrors');
    const record = new MirrorRecord();
    for (const point of mirrors.points) {
      mirrors.totals(point, record);
      rows.mirror(record);
    }
    writeOut(rows.take());
  }
}

/** `--ndjson paths` and `hops`: what became of packets between two places. */
export class WayLines implements ReadOutput {
  readonly paths: PathSink & HopSink;
  private readonly lines: PointLines[] = [];

  constructor(collector: string, kinds: readonly NdjsonKind[], named: boolean) {
    const add = <L extends PointLines>(kind: NdjsonKind, lines: L): L | undefined => {
      if (!kinds.includes(kind)) return undefined;
      if (named) lines.nameTable(kind);
      this.lines.push(lines);
      return lines;
    };
    const paths = add('paths', new PathLines(collector));
    const hops = add('hops', new HopLines(collector));
    this.paths = {
      path: (record: PathRecord) => {
        paths?.path(record);
        this.written();
      },
      hop: (record: HopRecord) => {
        hops?.hop(record);
        this.written();
      },
    };
  }

  async settle(): Promise<void> {}

  async finish(): Promise<void> {
    for (const lines of this.lines) writeOut(lines.take());
  }

  private written(): void {
    for (const lines of this.lines) if (lines.length >= CHUNK) writeOut(lines.take());
  }
}

/** `--ndjson tunnels`: one line per tunnel, with the kernel's counters. */
export class TunnelLines implements ReadOutput {
  constructor(
    private readonly tunnels: TunnelTable | undefined,
    private readonly named: boolean,
  ) {}

  async settle(): Promise<void> {}

  async finish(): Promise<void> {
    const lines = new LineWriter();
    const table = this.named ? { table: 'tunnels' } : {};
    for (const tunnel of this.tunnels?.tunnels() ?? [])
      lines.line(JSON.stringify({ ...table, ...tunnelObject(tunnel) }));
    lines.flush();
  }
}
