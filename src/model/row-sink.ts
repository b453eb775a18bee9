import type { CertificateSink } from './certificate-record.js';
import type { NameSink } from './name-record.js';
import type { SessionSink } from './session-record.js';
import type { TransactionSink } from './transaction-record.js';

/** Where the rows of a session table go: sessions, what their messages say, and what addresses are called. */
export interface RowSink extends SessionSink, TransactionSink, CertificateSink, NameSink {}
