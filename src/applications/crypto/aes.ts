const ROUNDS = 10;
/** Multiplication by 2 in the field of AES (FIPS 197, 4.2.1). */
const twice = (x: number) => ((x << 1) ^ ((x & 0x80) === 0 ? 0 : 0x1b)) & 0xff;
const SUBSTITUTE = substitutions();
/** SubBytes and MixColumns of a byte of the first row, and of the others. */
const FIRST = Int32Array.from(SUBSTITUTE, (s) => (twice(s) << 24) | (s << 16) | (s << 8) | (s ^ twice(s)));
const SECOND = FIRST.map((w) => (w >>> 8) | (w << 24));
const THIRD = FIRST.map((w) => (w >>> 16) | (w << 16));
const FOURTH = FIRST.map((w) => (w >>> 24) | (w << 8));

/** Encrypts with AES-128 (FIPS 197), a block at a time. */
export class Aes128 {
  private readonly keys = new Int32Array(4 * (ROUNDS + 1));
  /** The block encrypted last: four words, high byte first. */
  readonly block = new Int32Array(4);

  /** Takes the first four of the words as the key. */
  setKey(key: Int32Array): void {
    const k = this.keys;
    for (let i = 0; i < 4; i++) k[i] = key[i];
    for (let i = 4, constant = 1; i < k.length; i++) {
      let t = k[i - 1];
      if ((i & 3) === 0) {
        t = (t << 8) | (t >>> 24);
        t = substituted(t, t, t, t) ^ (constant << 24);
        constant = twice(constant);
      }
      k[i] = k[i - 4] ^ t;
    }
  }

  /** Encrypts a block of four words into `block`. */
  encrypt(w0: number, w1: number, w2: number, w3: number): void {
    const k = this.keys;
    let a = w0 ^ k[0];
    let b = w1 ^ k[1];
    let c = w2 ^ k[2];
    let d = w3 ^ k[3];
    let i = 4;
    for (; i < 4 * ROUNDS; i += 4) {
      const x = column(a, b, c, d) ^ k[i];
      const y = column(b, c, d, a) ^ k[i + 1];
      const z = column(c, d, a, b) ^ k[i + 2];
      d = column(d, a, b, c) ^ k[i + 3];
      a = x;
      b = y;
      c = z;
    }
    const { block } = this;
    block[0] = substituted(a, b, c, d) ^ k[i];
    block[1] = substituted(b, c, d, a) ^ k[i + 1];
    block[2] = substituted(c, d, a, b) ^ k[i + 2];
    block[3] = substituted(d, a, b, c) ^ k[i + 3];
  }
}

/** SubBytes, ShiftRows and MixColumns of one column: a byte each of four words. */
function column(a: number, b: number, c: number, d: number): number {
  return FIRST[a >>> 24] ^ SECOND[(b >>> 16) & 0xff] ^ THIRD[(c >>> 8) & 0xff] ^ FOURTH[d & 0xff];
}

function substituted(a: number, b: number, c: number, d: number): number {
  return (
    (SUBSTITUTE[a >>> 24] << 24) |
    (SUBSTITUTE[(b >>> 16) & 0xff] << 16) |
    (SUBSTITUTE[(c >>> 8) & 0xff] << 8) |
    SUBSTITUTE[d & 0xff]
  );
}

/** The table of SubBytes (5.1.1): inverses in the field, then turned and added. */
function substitutions(): Uint8Array {
  const table = new Uint8Array(256);
  // Powers of the generator 3, and of its inverse, meet every byte but 0 once.
  let power = 1;
  let inverse = 1;
  do {
    power ^= twice(power);
    inverse = timesF6(inverse);
    let x = inverse;
    for (let i = 1; i < 5; i++) x ^= ((inverse << i) | (inverse >> (8 - i))) & 0xff;
    table[power] = x ^ 0x63;
  } while (power !== 1);
  table[0] = 0x63;
  return table;
}

/** Multiplication by 0xf6, the inverse of 3. */
function timesF6(x: number): number {
  let product = 0;
  for (let bits = 0xf6, power = x; bits !== 0; bits >>= 1, power = twice(power))
    if ((bits & 1) !== 0) product ^= power;
  return product;
}
