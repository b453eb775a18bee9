import type { CertificateRecord } from '../../model/certificate-record.js';
import type { TableName } from '../../model/columns/tables.js';
import type { NameRecord } from '../../model/name-record.js';
import type { RowSink } from '../../model/row-sink.js';
import type { SessionRecord } from '../../model/session-record.js';
import type { TransactionRecord } from '../../model/transaction-record.js';
import { CertificateSegment, NameSegment, SessionSegment, TransactionSegment } from './segments.js';

/** Takes a segment, and its memory. */
export type TakeSegment = (table: TableName, bytes: Uint8Array, rows: number) => void;

/** Collects the rows of a session table into segments, one for each table of the store. */
export class RowSegments implements RowSink {
  private readonly sessions: SessionSegment;
  private readonly transactions: TransactionSegment;
  private readonly certificates: CertificateSegment;
  private readonly names = new NameSegment();

  /** @param collector the name in the columns `collector` */
  constructor(collector: string) {
    this.sessions = new SessionSegment(collector);
    this.transactions = new TransactionSegment(collector);
    this.certificates = new CertificateSegment(collector);
  }

  session(record: SessionRecord): void {
    this.sessions.session(record);
  }

  transaction(record: TransactionRecord): void {
    this.transactions.transaction(record);
  }

  certificate(record: CertificateRecord): void {
    this.certificates.certificate(record);
  }

  name(record: NameRecord): void {
    this.names.name(record);
  }

  /** Bytes written so far. */
  get length(): number {
    const { sessions, transactions, certificates, names } = this;
    return sessions.length + transactions.length + certificates.length + names.length;
  }

  /** Rows written so far. */
  get count(): number {
    const { sessions, transactions, certificates, names } = this;
    return sessions.count + transactions.count + certificates.count + names.count;
  }

  /** Hands on what has gathered. */
  flush(take: TakeSegment): void {
    for (const [table, segment] of [
      ['sessions', this.sessions],
      ['transactions', this.transactions],
      ['certificates', this.certificates],
      ['names', this.names],
    ] as const) {
      const rows = segment.count;
      if (rows > 0) take(table, segment.take(), rows);
    }
  }
}
