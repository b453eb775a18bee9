import { SHA256_BYTES, Sha256 } from './sha256.js';

/** Bytes of a block of SHA-256: keys are filled up to it. */
const BLOCK = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/** HMAC with SHA-256 (RFC 2104), with keys of at most 64 bytes. */
export class HmacSha256 {
  private readonly hash = new Sha256();
  /** Hashes that were given the key. */
  private readonly inner = new Sha256();
  private readonly outer = new Sha256();
  private readonly pad = new Uint8Array(BLOCK);
  private readonly digest = new Uint8Array(SHA256_BYTES);

  /** Takes bytes `o` to `end` as the key. */
  setKey(b: Uint8Array, o: number, end: number): void {
    const { pad, inner, outer } = this;
    for (let i = 0; i < BLOCK; i++) pad[i] = INNER ^ (o + i < end ? b[o + i] : 0);
    inner.begin();
    inner.update(pad, 0, BLOCK);
    for (let i = 0; i < BLOCK; i++) pad[i] ^= INNER ^ OUTER;
    outer.begin();
    outer.update(pad, 0, BLOCK);
  }

  /** Writes the 32 bytes for the text `o` to `end` to `to`. */
  of(b: Uint8Array, o: number, end: number, to: Uint8Array): void {
    const { hash, digest } = this;
    hash.beginAs(this.inner);
    hash.update(b, o, end);
    hash.finish(digest, 0);
    hash.beginAs(this.outer);
    hash.update(digest, 0, SHA256_BYTES);
    hash.finish(to, 0);
  }
}

/**
 * What HKDF-Expand (RFC 5869, 2.3) is given by HKDF-Expand-Label (RFC 8446, 7.1) for up to 32 bytes: the
 * length, `tls13 ` and the label with its length, no context, and the number of the block.
 */
export function expandLabel(label: string, length: number): Uint8Array {
  const text = `tls13 ${label}`;
  return Uint8Array.from([length >> 8, length & 0xff, text.length, ...Buffer.from(text, 'latin1'), 0, 1]);
}
