import type { Dialogue } from '../engine/dialogue.js';
import { type Hello, Ja4, type Transport } from './ja4.js';

/** Offers that are remembered; one takes the place of another. */
const PLACES = 512;
/** Pairs of numbers of an offer that is remembered. */
const LONGEST = 64;

/**
 * What is said of a hello by what it offers: its protocol names, and JA4. Programs of one kind offer the same
 * each time: what was said of offers of late is remembered. The object is reused.
 */
export class OfferWords {
  /** The protocol names, joined by commas. */
  alpn = '';
  /** '' where not all that it needs was read. */
  ja4 = '';
  private readonly maker = new Ja4();
  /** Remembered offers: how many pairs of numbers, which, and what is said of them. */
  private readonly counts = new Uint8Array(PLACES);
  private readonly keys = new Int32Array(PLACES * LONGEST);
  private readonly alpns: string[] = new Array<string>(PLACES).fill('');
  private readonly ja4s: string[] = new Array<string>(PLACES).fill('');
  /** Makes it unknown which offers take each other's places. */
  private readonly seed = Math.floor(Math.random() * 0x1_0000_0000) | 0;

  read(d: Dialogue, hello: Hello, transport: Transport): void {
    const { offer, version, bytes, alpnAt, alpnEnd } = hello;
    const count = hello.isWhole ? offer.close(version, transport, bytes, alpnAt, alpnEnd) : 0;
    if (count === 0 || count > LONGEST) {
      this.make(d, hello, transport);
      return;
    }
    const { counts, keys } = this;
    const { key } = offer;
    let h = this.seed ^ count;
    for (let i = 0; i < count; i++) h = Math.imul(h ^ key[i], 0x9e3779b1) ^ (h >>> 15);
    const place = (h ^ (h >>> 16)) & (PLACES - 1);
    const at = place * LONGEST;
    if (counts[place] === count) {
      let i = 0;
      while (i < count && keys[at + i] === key[i]) i++;
      if (i === count) {
        this.alpn = this.alpns[place];
        this.ja4 = this.ja4s[place];
        return;
      }
    }
    this.make(d, hello, transport);
    counts[place] = count;
    for (let i = 0; i < count; i++) keys[at + i] = key[i];
    this.alpns[place] = this.alpn;
    this.ja4s[place] = this.ja4;
  }

  private make(d: Dialogue, hello: Hello, transport: Transport): void {
    this.alpn = alpn(d, hello.bytes, hello.alpnAt, hello.alpnEnd);
    this.ja4 = this.maker.of(d, hello, transport);
  }
}

/** Protocol names, joined by commas. Each has a byte with its length before it (RFC 7301, 3.1). */
function alpn(d: Dialogue, b: Uint8Array, o: number, end: number): string {
  const { texts } = d;
  texts.begin();
  for (let p = o; p < end; ) {
    const next = p + 1 + b[p];
    if (next > end) break;
    if (p > o) texts.add(0x2c);
    texts.addBytes(b, p + 1, next);
    p = next;
  }
  return texts.take();
}
