import { addBlock, beginHash, HASH_WORDS, SCHEDULE_WORDS, schedule } from './sha256.js';

/** Bytes of a block of SHA-256, and words. */
const BLOCK = 64;
const BLOCK_WORDS = 16;
const INNER = 0x36363636;
const OUTER = 0x5c5c5c5c;
/** Bytes of a text that fits into one block, with its end and its length. */
const LONGEST_TEXT = 55;

/** A key's block, and a text's hash with what makes it a block behind the key's. */
const keyed = new Int32Array(SCHEDULE_WORDS);
const hashed = new Int32Array(SCHEDULE_WORDS);
hashed[HASH_WORDS] = 0x80000000;
hashed[BLOCK_WORDS - 1] = 8 * (BLOCK + 4 * HASH_WORDS);

/** HMAC with SHA-256 (RFC 2104) of short texts. Keys, texts and what is made of them are words. */
export class HmacSha256 {
  /** Hashes of the key's two blocks: two blocks remain to be hashed for a text. */
  private readonly inner = new Int32Array(HASH_WORDS);
  private readonly outer = new Int32Array(HASH_WORDS);

  /** Takes a key of at most 16 words. */
  setKey(key: Int32Array): void {
    hashKey(this.inner, key, INNER);
    hashKey(this.outer, key, OUTER);
  }

  /** Makes the 8 words for a text, of which there is the block. */
  of(text: Int32Array, to: Int32Array): void {
    const { inner, outer } = this;
    for (let i = 0; i < HASH_WORDS; i++) hashed[i] = inner[i];
    addBlock(hashed, text);
    schedule(hashed);
    for (let i = 0; i < HASH_WORDS; i++) to[i] = outer[i];
    addBlock(to, hashed);
  }
}

function hashKey(h: Int32Array, key: Int32Array, pad: number): void {
  for (let i = 0; i < BLOCK_WORDS; i++) keyed[i] = i < key.length ? key[i] ^ pad : pad;
  schedule(keyed);
  beginHash(h);
  addBlock(h, keyed);
}

/** Makes `w` the block, with its schedule, of the text `o` to `end` behind a key: 55 bytes at most. */
export function makeText(w: Int32Array, b: Uint8Array, o: number, end: number): void {
  const length = Math.min(end - o, LONGEST_TEXT);
  w.fill(0, 0, BLOCK_WORDS);
  for (let i = 0; i < length; i++) w[i >> 2] |= b[o + i] << (24 - 8 * (i & 3));
  w[length >> 2] |= 0x80 << (24 - 8 * (length & 3));
  w[BLOCK_WORDS - 1] = 8 * (BLOCK + length);
  schedule(w);
}

/**
 * The text that HKDF-Expand (RFC 5869, 2.3) is given by HKDF-Expand-Label (RFC 8446, 7.1) for up to 32 bytes:
 * the length, `tls13 ` and the label with its length, no context, and the number of the block.
 */
export function expandLabel(label: string, length: number): Int32Array {
  const name = `tls13 ${label}`;
  const text = Uint8Array.from([
    length >> 8,
    length & 0xff,
    name.length,
    ...Buffer.from(name, 'latin1'),
    0,
    1,
  ]);
  const w = new Int32Array(SCHEDULE_WORDS);
  makeText(w, text, 0, text.length);
  return w;
}
