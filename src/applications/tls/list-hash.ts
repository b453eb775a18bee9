import { Sha256 } from '../crypto/sha256.js';
import { MOST_LISTED } from './offer.js';

const HEX = '0123456789abcdef';

/**
 * The first 12 digits of SHA-256 of lists of numbers, written as four hexadecimal digits each, with commas
 * between them and `_` between two lists.
 */
export class ListHash {
  private readonly list = new Uint16Array(2 * MOST_LISTED);
  private count = 0;
  private readonly text = new Uint8Array(5 * 2 * MOST_LISTED);
  private readonly sha256 = new Sha256();
  private readonly digest = new Uint8Array(32);

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
    this.list.subarray(0, this.count).sort();
  }

  /** The hash of what was added: the first `first` numbers, and the others if there are any. */
  hash(first: number): string {
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
