import type { Partial } from '../model/told.js';

/** The most names that are kept of a certificate. */
export const MOST_NAMES = 64;

/** A server's certificate: what becomes a row of `certificates`. The object is reused. */
export class Certificate {
  /** SHA-256 of its DER encoding; all 0 where not all of it was seen. */
  readonly fingerprint = new Uint8Array(32);
  serverName = '';
  /** The last common name of its subject, and of its issuer. */
  subject = '';
  issuer = '';
  /** DNS names and addresses of its subjectAltName. */
  names: string[] = [];
  /** In hexadecimal, lower case; `-` before negative ones. */
  serial = '';
  /** Seconds since 1970. */
  notBefore = 0;
  notAfter = 0;
  /** `rsa`, `ec`, `ed25519`, …, and its bits; '' and 0 where unknown. */
  keyType = '';
  keyBits = 0;
  /** `sha256WithRSAEncryption`, …; the object identifier of others. */
  signature = '';
  /** Certificates that the server sent. */
  chain = 0;
  partial: Partial | '' = '';
}
