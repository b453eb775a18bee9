/**
 * What `read` observed in several captures of the same time that it has to read one after the other, because
 * they can be read once only: kept in memory, and told to the matcher in the order of time at the end.
 */
import type { Matcher } from '../paths/matcher.js';
import { O, OBSERVATION_WORDS } from '../paths/observation.js';

/** Observations that are kept: some 600 MiB. */
export const MOST_KEPT = 1 << 23;
/** Observations per piece of memory. */
const PIECE = 1 << 14;
/** Instead of an observation's kind: what is known of a place's numbers. */
const NUMBERS = 0xff;
/** Nanoseconds between two of these if nothing is missing. */
const NUMBERS_EVERY = 1e7;

/** The words of an observation that are used for numbers. */
const N = { SINCE_SEC: 1, SINCE_NSEC: 2, MISSING: 3, NUMBERED: 4 } as const;

export class KeptObservations {
  private readonly pieces: Int32Array[] = [];
  private count = 0;
  /** Where each capture begins. */
  private readonly begins: number[] = [];
  /** By place: when its numbers were last noted, and whether it had some. */
  private readonly noted: { time: number; numbered: boolean }[] = [];
  /** Observations for which there was no room. */
  leftOut = 0;

  constructor(private readonly most = MOST_KEPT) {}

  /** Another capture begins. */
  begin(): void {
    this.begins.push(this.count);
    this.noted.length = 0;
  }

  take(o: Int32Array, at: number): void {
    const piece = this.room();
    if (piece !== undefined) piece.set(o.subarray(at, at + OBSERVATION_WORDS), this.offset());
    this.advance(piece);
  }

  number(
    place: number,
    sinceSec: number,
    sinceNsec: number,
    sec: number,
    nsec: number,
    missing: number,
    numbered: boolean,
  ): void {
    const time = sec * 1e9 + nsec;
    const noted = this.noted[place];
    if (missing === 0 && noted?.numbered === numbered && Math.abs(time - noted.time) < NUMBERS_EVERY) return;
    this.noted[place] = { time, numbered };
    const piece = this.room();
    if (piece !== undefined) {
      const w = this.offset();
      piece[w + O.KIND] = NUMBERS | (place << 8);
      piece[w + N.SINCE_SEC] = sinceSec;
      piece[w + N.SINCE_NSEC] = sinceNsec;
      piece[w + N.MISSING] = missing;
      piece[w + N.NUMBERED] = numbered ? 1 : 0;
      piece[w + O.SEC] = sec;
      piece[w + O.NSEC] = nsec;
    }
    this.advance(piece);
  }

  /** Tells everything in the order of time. */
  tell(matcher: Matcher): void {
    const next = [...this.begins];
    const ends = [...this.begins.slice(1), this.count];
    for (;;) {
      let first = -1;
      for (let i = 0; i < next.length; i++)
        if (next[i] < ends[i] && (first < 0 || this.isBefore(next[i], next[first]))) first = i;
      if (first < 0) return;
      this.tellOne(matcher, next[first]++);
    }
  }

  private tellOne(matcher: Matcher, index: number): void {
    const piece = this.pieces[Math.floor(index / PIECE)];
    const w = (index % PIECE) * OBSERVATION_WORDS;
    if ((piece[w + O.KIND] & 0xff) !== NUMBERS) {
      matcher.take(piece, w);
      return;
    }
    matcher.number(
      piece[w + O.KIND] >>> 8,
      piece[w + N.SINCE_SEC] >>> 0,
      piece[w + N.SINCE_NSEC],
      piece[w + O.SEC] >>> 0,
      piece[w + O.NSEC],
      piece[w + N.MISSING],
      piece[w + N.NUMBERED] === 1,
    );
  }

  private isBefore(a: number, b: number): boolean {
    const pieceA = this.pieces[Math.floor(a / PIECE)];
    const pieceB = this.pieces[Math.floor(b / PIECE)];
    const atA = (a % PIECE) * OBSERVATION_WORDS;
    const atB = (b % PIECE) * OBSERVATION_WORDS;
    const sec = (pieceA[atA + O.SEC] >>> 0) - (pieceB[atB + O.SEC] >>> 0);
    return sec < 0 || (sec === 0 && pieceA[atA + O.NSEC] < pieceB[atB + O.NSEC]);
  }

  private room(): Int32Array | undefined {
    if (this.count === this.most) {
      this.leftOut++;
      return undefined;
    }
    if (this.count === this.pieces.length * PIECE)
      this.pieces.push(new Int32Array(PIECE * OBSERVATION_WORDS));
    return this.pieces[this.pieces.length - 1];
  }

  private offset(): number {
    return (this.count % PIECE) * OBSERVATION_WORDS;
  }

  private advance(piece: Int32Array | undefined): void {
    if (piece !== undefined) this.count++;
  }
}
