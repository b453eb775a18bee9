/** The server's Certificate message (RFC 5246, 7.4.2): its first certificate, and how many there are. */
import { createHash } from 'node:crypto';
import { u24 } from '../../wire/bytes.js';
import { Certificate } from '../certificate.js';
import type { Dialogue } from '../engine/dialogue.js';
import { HANDSHAKE_HEADER } from './hello.js';
import { X509 } from './x509.js';

/** Certificates that are counted at most. */
const LONGEST_CHAIN = 64;

/** Certificates that are remembered: servers show the same ones all day. One takes the place of another. */
const PLACES = 512;
/** Longer ones are not remembered. */
const LONGEST = 2048;

/** A certificate, and what was read of it. */
class Known {
  private readonly bytes = new Uint8Array(LONGEST);
  private length = 0;
  readonly certificate = new Certificate();
  /** Whether it keeps the rules of DER, and has the parts of a certificate. */
  isSound = true;

  holds(b: Uint8Array, o: number, length: number): boolean {
    if (length !== this.length) return false;
    for (let i = 0; i < length; i++) if (this.bytes[i] !== b[o + i]) return false;
    return true;
  }

  keep(b: Uint8Array, o: number, length: number): void {
    this.length = length;
    for (let i = 0; i < length; i++) this.bytes[i] = b[o + i];
  }
}

export class CertificateList {
  /** One that is not remembered. */
  private readonly other = new Known();
  private readonly x509 = new X509();
  private readonly known: (Known | undefined)[] = new Array<Known | undefined>(PLACES).fill(undefined);

  /** Reads the message from its header at `o` to `end`, or as far as it is there, and says what it shows. */
  read(d: Dialogue, b: Uint8Array, o: number, end: number, serverName: string): void {
    if (o + HANDSHAKE_HEADER + 6 > end) return;
    const list = o + HANDSHAKE_HEADER + 3;
    const listEnd = list + u24(b, list - 3);
    const leaf = list + 3;
    const leafEnd = leaf + u24(b, list);
    if (leafEnd > listEnd || leafEnd === leaf) return;
    let chain = 1;
    let p = leafEnd;
    while (chain < LONGEST_CHAIN && p + 3 <= Math.min(end, listEnd)) {
      p += 3 + u24(b, p);
      chain++;
    }
    const known = leafEnd <= end ? this.whole(d, b, leaf, leafEnd) : this.beginning(d, b, leaf, end, leafEnd);
    const c = known.certificate;
    c.chain = chain;
    c.serverName = serverName;
    c.partial = d.ending === '' && !known.isSound ? 'malformed' : d.ending;
    d.certificate(c);
  }

  /** A certificate that is here to its end: as it was read before, if it was. */
  private whole(d: Dialogue, b: Uint8Array, o: number, end: number): Known {
    const length = end - o;
    let known = this.other;
    if (length <= LONGEST) {
      // Its signature is at its end: no two have the same, but for those that somebody makes so.
      const place = (b[end - 1] ^ b[end - 2] ^ length) & (PLACES - 1);
      known = this.known[place] ?? new Known();
      this.known[place] = known;
      if (known.holds(b, o, length)) return known;
      known.keep(b, o, length);
    }
    createHash('sha256').update(b.subarray(o, end)).digest().copy(known.certificate.fingerprint);
    known.isSound = this.x509.read(d.texts, b, o, end, end, known.certificate);
    return known;
  }

  /** A certificate of which the rest is missing. */
  private beginning(d: Dialogue, b: Uint8Array, o: number, end: number, leafEnd: number): Known {
    const { other } = this;
    other.certificate.fingerprint.fill(0);
    other.isSound = this.x509.read(d.texts, b, o, end, leafEnd, other.certificate);
    return other;
  }
}
