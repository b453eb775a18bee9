import type { CertificateRecord } from '../../model/certificate-record.js';
import { MOST_ROWS_A_SECOND } from '../../model/live.js';
import type { NameRecord } from '../../model/name-record.js';
import type { RowSink } from '../../model/row-sink.js';
import type { SessionRecord } from '../../model/session-record.js';
import type { TransactionRecord } from '../../model/transaction-record.js';
import { SessionLines } from '../../store/ndjson/lines.js';
import type { EndedRows } from './live-path.js';

const SECOND_MS = 1000;

/**
 * Passes the rows of a packet path on to the store's segments and, while somebody looks, shows some of the
 * sessions. While nobody does, that is one comparison per row. Which rows are shown is decided before they
 * are written, so a flood of rows costs no more than {@link MOST_ROWS_A_SECOND} of them.
 */
export class ShownRows implements RowSink {
  /** The probability that a row is shown. */
  private share = 0;
  private ended = 0;
  /** Rows shown in the current second, and when that began, milliseconds since 1970. */
  private shown = 0;
  private second = 0;
  /** Made anew every second: it remembers every mirror point that it wrote. */
  private lines: SessionLines | undefined;
  private ends: number[] = [];

  /** @param collector the name in the column `collector` */
  constructor(
    private readonly sink: RowSink,
    private readonly collector: string,
  ) {}

  session(record: SessionRecord): void {
    this.sink.session(record);
    if (this.share > 0) this.show(record);
  }

  transaction(record: TransactionRecord): void {
    this.sink.transaction(record);
  }

  certificate(record: CertificateRecord): void {
    this.sink.certificate(record);
  }

  name(record: NameRecord): void {
    this.sink.name(record);
  }

  /** Shows rows from now on, each with this probability; 0: none. */
  setShare(share: number): void {
    this.share = share;
    if (share > 0) return;
    this.lines = undefined;
    this.ends = [];
    this.ended = 0;
  }

  /** What ended since the last call; undefined if nothing did. @param now milliseconds since 1970 */
  take(now: number): EndedRows | undefined {
    const { lines, ends, ended } = this;
    if (now - this.second >= SECOND_MS || now < this.second) {
      this.second = now;
      this.shown = 0;
      this.lines = undefined;
    }
    if (ended === 0) return undefined;
    this.ended = 0;
    this.ends = [];
    return { ended, bytes: lines?.take().slice() ?? new Uint8Array(0), ends: Uint32Array.from(ends) };
  }

  private show(record: SessionRecord): void {
    this.ended++;
    if (this.shown >= MOST_ROWS_A_SECOND) return;
    if (this.share < 1 && Math.random() >= this.share) return;
    this.shown++;
    this.lines ??= new SessionLines(this.collector);
    this.lines.session(record);
    this.ends.push(this.lines.length);
  }
}
