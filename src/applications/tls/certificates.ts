/** The server's Certificate message (RFC 5246, 7.4.2): its first certificate, and how many there are. */
import { createHash } from 'node:crypto';
import { u24 } from '../../wire/bytes.js';
import { Certificate } from '../certificate.js';
import type { Dialogue } from '../engine/dialogue.js';
import { HANDSHAKE_HEADER } from './hello.js';
import { X509 } from './x509.js';

/** Certificates that are counted at most. */
const LONGEST_CHAIN = 64;

export class CertificateList {
  private readonly certificate = new Certificate();
  private readonly x509 = new X509();

  /** Reads the message from its header at `o` to `end`, or as far as it is there, and says what it shows. */
  read(d: Dialogue, b: Uint8Array, o: number, end: number, serverName: string): void {
    const c = this.certificate;
    if (o + HANDSHAKE_HEADER + 6 > end) return;
    const list = o + HANDSHAKE_HEADER + 3;
    const listEnd = list + u24(b, list - 3);
    const leaf = list + 3;
    const leafEnd = leaf + u24(b, list);
    if (leafEnd > listEnd || leafEnd === leaf) return;
    c.chain = 1;
    let p = leafEnd;
    while (c.chain < LONGEST_CHAIN && p + 3 <= Math.min(end, listEnd)) {
      p += 3 + u24(b, p);
      c.chain++;
    }
    c.partial = d.ending;
    c.serverName = serverName;
    c.fingerprint.fill(0);
    if (leafEnd <= end) createHash('sha256').update(b.subarray(leaf, leafEnd)).digest().copy(c.fingerprint);
    if (!this.x509.read(d.texts, b, leaf, Math.min(end, leafEnd), leafEnd, c) && c.partial === '')
      c.partial = 'malformed';
    d.certificate(c);
  }
}
