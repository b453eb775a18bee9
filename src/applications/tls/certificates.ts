/** The server's Certificate message (RFC 5246, 7.4.2): its first certificate, and how many there are. */
import { hash } from 'node:crypto';
import { u24 } from '../../wire/bytes.js';
import { Certificate } from '../certificate.js';
import type { Dialogue } from '../engine/dialogue.js';
import { KnownBytes } from '../known-bytes.js';
import { HANDSHAKE_HEADER } from './hello.js';
import { X509 } from './x509.js';

/** Certificates that are counted at most. */
const LONGEST_CHAIN = 64;

/** Certificates that are remembered: servers show the same ones all day; 2 to the power of this. */
const PLACE_BITS = 9;
/** Longer ones are not remembered. */
const LONGEST = 2048;

/** What was read of a certificate. */
class Leaf {
  readonly certificate = new Certificate();
  /** Whether it keeps the rules of DER, and has the parts of a certificate. */
  isSound = true;
}

export class CertificateList {
  private readonly known = new KnownBytes(PLACE_BITS, LONGEST, () => new Leaf());
  /** One that is not here to its end. */
  private readonly part = new Leaf();
  private readonly x509 = new X509();

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
    const { certificate: c, isSound } =
      leafEnd <= end ? this.whole(d, b, leaf, leafEnd) : this.beginning(d, b, leaf, end, leafEnd);
    c.chain = chain;
    c.serverName = serverName;
    c.partial = d.ending === '' && !isSound ? 'malformed' : d.ending;
    d.certificate(c);
  }

  /** A certificate that is here to its end: as it was read before, if it was. */
  private whole(d: Dialogue, b: Uint8Array, o: number, end: number): Leaf {
    const leaf = this.known.find(b, o, end);
    if (!this.known.isNew) return leaf;
    const digest = hash('sha256', b.subarray(o, end), 'binary');
    const { fingerprint } = leaf.certificate;
    for (let i = 0; i < fingerprint.length; i++) fingerprint[i] = digest.charCodeAt(i);
    leaf.isSound = this.x509.read(d.texts, b, o, end, end, leaf.certificate);
    return leaf;
  }

  /** A certificate of which the rest is missing. */
  private beginning(d: Dialogue, b: Uint8Array, o: number, end: number, leafEnd: number): Leaf {
    const { part } = this;
    part.certificate.fingerprint.fill(0);
    part.isSound = this.x509.read(d.texts, b, o, end, leafEnd, part.certificate);
    return part;
  }
}
