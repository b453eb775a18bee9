/** Texts in shared memory: each distinct one once, named by a number. Number 0 is ''. */
import { bytesIn, intsIn } from './sections.js';

/** Bytes of UTF-8 per UTF-16 code unit, at most. */
const MOST_BYTES = 3;
const FIRST_ROOM = 1 << 16;

/** Gathers texts. */
export class TextGatherer {
  private readonly numbers = new Map<string, number>([['', 0]]);
  private readonly encoder = new TextEncoder();
  private bytes = new Uint8Array(FIRST_ROOM);
  private used = 0;
  /** Where each text ends. */
  private readonly ends: number[] = [0];

  /** The number of a text. */
  number(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const number = this.ends.length;
    this.numbers.set(text, number);
    this.makeRoom(text.length * MOST_BYTES);
    this.used += this.encoder.encodeInto(text, this.bytes.subarray(this.used)).written;
    this.ends.push(this.used);
    return number;
  }

  /** The two sections that {@link SharedTexts} reads. */
  sections(): [ends: Int32Array, bytes: Uint8Array] {
    return [Int32Array.from(this.ends), this.bytes.subarray(0, this.used)];
  }

  private makeRoom(bytes: number): void {
    if (this.used + bytes <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.used + bytes, 2 * this.bytes.length));
    wider.set(this.bytes);
    this.bytes = wider;
  }
}

/** Texts of a block, as this thread's strings. */
export class SharedTexts {
  private readonly ends: Int32Array;
  private readonly bytes: Buffer;
  /** Strings that were asked for: most of a large table never are. */
  private readonly made = new Map<number, string>([[0, '']]);

  /** @param section the first of the two sections */
  constructor(memory: SharedArrayBuffer, section: number) {
    this.ends = intsIn(memory, section);
    const { byteOffset, byteLength } = bytesIn(memory, section + 1);
    this.bytes = Buffer.from(memory, byteOffset, byteLength);
  }

  /** The text of a number, the same string each time. */
  text(number: number): string {
    let text = this.made.get(number);
    if (text === undefined) {
      text = this.bytes.toString('utf8', this.ends[number - 1], this.ends[number]);
      this.made.set(number, text);
    }
    return text;
  }
}
