/**
 * Carries sequence numbers from the threads that receive packets to the one that judges the numbers. Several
 * workers may each see part of a mirror point's packets (fanout by inner addresses); only all their numbers
 * together, in the order of the packets' times, show what is missing.
 *
 * One worker writes and one thread reads, without locks, in a ring of shared memory. When it is full, numbers
 * are dropped and counted, and would look lost: the reader must keep up.
 */

/** Default capacity of a log: half a second at a million packets per second, 10 MiB. */
export const LOG_NUMBERS = 1 << 19;

/**
 * Header words: the next number to write and to read (both running), dropped numbers; and how far time has
 * gone (64 bits).
 */
const WRITTEN = 0;
const READ = 1;
const DROPPED = 2;
const TIME = 4;
const HEADER = 16;
/**
 * Words per number: mirror point; number; trace(8), hardware id or call(16), direction(2); seconds;
 * nanoseconds.
 */
const WORDS = 5;
const SEC = 3;
const NSEC = 4;
/** Numbers written before the reader is told, which need not know of each. */
const TELL_EVERY = 64;

/**
 * Bits of a mirror point's name for its index; the others tell successive points with the same index apart.
 */
const INDEX_BITS = 24;

/**
 * The name of a mirror point in a log: its index in its table, and how many points had that index before. A
 * number may still be on its way when its point is forgotten and the index reused.
 */
export function pointName(index: number, generation: number): number {
  return (generation << INDEX_BITS) | index;
}

/** The index in a mirror point's name. */
export function indexOf(name: number): number {
  return name & ((1 << INDEX_BITS) - 1);
}

/** Whether the first of two names with the same index belongs to an earlier mirror point. */
export function isEarlier(name: number, other: number): boolean {
  return ((name - other) | 0) < 0;
}

/** Shared memory for a log of this many numbers, a power of two. */
export function numberLogMemory(numbers = LOG_NUMBERS): SharedArrayBuffer {
  return new SharedArrayBuffer((HEADER + numbers * WORDS) * 4);
}

/** The writing end. */
export class NumberLog {
  private readonly words: Int32Array;
  private readonly time: BigInt64Array;
  private readonly size: number;
  private written = 0;
  private read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.time = new BigInt64Array(memory, TIME * 4, 1);
    this.size = (this.words.length - HEADER) / WORDS;
  }

  /** @param point the mirror point's name; the time is the packet's, and should not run backwards */
  write(
    point: number,
    n: number,
    hardware: number,
    direction: number,
    sec: number,
    nsec: number,
    trace = 0,
  ): void {
    if (this.written - this.read === this.size) {
      this.tell();
      this.read += (Atomics.load(this.words, READ) - this.read) | 0;
      if (this.written - this.read === this.size) {
        Atomics.add(this.words, DROPPED, 1);
        return;
      }
    }
    const at = HEADER + (this.written & (this.size - 1)) * WORDS;
    this.words[at] = point;
    this.words[at + 1] = n;
    this.words[at + 2] = (trace << 18) | (hardware << 2) | direction;
    this.words[at + 3] = sec;
    this.words[at + 4] = nsec;
    this.written++;
    if (this.written % TELL_EVERY === 0) this.tell();
  }

  /**
   * Publishes everything written, and that no packet from before `ms` will come.
   *
   * @param ms milliseconds since 1970
   */
  advance(ms: number): void {
    this.tell();
    Atomics.store(this.time, 0, BigInt(Math.trunc(ms)));
  }

  private tell(): void {
    Atomics.store(this.words, WRITTEN, this.written | 0);
  }
}

/** The reading end: the oldest number, then the next. */
export class NumberLogReader {
  /** The fields of the oldest number, after {@link look} returned true. */
  point = 0;
  n = 0;
  hardware = 0;
  direction = 0;
  trace = 0;
  /** Its time, seconds since 1970 and nanoseconds. */
  sec = 0;
  nsec = 0;
  private readonly words: Int32Array;
  private readonly clock: BigInt64Array;
  private readonly size: number;
  private written = 0;
  private read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.clock = new BigInt64Array(memory, TIME * 4, 1);
    this.size = (this.words.length - HEADER) / WORDS;
  }

  /** Numbers that the writer dropped because this end did not keep up. */
  get dropped(): number {
    return Atomics.load(this.words, DROPPED) >>> 0;
  }

  /**
   * The time before which no more packets will come, milliseconds since 1970. Numbers written before it was
   * published are visible to the next {@link look}.
   */
  get advanced(): number {
    return Number(Atomics.load(this.clock, 0));
  }

  /** @returns whether there is a number, whose fields are set then */
  look(): boolean {
    if (this.written === this.read) {
      this.written += (Atomics.load(this.words, WRITTEN) - this.written) | 0;
      if (this.written === this.read) return false;
    }
    const w = this.words;
    const at = HEADER + (this.read & (this.size - 1)) * WORDS;
    this.point = w[at];
    this.n = w[at + 1] >>> 0;
    this.trace = w[at + 2] >>> 18;
    this.hardware = (w[at + 2] >>> 2) & 0xffff;
    this.direction = w[at + 2] & 3;
    this.sec = w[at + SEC] >>> 0;
    this.nsec = w[at + NSEC];
    return true;
  }

  next(): void {
    this.read++;
  }

  /** Returns the room of read numbers to the writer. */
  release(): void {
    Atomics.store(this.words, READ, this.read | 0);
  }
}
