import type { CertificateSink } from './certificate-record.js';
import type { SessionSink } from './session-record.js';
import type { TransactionSink } from './transaction-record.js';

/** Where the rows of a session table go: sessions, and what their messages say. */
export interface RowSink extends SessionSink, TransactionSink, CertificateSink {}
