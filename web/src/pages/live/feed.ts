/** What the page keeps of the rows that come: the newest, told of once a frame. */
import type { LiveRow } from '../../../../src/console/contract/live.js';

/** Rows that are kept. */
export const MOST_ROWS = 2000;
/** More rows at once than are followed by eye: they are shown twice a second. */
const MANY = 10;
const SELDOM = 500;

export interface ShownRow extends LiveRow {
  readonly key: string;
  /** When it came, milliseconds since 1970. */
  readonly at: number;
  /** Whether it came with many. */
  readonly crowded: boolean;
  /** What the filter looks into, lower case. */
  readonly text: string;
}

/** A row as it is shown and looked through. */
export function shownRow(row: LiveRow, at: number, crowded = false): ShownRow {
  const text = [
    `${row.client}:${row.client_port}`,
    `${row.server}:${row.server_port}`,
    row.app || row.transport,
    row.server_name,
    row.tcp_state,
    row.mirror_name,
  ];
  return {
    ...row,
    key: `${row.session_id} ${row.part} ${row.mirror}`,
    at,
    crowded,
    text: text.join(' ').toLowerCase(),
  };
}

export class Feed {
  /** The newest first. */
  private rows: readonly ShownRow[] = [];
  private coming: ShownRow[] = [];
  private waits = false;
  private shown = 0;
  private readonly listeners = new Set<() => void>();

  /** @param frame calls when the next frame is drawn */
  constructor(private readonly frame: (show: () => void) => void) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly get = (): readonly ShownRow[] => this.rows;

  add(rows: readonly LiveRow[]): void {
    const now = Date.now();
    const crowded = rows.length > MANY;
    for (const row of rows) this.coming.push(shownRow(row, now, crowded));
    if (this.waits) return;
    this.waits = true;
    const wait = crowded ? Math.max(0, this.shown + SELDOM - performance.now()) : 0;
    setTimeout(() => this.frame(() => this.show()), wait);
  }

  private show(): void {
    this.waits = false;
    this.shown = performance.now();
    this.rows = [...this.coming.reverse(), ...this.rows].slice(0, MOST_ROWS);
    this.coming = [];
    for (const listener of this.listeners) listener();
  }
}

/** Whether a row has every word of a filter. */
export function matches(row: ShownRow, words: readonly string[]): boolean {
  return words.every((word) => row.text.includes(word));
}

/** The words of a filter. */
export function wordsOf(filter: string): readonly string[] {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}
