/** The server's Certificate message (RFC 5246, 7.4.2): its first certificate, and how many there are. */
import { hash } from 'node:crypto';
import { i32, u24 } from '../../wire/bytes.js';
import { Certificate } from '../certificate.js';
import type { Dialogue } from '../engine/dialogue.js';
import { HANDSHAKE_HEADER } from './hello.js';
import { X509 } from './x509.js';

/** Certificates that are counted at most. */
const LONGEST_CHAIN = 64;

/** Certificates that are remembered: servers show the same ones all day. One takes the place of another. */
const PLACE_BITS = 9;
const PLACES = 1 << PLACE_BITS;
/** Longer ones are not remembered. */
const LONGEST = 2048;

/** A certificate, and what was read of it. */
class Known {
  private readonly bytes = Buffer.alloc(LONGEST);
  private length = 0;
  readonly certificate = new Certificate();
  /** Whether it keeps the rules of DER, and has the parts of a certificate. */
  isSound = true;

  holds(b: Uint8Array, o: number, end: number): boolean {
    return end - o === this.length && this.bytes.compare(b, o, end, 0, this.length) === 0;
  }

  keep(b: Uint8Array, o: number, end: number): void {
    this.length = end - o;
    this.bytes.set(b.subarray(o, end));
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
    let known = this.other;
    if (end - o <= LONGEST) {
      known = this.known[placeOf(b, o, end)] ??= new Known();
      if (known.holds(b, o, end)) return known;
      known.keep(b, o, end);
    }
    const digest = hash('sha256', b.subarray(o, end), 'binary');
    const { fingerprint } = known.certificate;
    for (let i = 0; i < fingerprint.length; i++) fingerprint[i] = digest.charCodeAt(i);
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

/**
 * The place of a certificate among those that are remembered. Who makes two of one place only has them read
 * anew, as any other two.
 */
function placeOf(b: Uint8Array, o: number, end: number): number {
  let h = end - o;
  for (let p = o; p + 4 <= end; p += 4) h = (Math.imul(h, 0x9e3779b1) + i32(b, p)) | 0;
  return Math.imul(h, 0x9e3779b1) >>> (32 - PLACE_BITS);
}
