/**
 * Texts of late, found by their characters without making a text of these. One takes the place of another.
 * What is compared is beside each other in little memory: between two texts much else is read.
 */
export class KeptTexts {
  private readonly texts: string[];
  /** By place: how long its text is, 0 for none, and its characters, as words of four. */
  private readonly words: Int32Array;
  private readonly size: number;

  /**
   * @param places a power of two
   * @param most characters of a text, a multiple of 4
   */
  constructor(
    private readonly places: number,
    most: number,
  ) {
    this.size = 1 + most / 4;
    this.texts = new Array<string>(places).fill('');
    this.words = new Int32Array(places * this.size);
  }

  /** The text of so many characters, in `count` words; '' if it is not here. */
  find(characters: Int32Array, length: number, count: number, hash: number): string {
    const { words } = this;
    const place = hash & (this.places - 1);
    let at = place * this.size;
    if (words[at] !== length) return '';
    for (let i = 0; i < count; i++) if (words[++at] !== characters[i]) return '';
    return this.texts[place];
  }

  /** Keeps a text with these characters. */
  put(characters: Int32Array, length: number, count: number, hash: number, text: string): void {
    const { words } = this;
    const place = hash & (this.places - 1);
    let at = place * this.size;
    words[at] = length;
    for (let i = 0; i < count; i++) words[++at] = characters[i];
    this.texts[place] = text;
  }
}
