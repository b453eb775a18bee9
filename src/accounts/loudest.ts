/**
 * The loudest of very many senders in little memory: Space-Saving (Metwally, Agrawal, El Abbadi, "Efficient
 * computation of frequent and top-k elements in data streams", ICDT 2005). A sender without a place takes
 * that of the one with the fewest packets, and inherits its count as an upper bound of its own earlier
 * packets. So every sender of more than 1/{@link LOUDEST} of all packets is listed, and every count is right
 * to within that fraction.
 */
import type { MirrorType } from '../model/mirror-point.js';
import { ADDRESS_WORDS, KEY, KEYED, KIND, TYPE_SHIFT } from './point-gate.js';

/** Senders counted. */
export const LOUDEST = 64;
/** The words of a sender: source, type, key or session. */
const WORDS = ADDRESS_WORDS + 2;

/** A refused sender, and bounds of its number of packets. */
export interface RefusedCount {
  readonly type: MirrorType;
  /** 16 bytes. */
  readonly source: Uint8Array;
  readonly session: number;
  readonly key: number | null;
  readonly atLeast: number;
  readonly atMost: number;
}

/** Counts the packets of refused mirror points by sender, type, session and key. */
export class LoudestRefused {
  private readonly words = new Uint32Array(LOUDEST * WORDS);
  /** A mix of the words, which tells most senders apart at once. */
  private readonly prints = new Int32Array(LOUDEST);
  private readonly counts = new Float64Array(LOUDEST);
  private readonly inherited = new Float64Array(LOUDEST);
  private used = 0;

  /** Counts a packet. @param w the words of its point, see point-gate.ts */
  count(w: Uint32Array): void {
    const print = mix(w);
    const { prints, counts } = this;
    let least = 0;
    for (let i = 0; i < this.used; i++) {
      if (prints[i] === print && this.same(i, w)) {
        counts[i]++;
        return;
      }
      if (counts[i] < counts[least]) least = i;
    }
    if (this.used < LOUDEST) least = this.used++;
    else this.inherited[least] = counts[least];
    counts[least]++;
    prints[least] = print;
    const at = least * WORDS;
    for (let i = 0; i < ADDRESS_WORDS; i++) this.words[at + i] = w[i];
    this.words[at + ADDRESS_WORDS] = w[KIND];
    this.words[at + ADDRESS_WORDS + 1] = w[KEY];
  }

  /**
   * The counted senders. Once there are {@link LOUDEST}, no other has sent more packets than their least
   * `atMost`.
   */
  list(): RefusedCount[] {
    return Array.from({ length: this.used }, (_, i) => {
      const at = i * WORDS;
      const source = new Uint8Array(4 * ADDRESS_WORDS);
      const view = new DataView(source.buffer);
      for (let n = 0; n < ADDRESS_WORDS; n++) view.setUint32(4 * n, this.words[at + n]);
      const kind = this.words[at + ADDRESS_WORDS];
      const word = this.words[at + ADDRESS_WORDS + 1];
      const keyed = (kind & KEYED) !== 0;
      return {
        type: (kind >>> TYPE_SHIFT) as MirrorType,
        source,
        session: keyed ? 0 : word,
        key: keyed ? word : null,
        atLeast: this.counts[i] - this.inherited[i],
        atMost: this.counts[i],
      };
    });
  }

  private same(i: number, w: Uint32Array): boolean {
    const at = i * WORDS;
    const words = this.words;
    for (let n = 0; n < ADDRESS_WORDS; n++) if (words[at + n] !== w[n]) return false;
    return words[at + ADDRESS_WORDS] === w[KIND] && words[at + ADDRESS_WORDS + 1] === w[KEY];
  }
}

function mix(w: Uint32Array): number {
  let h = Math.imul(w[KIND] ^ Math.imul(w[KEY], 0x85ebca6b), 0x9e3779b1);
  for (let i = 0; i < ADDRESS_WORDS; i++) h = Math.imul(h ^ w[i], 0x01000193);
  return h;
}
