import { CertificateFields } from './columns/fields.js';
import type { MirrorPoint } from './mirror-point.js';

/**
 * One row of the `certificates` table: what a server showed. The object is reused: a sink encodes or copies
 * what it needs before it returns.
 */
export class CertificateRecord extends CertificateFields {
  /** Set before the record is handed on. */
  point!: MirrorPoint;
}

/** Where certificates go. */
export interface CertificateSink {
  certificate(record: CertificateRecord): void;
}
