/** Words that sessions keep of what was said in them: one text for all that have it, gone with the last. */

/** Bytes that a text takes beside its characters, roughly: its object, its place in the map and the lists. */
const OVERHEAD = 64;

export class Words {
  private readonly ids = new Map<string, number>();
  private readonly texts: string[] = [''];
  private references = new Uint32Array(1024);
  private readonly free: number[] = [];
  /** Bytes in use, about. */
  private bytes = 0;
  /** Words that found no room. */
  refused = 0;

  /** @param most bytes of memory for all of them, about */
  constructor(private readonly most: number) {}

  /** How many different words there are. */
  get count(): number {
    return this.ids.size;
  }

  /** The number of a word, which has one user more; 0 for '', or if there is no room. */
  take(text: string): number {
    if (text === '') return 0;
    const known = this.ids.get(text);
    if (known !== undefined) {
      this.references[known]++;
      return known;
    }
    const bytes = text.length + OVERHEAD;
    if (this.bytes + bytes > this.most) {
      this.refused++;
      return 0;
    }
    this.bytes += bytes;
    const id = this.free.pop() ?? this.texts.length;
    this.texts[id] = text;
    this.ids.set(text, id);
    if (id >= this.references.length) {
      const longer = new Uint32Array(this.references.length * 2);
      longer.set(this.references);
      this.references = longer;
    }
    this.references[id] = 1;
    return id;
  }

  /** The word of a number. */
  text(id: number): string {
    return this.texts[id];
  }

  /** A word has one user less. */
  give(id: number): void {
    if (id === 0 || --this.references[id] > 0) return;
    const text = this.texts[id];
    this.bytes -= text.length + OVERHEAD;
    this.ids.delete(text);
    this.texts[id] = '';
    this.free.push(id);
  }
}
