import { MOST_OPEN_SHOWN, type OpenOrder } from '../../model/live.js';
import type { Strongest } from '../../sessions/strongest.js';
import type { SessionTable } from '../../sessions/table.js';
import { SessionLines } from '../../store/ndjson/lines.js';
import type { OpenRows } from './live-path.js';

/**
 * Slots looked at, and rows written, in one step: each takes some tenths of a millisecond, so that packets
 * never wait long.
 */
export const SLOTS_A_STEP = 4096;
export const ROWS_A_STEP = 8;

/** Finds a table's strongest open sessions and writes their rows, in steps between batches of packets. */
export class OpenScan {
  private readonly strongest: Strongest;
  private readonly lines: SessionLines;
  private readonly ends: number[] = [];
  private readonly strengths: number[] = [];
  private scanned = false;

  constructor(
    private readonly table: SessionTable,
    collector: string,
    by: OpenOrder,
  ) {
    this.strongest = table.strongest(by, MOST_OPEN_SHOWN);
    this.lines = new SessionLines(collector);
  }

  /** Goes on for a step. @returns the rows after the last one */
  step(): OpenRows | undefined {
    if (!this.scanned) {
      this.scanned = !this.strongest.scan(SLOTS_A_STEP);
      return undefined;
    }
    for (let n = 0; n < ROWS_A_STEP; n++) {
      const found = this.strongest.take();
      if (found === undefined) return this.rows();
      const record = this.table.rowOf(found.slot, found.serial);
      if (record === undefined) continue;
      this.lines.session(record);
      this.ends.push(this.lines.length);
      this.strengths.push(found.strength);
    }
    return undefined;
  }

  private rows(): OpenRows {
    return {
      bytes: this.lines.take().slice(),
      ends: Uint32Array.from(this.ends),
      strengths: Float64Array.from(this.strengths),
      open: this.table.open,
    };
  }
}
