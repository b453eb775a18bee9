/**
 * Texts by three numbers that say what they contain. Few of them are common, and making one for each row
 * would be garbage. Bounded: a text takes the place of another one with the same hash.
 */
const PLACES = 1024;

export class TextCache {
  private readonly keys = new Int32Array(3 * PLACES);
  private readonly texts: (string | undefined)[] = new Array<string | undefined>(PLACES).fill(undefined);

  constructor(private readonly make: (a: number, b: number, c: number) => string) {}

  get(a: number, b: number, c: number): string {
    const { keys, texts } = this;
    const mixed = Math.imul(Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b) ^ c, 0xc2b2ae35);
    const place = (mixed ^ (mixed >>> 15)) & (PLACES - 1);
    const k = 3 * place;
    const kept = texts[place];
    if (kept !== undefined && keys[k] === (a | 0) && keys[k + 1] === (b | 0) && keys[k + 2] === (c | 0))
      return kept;
    const text = this.make(a, b, c);
    texts[place] = text;
    keys[k] = a;
    keys[k + 1] = b;
    keys[k + 2] = c;
    return text;
  }
}
