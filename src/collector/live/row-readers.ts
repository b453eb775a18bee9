import { MOST_ROW_READERS, MOST_ROWS_A_SECOND, type RowsSecond } from '../../model/live.js';
import type { ShownRowsStatus } from '../../model/status.js';
import type { BodyWriter } from '../../observe/body.js';
import { type ControlAnswer, ControlError } from '../../observe/control.js';
import { rfc3339 } from '../../store/ndjson/ndjson.js';
import { utf8 } from '../../store/piece.js';
import type { EndedRows, LivePath } from './live-path.js';

/** Bytes that may wait for a reader; while more do, it misses rows. */
export const MOST_WAITING = 1 << 20;

interface Reader {
  readonly body: BodyWriter;
  /** Rows sent since its last second, and rows not sent since it began. */
  shown: number;
  missed: number;
}

/**
 * Those who read the rows of sessions as they end (the command `rows`). Past {@link MOST_ROWS_A_SECOND} they
 * get a sample, which the packet paths take: each row has the same probability, of what the last second had.
 */
export class RowReaders {
  private readonly readers = new Set<Reader>();
  /** Rows ended, and those taken, in the current second. */
  private ended = 0;
  private taken = 0;
  /** Since the start: readers refused, rows not in the sample, rows that readers missed. */
  private refused = 0;
  private leftOut = 0;
  private missed = 0;

  /**
   * @param paths the packet paths that rows come from
   * @param most readers at once
   */
  constructor(
    private readonly paths: () => readonly LivePath[],
    private readonly most = MOST_ROW_READERS,
  ) {}

  /** Answers `rows`, until the reader leaves. @throws ControlError if there are as many as can be */
  async read(answer: ControlAnswer): Promise<void> {
    if (this.readers.size >= this.most) {
      this.refused++;
      throw new ControlError(
        `${this.most} others read the rows of this collector already, as many as can: try again when one ` +
          'has left',
      );
    }
    const reader: Reader = { body: answer.begin(), shown: 0, missed: 0 };
    answer.cutOffIfNotRead();
    this.readers.add(reader);
    if (this.readers.size === 1) this.begin();
    await new Promise<void>((resolve) => answer.onClose(resolve));
    this.readers.delete(reader);
    if (this.readers.size === 0) this.show(0);
  }

  /** Takes what ended in a packet path. */
  take({ ended, bytes, ends }: EndedRows): void {
    if (this.readers.size === 0) return;
    this.ended += ended;
    const rows = Math.min(ends.length, MOST_ROWS_A_SECOND - this.taken);
    this.leftOut += ended - rows;
    if (rows === 0) return;
    this.taken += rows;
    const lines = bytes.subarray(0, ends[rows - 1]);
    for (const reader of this.readers) {
      if (reader.body.waiting >= MOST_WAITING) {
        reader.missed += rows;
        this.missed += rows;
        continue;
      }
      reader.shown += rows;
      reader.body.write(lines);
    }
  }

  /** Tells what the rows of the last second were a sample of. To be called once a second. */
  second(now: number): void {
    if (this.readers.size === 0) return;
    const time = rfc3339(Math.floor(now / 1000), (now % 1000) * 1e6);
    for (const reader of this.readers) {
      const { shown, missed, body } = reader;
      reader.shown = 0;
      if (body.waiting >= MOST_WAITING) continue;
      const line: RowsSecond = { second: { time, ended: this.ended, shown, missed } };
      body.write(utf8(`${JSON.stringify(line)}\n`));
    }
    this.show(Math.min(1, MOST_ROWS_A_SECOND / this.ended));
    this.ended = 0;
    this.taken = 0;
  }

  get status(): ShownRowsStatus {
    const { refused, leftOut, missed } = this;
    return { readers: this.readers.size, readers_refused: refused, left_out: leftOut, missed };
  }

  /** From now on rows are looked for: all of them, as far as is known. */
  private begin(): void {
    this.ended = 0;
    this.taken = 0;
    this.show(1);
  }

  private show(share: number): void {
    for (const path of this.paths()) path.showRows(share);
  }
}
