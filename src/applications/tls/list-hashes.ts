import { Sha256 } from '../crypto/sha256.js';
import { MOST_LISTED } from './numbers.js';

/** Lists whose hashes are remembered; one takes the place of another. */
const PLACES = 1024;
/** Longer lists are not remembered. */
const LONGEST = 128;
const HEX = '0123456789abcdef';

/**
 * The first 12 digits of SHA-256 of lists of numbers, written as four hexadecimal digits each, with commas
 * between them and `_` between two lists. Clients of one kind send the same lists: those of late are
 * remembered.
 */
export class ListHashes {
  private readonly list = new Uint16Array(2 * MOST_LISTED);
  private count = 0;
  private readonly text = new Uint8Array(5 * 2 * MOST_LISTED);
  private readonly sha256 = new Sha256();
  private readonly digest = new Uint8Array(32);
  /** Remembered lists: how long, where `_` is, what, and the hash. */
  private readonly lengths = new Uint8Array(PLACES);
  private readonly firsts = new Uint8Array(PLACES);
  private readonly lists = new Uint16Array(PLACES * LONGEST);
  private readonly hashes: string[] = new Array<string>(PLACES).fill('');
  /** Makes it unknown which lists take each other's places. */
  private readonly seed = Math.floor(Math.random() * 0x1_0000_0000) | 0;

  /** Begins a list. */
  begin(): void {
    this.count = 0;
  }

  /** Adds a number; at most 2 * MOST_LISTED. */
  add(value: number): void {
    this.list[this.count++] = value;
  }

  /** Numbers that were added. */
  get added(): number {
    return this.count;
  }

  /** Sorts what was added, upwards. */
  sort(): void {
    const { list, count } = this;
    for (let i = 1; i < count; i++) {
      const value = list[i];
      let at = i;
      for (; at > 0 && list[at - 1] > value; at--) list[at] = list[at - 1];
      list[at] = value;
    }
  }

  /** The hash of what was added: the first `first` numbers, and the others if there are any. */
  hash(first: number): string {
    const { list, count, lengths, firsts, lists } = this;
    if (count > LONGEST) return this.make(first);
    let h = this.seed ^ count;
    for (let i = 0; i < count; i++) h = Math.imul(h ^ list[i], 0x9e3779b1) ^ (h >>> 15);
    const place = (h ^ (h >>> 16)) & (PLACES - 1);
    const at = place * LONGEST;
    if (lengths[place] === count && firsts[place] === first) {
      let i = 0;
      while (i < count && lists[at + i] === list[i]) i++;
      if (i === count) return this.hashes[place];
    }
    lengths[place] = count;
    firsts[place] = first;
    for (let i = 0; i < count; i++) lists[at + i] = list[i];
    const made = this.make(first);
    this.hashes[place] = made;
    return made;
  }

  private make(first: number): string {
    const { list, text, digest } = this;
    let p = 0;
    for (let i = 0; i < this.count; i++) {
      if (i > 0) text[p++] = i === first ? 0x5f : 0x2c;
      for (let shift = 12; shift >= 0; shift -= 4) text[p++] = HEX.charCodeAt((list[i] >> shift) & 15);
    }
    this.sha256.begin();
    this.sha256.update(text, 0, p);
    this.sha256.finish(digest, 0);
    let hash = '';
    for (let i = 0; i < 6; i++) hash += HEX[digest[i] >> 4] + HEX[digest[i] & 15];
    return hash;
  }
}
