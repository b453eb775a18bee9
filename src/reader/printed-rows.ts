import type { RowSink } from '../model/row-sink.js';
import type { SessionSink } from '../model/session-record.js';
import { CertificateLines, NameLines, SessionLines, TransactionLines } from '../store/ndjson/lines.js';
import type { PointLines } from '../store/ndjson/point-lines.js';
import type { RowKind } from './kinds.js';
import { CHUNK } from './line-writer.js';
import type { Printing } from './session-dialect.js';

/** Where the session thread's rows go. */
export type Rows = SessionSink & Partial<RowSink> & { flush(): void };

/**
 * Prints rows as NDJSON: those of the kinds asked for.
 *
 * @param write takes lines before it returns: their memory is reused
 */
export function printedRows(collector: string, printing: Printing, write: (lines: Uint8Array) => void): Rows {
  const all: PointLines[] = [];
  const add = <L extends PointLines>(kind: RowKind, lines: L): L | undefined => {
    if (!printing.kinds.includes(kind)) return undefined;
    if (printing.named) lines.nameTable(kind);
    all.push(lines);
    return lines;
  };
  const written = (lines: PointLines): void => {
    if (lines.length >= CHUNK) write(lines.take());
  };
  const sessions = add('sessions', new SessionLines(collector));
  const transactions = add('transactions', new TransactionLines(collector));
  const certificates = add('certificates', new CertificateLines(collector));
  const names = add('names', new NameLines());
  return {
    session: (record) => {
      if (sessions === undefined) return;
      sessions.session(record);
      written(sessions);
    },
    ...(transactions && {
      transaction: (record) => {
        transactions.transaction(record);
        written(transactions);
      },
    }),
    ...(certificates && {
      certificate: (record) => {
        certificates.certificate(record);
        written(certificates);
      },
    }),
    ...(names && {
      name: (record) => {
        names.name(record);
        written(names);
      },
    }),
    flush: () => {
      for (const lines of all) write(lines.take());
    },
  };
}
