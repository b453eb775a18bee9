import type { CertificateRecord } from '../model/certificate-record.js';
import type { NameRecord } from '../model/name-record.js';
import type { RowSink } from '../model/row-sink.js';
import type { SessionRecord } from '../model/session-record.js';
import type { TransactionRecord } from '../model/transaction-record.js';

/**
 * Counts conversations that break an entry of `policies`, on the way of their rows: each once, in its first
 * part, and where several mirror points see it in that of the first.
 */
export class PolicyCounts implements RowSink {
  /** By the column `policy`: there are no more than entries. */
  readonly sessions: Record<string, number> = {};

  constructor(private readonly sink: RowSink) {}

  session(record: SessionRecord): void {
    const { policy } = record;
    if (policy !== '' && record.part === 0 && record.copy === 0)
      this.sessions[policy] = (this.sessions[policy] ?? 0) + 1;
    this.sink.session(record);
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
}
