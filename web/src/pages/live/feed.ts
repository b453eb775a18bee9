/** What the page keeps of the rows that come: the newest, told of once a frame. */
import type { LiveRow } from '../../../../src/console/contract/live.js';

/** Rows that are kept. */
export const MOST_ROWS = 2000;

export interface ShownRow extends LiveRow {
  readonly key: string;
  /** When it came, milliseconds since 1970. */
  readonly at: number;
  /** What the filter looks into, lower case. */
  readonly text: string;
}

/** A row as it is shown and looked through. */
export function shownRow(row: LiveRow, at: number): ShownRow {
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
    text: text.join(' ').toLowerCase(),
  };
}

export class Feed {
  /** The newest first. */
  private rows: readonly ShownRow[] = [];
  private coming: ShownRow[] = [];
  private frame = 0;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly get = (): readonly ShownRow[] => this.rows;

  add(rows: readonly LiveRow[]): void {
    const now = Date.now();
    for (const row of rows) this.coming.push(shownRow(row, now));
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.rows = [...this.coming.reverse(), ...this.rows].slice(0, MOST_ROWS);
      this.coming = [];
      for (const listener of this.listeners) listener();
    });
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
