/** How fast a store grows, and how long its disk lasts: from recently stored rows and the size of a row. */
import type { TableName } from '../model/columns/tables.js';
import { ROLLUPS } from './rollups.js';

/** The disk space of a store's tables. */
export interface StoreSize {
  /** By table of the store: rows and bytes on disk. */
  readonly tables: ReadonlyMap<string, { readonly rows: number; readonly bytes: number }>;
  /** Free bytes of the disk; undefined if unknown. */
  readonly free: number | undefined;
}

/** The figures in the status. */
export interface GrowthFigures {
  readonly freeBytes: number | undefined;
  readonly bytesPerDay: number | undefined;
  /** Undefined if the disk never fills at this rate, or that is unknown. */
  readonly daysLeft: number | undefined;
}

export const NO_FIGURES: GrowthFigures = {
  freeBytes: undefined,
  bytesPerDay: undefined,
  daysLeft: undefined,
};

const DAY_MS = 86_400_000;
/** Rows are counted over at most the first time; no rate is given before the second. */
const LONGEST_MS = DAY_MS;
const SHORTEST_MS = 600_000;
/** Tables that grow with another table's rows. */
const ROLLED_UP: Readonly<Record<string, TableName>> = Object.fromEntries(
  Object.keys(ROLLUPS).map((rollup) => [rollup, 'sessions']),
);

/** Rows stored so far, by table. */
type Stored = ReadonlyMap<TableName, number>;

export class Growth {
  private readonly samples: { readonly at: number; readonly stored: Stored }[] = [];

  /**
   * Takes the rows stored so far.
   *
   * @param now milliseconds of a monotonic clock
   * @param retention seconds after which rows are removed, undefined: never
   */
  figures(now: number, stored: Stored, size: StoreSize, retention: number | undefined): GrowthFigures {
    this.samples.push({ at: now, stored: new Map(stored) });
    while (this.samples.length > 1 && now - this.samples[1].at >= LONGEST_MS) this.samples.shift();
    const [first] = this.samples;
    const elapsed = now - first.at;
    if (elapsed < SHORTEST_MS) return { ...NO_FIGURES, freeBytes: size.free };
    let bytesPerDay = 0;
    for (const [table, rows] of stored)
      bytesPerDay += ((rows - (first.stored.get(table) ?? 0)) / elapsed) * DAY_MS * rowBytes(table, size);
    return { freeBytes: size.free, bytesPerDay, daysLeft: daysLeft(bytesPerDay, size, retention) };
  }
}

/** Days until a disk is full, undefined if never. */
export function daysLeft(
  bytesPerDay: number,
  size: StoreSize,
  retention: number | undefined,
): number | undefined {
  if (size.free === undefined || !(bytesPerDay > 0)) return undefined;
  const used = [...size.tables.values()].reduce((sum, table) => sum + table.bytes, 0);
  // Once as much is removed as arrives, the store stops growing.
  if (retention !== undefined && (bytesPerDay * retention * 1000) / DAY_MS <= used + size.free)
    return undefined;
  return size.free / bytesPerDay;
}

/** Disk space of a row, in its own table and in those rolled up from it. */
function rowBytes(table: TableName, { tables }: StoreSize): number {
  const rows = tables.get(table)?.rows ?? 0;
  if (rows === 0) return 0;
  let bytes = 0;
  for (const [name, t] of tables) if (name === table || ROLLED_UP[name] === table) bytes += t.bytes;
  return bytes / rows;
}
