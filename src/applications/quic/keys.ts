import { Aes128 } from '../crypto/aes.js';
import { expandLabel, HmacSha256, makeText } from '../crypto/hmac.js';
import { HASH_WORDS, SCHEDULE_WORDS } from '../crypto/sha256.js';
import { LONGEST_ID } from './packet.js';
import type { Version } from './versions.js';

const CLIENT = expandLabel('client in', 4 * HASH_WORDS);
const SERVER = expandLabel('server in', 4 * HASH_WORDS);
/** The first counter of a payload in AES-GCM (NIST SP 800-38D, 7.1): 1 is for the tag. */
const FIRST_COUNTER = 2;
/** Bytes of a block of AES. */
const BLOCK = 16;

/** A connection id, and what was made of it: words that come and go. */
const idText = new Int32Array(SCHEDULE_WORDS);
const words = new Int32Array(HASH_WORDS);
/** Secrets that were made. */
let made = 0;

/** What the keys of both sides' Initial packets are made of, made of the client's first destination id. */
export class InitialSecret {
  /** The id; its length is 0 while it is not known. */
  readonly id = new Uint8Array(LONGEST_ID);
  idLength = 0;
  version: Version | undefined;
  readonly hmac = new HmacSha256();
  /** Which secret it is. */
  number = 0;

  /** Makes it for a version, of the id `o` to `end` (RFC 9001, 5.2), unless it is that already. */
  make(v: Version, b: Uint8Array, o: number, end: number): void {
    if (this.isOf(v, b, o, end)) return;
    this.idLength = end - o;
    for (let i = o; i < end; i++) this.id[i - o] = b[i];
    this.version = v;
    made = (made + 1) & 0x1fff_ffff;
    this.number = made;
    makeText(idText, b, o, end);
    v.salt.of(idText, words);
    this.hmac.setKey(words);
  }

  forget(): void {
    this.idLength = 0;
    this.version = undefined;
  }

  private isOf(v: Version, b: Uint8Array, o: number, end: number): boolean {
    if (this.version !== v || this.idLength !== end - o) return false;
    for (let i = o; i < end; i++) if (this.id[i - o] !== b[i]) return false;
    return true;
  }
}

/** The keys of one side's Initial packets (RFC 9001, 5.2). */
export class InitialKeys {
  /** For headers. */
  readonly header = new Aes128();
  private readonly payload = new Aes128();
  /** What the packet number is added to, three words. */
  private readonly iv = new Int32Array(3);
  /** Of which secret they were made last, and for which side. */
  private madeOf = 0;
  private readonly hmac = new HmacSha256();

  /** Makes them, unless they are that already: packets come in groups. */
  make(secret: InitialSecret, ofClient: boolean): void {
    const { version } = secret;
    if (version === undefined || this.areOf(secret, ofClient)) return;
    const { hmac, iv } = this;
    secret.hmac.of(ofClient ? CLIENT : SERVER, words);
    hmac.setKey(words);
    const { labels } = version;
    hmac.of(labels.key, words);
    this.payload.setKey(words);
    hmac.of(labels.iv, words);
    for (let i = 0; i < 3; i++) iv[i] = words[i];
    hmac.of(labels.hp, words);
    this.header.setKey(words);
    this.madeOf = nameOf(secret, ofClient);
  }

  areOf(secret: InitialSecret, ofClient: boolean): boolean {
    return this.madeOf === nameOf(secret, ofClient);
  }

  /**
   * Decrypts bytes `o` to `end`, which may be in place.
   *
   * @param number of their packet
   * @param at where they are in its payload
   */
  decrypt(
    number: number,
    at: number,
    b: Uint8Array,
    o: number,
    end: number,
    to: Uint8Array,
    p: number,
  ): void {
    const { payload, iv } = this;
    const { block } = payload;
    const last = iv[2] ^ number;
    let i = at & (BLOCK - 1);
    for (let counter = FIRST_COUNTER + (at >> 4); o < end; counter++, i = 0) {
      payload.encrypt(iv[0], iv[1], last, counter);
      if (i > 0 || end - o < BLOCK) {
        for (; i < BLOCK && o < end; i++) to[p++] = b[o++] ^ (block[i >> 2] >>> (24 - 8 * (i & 3)));
        continue;
      }
      // The same for a whole block, in two thirds of the time.
      for (let k = 0; k < 4; k++, o += 4, p += 4) {
        const word = block[k];
        to[p] = b[o] ^ (word >>> 24);
        to[p + 1] = b[o + 1] ^ (word >>> 16);
        to[p + 2] = b[o + 2] ^ (word >>> 8);
        to[p + 3] = b[o + 3] ^ word;
      }
    }
  }
}

function nameOf(secret: InitialSecret, ofClient: boolean): number {
  return 2 * secret.number + (ofClient ? 1 : 0);
}
