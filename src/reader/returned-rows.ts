import type { MessageWriter } from '../store/segment/message-writer.js';
import {
  CertificateSegment,
  NameSegment,
  SessionSegment,
  TransactionSegment,
} from '../store/segment/segments.js';
import type { RowKind } from './kinds.js';
import type { Rows } from './printed-rows.js';
import type { RowSegment } from './session-dialect.js';

/** Bytes of a segment before it is returned: some ten thousand sessions. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/** Returns rows as segments: each table's at its own size, so that others make no difference to its names. */
export function returnedRows(collector: string, hand: (segment: RowSegment) => void): Rows {
  const sessions = new SessionSegment(collector);
  const transactions = new TransactionSegment(collector);
  const certificates = new CertificateSegment(collector);
  const names = new NameSegment();
  // A row takes more than a hundred bytes.
  let lastSeen = new Uint32Array(SEGMENT_BYTES / 64);
  const give = (table: RowKind, segment: MessageWriter): void => {
    const rows = segment.count;
    if (rows === 0) return;
    const seen = table === 'sessions' ? lastSeen.slice(0, rows) : undefined;
    hand({ table, bytes: segment.take() as Uint8Array<ArrayBuffer>, rows, lastSeen: seen });
  };
  const written = (table: RowKind, segment: MessageWriter): void => {
    if (segment.length >= SEGMENT_BYTES) give(table, segment);
  };
  return {
    session: (record) => {
      if (sessions.count === lastSeen.length) lastSeen = grown(lastSeen);
      lastSeen[sessions.count] = record.lastSeenSec;
      sessions.session(record);
      written('sessions', sessions);
    },
    transaction: (record) => {
      transactions.transaction(record);
      written('transactions', transactions);
    },
    certificate: (record) => {
      certificates.certificate(record);
      written('certificates', certificates);
    },
    name: (record) => {
      names.name(record);
      written('names', names);
    },
    flush: () => {
      give('sessions', sessions);
      give('transactions', transactions);
      give('certificates', certificates);
      give('names', names);
    },
  };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
