/**
 * The Huffman code of HPACK (RFC 7541, 5.2 and appendix B). It is canonical: codes of a length follow each
 * other in the order of their symbols, so the lengths tell all of them.
 */

/** The length of each symbol's code as a digit of base 36; the last symbol is the end of a string. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad677777777777777777777' +
  '77878djde6f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmo' +
  'lmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const LONGEST = 30;
const END_OF_STRING = 256;
/** What is left behind the last symbol is less than a byte. */
const MOST_PADDING = 7;

/** By length: the first code, how many there are, and the place of the first one's symbol in SYMBOLS. */
const FIRST = new Uint32Array(LONGEST + 1);
const COUNT = new Uint16Array(LONGEST + 1);
const PLACE = new Uint16Array(LONGEST + 1);
const SYMBOLS = new Uint16Array(LENGTHS.length);
fillTables();

function fillTables(): void {
  let code = 0;
  let place = 0;
  for (let length = 1; length <= LONGEST; length++) {
    code *= 2;
    FIRST[length] = code;
    PLACE[length] = place;
    for (let symbol = 0; symbol < LENGTHS.length; symbol++)
      if (Number.parseInt(LENGTHS[symbol], 36) === length) SYMBOLS[place++] = symbol;
    COUNT[length] = place - PLACE[length];
    code += COUNT[length];
  }
}

/**
 * Decodes bytes `o` to `end` into `to`, from `at` on.
 *
 * @returns where the text ends in `to`; -1 if it is malformed, or there is no room
 */
export function decodeHuffman(b: Uint8Array, o: number, end: number, to: Uint8Array, at: number): number {
  let n = at;
  let code = 0;
  let length = 0;
  for (let i = o; i < end; i++) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((b[i] >> bit) & 1);
      const nth = code - FIRST[++length];
      if (nth < 0 || nth >= COUNT[length]) {
        if (length === LONGEST) return -1;
        continue;
      }
      const symbol = SYMBOLS[PLACE[length] + nth];
      if (symbol === END_OF_STRING || n === to.length) return -1;
      to[n++] = symbol;
      code = length = 0;
    }
  }
  return length <= MOST_PADDING && code === (1 << length) - 1 ? n : -1;
}
