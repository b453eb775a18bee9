import { u16 } from '../../wire/bytes.js';
import { isGrease } from './versions.js';

/** Ciphers, signature algorithms and extensions that are kept of a hello, of each. */
export const MOST_LISTED = 256;
/** The most bytes of protocol names that a key has. */
const LONGEST_ALPN = 32;
/** Extensions below this number are kept as bits. */
const LOW_TYPES = 64;
/** Numbers before the first cipher: extensions' bits, version and transport, how many there are of what. */
const HEAD = 8;

/**
 * What a client's hello offers, without GREASE: ciphers and signature algorithms in their order, extensions
 * in none, as some clients send them in another one each time. The object is reused.
 */
export class Offer {
  /** How many there are; those behind the first MOST_LISTED are only counted. */
  ciphers = 0;
  algorithms = 0;
  extensions = 0;
  /** The key in pairs of numbers. */
  readonly key: Int32Array;
  /** The head, ciphers, signature algorithms, high types of extensions, protocol names. */
  private readonly numbers = new Uint16Array(HEAD + 3 * MOST_LISTED + LONGEST_ALPN / 2 + 2);
  /** Types that are not kept as bits, upwards: from LOW_TYPES on, and low ones that came once more. */
  private readonly high = new Uint16Array(MOST_LISTED);
  private highs = 0;

  constructor() {
    this.key = new Int32Array(this.numbers.buffer);
  }

  begin(): void {
    this.ciphers = this.algorithms = this.extensions = this.highs = 0;
    this.key[0] = this.key[1] = 0;
  }

  /** Takes the ciphers at `o` to `end`, of two bytes each: once, and before algorithms. */
  takeCiphers(b: Uint8Array, o: number, end: number): void {
    this.ciphers = this.take(b, o, end, HEAD);
  }

  /** Likewise signature algorithms. */
  takeAlgorithms(b: Uint8Array, o: number, end: number): void {
    this.algorithms = this.take(b, o, end, HEAD + Math.min(this.ciphers, MOST_LISTED));
  }

  takeExtension(type: number): void {
    const { key, high } = this;
    if (isGrease(type) || ++this.extensions > MOST_LISTED) return;
    if (type < LOW_TYPES) {
      const bit = 1 << (type & 31);
      const bits = key[type >> 5];
      key[type >> 5] = bits | bit;
      if ((bits & bit) === 0) return;
    }
    let at = this.highs++;
    for (; at > 0 && high[at - 1] > type; at--) high[at] = high[at - 1];
    high[at] = type;
  }

  /** Whether all of it was kept. */
  get isWhole(): boolean {
    return this.ciphers <= MOST_LISTED && this.algorithms <= MOST_LISTED && this.extensions <= MOST_LISTED;
  }

  cipher(i: number): number {
    return this.numbers[HEAD + i];
  }

  algorithm(i: number): number {
    return this.numbers[HEAD + this.ciphers + i];
  }

  /** Writes the types of extensions, upwards. @returns how many there are */
  writeTypes(to: Uint16Array): number {
    const { key, high, highs } = this;
    let n = 0;
    for (let type = 0; type < LOW_TYPES; type++)
      if (((key[type >> 5] >> (type & 31)) & 1) === 1) to[n++] = type;
    for (let i = 0; i < highs; i++) to[n++] = high[i];
    to.subarray(0, n).sort();
    return n;
  }

  /**
   * Makes the key: offers with the same one are the same, but for the order of extensions.
   *
   * @param version of the hello
   * @param transport a letter
   * @returns how many pairs of numbers it has; 0 if there are protocol names of more than LONGEST_ALPN bytes
   * between `alpnAt` and `alpnEnd`, or more than 255 of something
   */
  close(version: number, transport: string, b: Uint8Array, alpnAt: number, alpnEnd: number): number {
    const { numbers, key, high, highs, ciphers, algorithms } = this;
    const length = alpnEnd - alpnAt;
    if (length > LONGEST_ALPN || ciphers > 255 || algorithms > 255 || this.extensions > 255) return 0;
    key[2] = version | (transport.charCodeAt(0) << 16);
    key[3] = ciphers | (algorithms << 8) | (highs << 16) | (length << 24);
    let n = HEAD + ciphers + algorithms;
    for (let i = 0; i < highs; i++) numbers[n++] = high[i];
    for (let p = alpnAt; p < alpnEnd; p += 2) numbers[n++] = b[p] | (p + 1 < alpnEnd ? b[p + 1] << 8 : 0);
    // The other one of the last pair.
    numbers[n] = 0;
    return (n + 1) >> 1;
  }

  /** Puts numbers, of two bytes each, to places from `at` on. @returns how many there are */
  private take(b: Uint8Array, o: number, end: number, at: number): number {
    const { numbers } = this;
    let n = 0;
    for (let p = o; p + 2 <= end; p += 2) {
      const value = u16(b, p);
      if (isGrease(value)) continue;
      if (n < MOST_LISTED) numbers[at + n] = value;
      n++;
    }
    return n;
  }
}
