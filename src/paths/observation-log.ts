/**
 * Carries observations from the threads that receive packets to the one that matches them, as the number log
 * carries sequence numbers: the two packets of a pair may come to different workers. One thread writes and
 * one reads, without locks, in a ring of shared memory; when it is full, observations are dropped and
 * counted.
 */
import { O, OBSERVATION_WORDS } from './observation.js';

/** Observations in a ring: half a second of 500,000 per second if each packet is sampled, 20 MiB. */
export const LOG_OBSERVATIONS = 1 << 18;
/** The same where packets are sampled. */
export const LOG_SAMPLED = 1 << 14;

/** Header words: the next observation to write and to read (running), how many were dropped, and the time. */
const WRITTEN = 0;
const READ = 1;
const DROPPED = 2;
const TIME = 4;
const HEADER = 16;
const TELL_EVERY = 16;

/** Shared memory for this many observations, a power of two. */
export function observationLogMemory(observations: number): SharedArrayBuffer {
  return new SharedArrayBuffer((HEADER + observations * OBSERVATION_WORDS) * 4);
}

/** The writing end. */
export class ObservationLog {
  private readonly words: Int32Array;
  private readonly time: BigInt64Array;
  private readonly size: number;
  private written = 0;
  private read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.time = new BigInt64Array(memory, TIME * 4, 1);
    this.size = (this.words.length - HEADER) / OBSERVATION_WORDS;
  }

  take(o: Int32Array, at: number): void {
    if (this.written - this.read === this.size) {
      this.tell();
      this.read += (Atomics.load(this.words, READ) - this.read) | 0;
      if (this.written - this.read === this.size) {
        Atomics.add(this.words, DROPPED, 1);
        return;
      }
    }
    const to = HEADER + (this.written & (this.size - 1)) * OBSERVATION_WORDS;
    for (let i = 0; i < OBSERVATION_WORDS; i++) this.words[to + i] = o[at + i];
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

/** The reading end of one log. */
class Reader {
  readonly words: Int32Array;
  private readonly clock: BigInt64Array;
  private readonly size: number;
  private written = 0;
  private read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.clock = new BigInt64Array(memory, TIME * 4, 1);
    this.size = (this.words.length - HEADER) / OBSERVATION_WORDS;
  }

  get dropped(): number {
    return Atomics.load(this.words, DROPPED) >>> 0;
  }

  get advanced(): number {
    return Number(Atomics.load(this.clock, 0));
  }

  /** Whether an observation waits, at {@link at}. */
  get waits(): boolean {
    if (this.written === this.read) this.written += (Atomics.load(this.words, WRITTEN) - this.written) | 0;
    return this.written !== this.read;
  }

  get at(): number {
    return HEADER + (this.read & (this.size - 1)) * OBSERVATION_WORDS;
  }

  next(): void {
    this.read++;
  }

  /** Returns the room of what was read to the writer. */
  release(): void {
    Atomics.store(this.words, READ, this.read | 0);
  }
}

/** The logs of all workers, read in the order of the packets' times. */
export class ObservationMerge {
  private readonly logs: Reader[] = [];

  constructor(private readonly take: (o: Int32Array, at: number) => void) {}

  add(memory: SharedArrayBuffer): void {
    this.logs.push(new Reader(memory));
  }

  /** Observations that workers dropped because {@link run} was not called often enough. */
  get dropped(): number {
    return this.logs.reduce((sum, log) => sum + log.dropped, 0);
  }

  /**
   * Takes all observations that no earlier one can precede any more.
   *
   * @param all whether the workers have ended
   * @returns the time before which all were taken, milliseconds since 1970
   */
  run(all = false): number {
    // First the times: what was written before they were published is visible then.
    let horizon = all ? Number.POSITIVE_INFINITY : Math.min(...this.logs.map((log) => log.advanced));
    if (this.logs.length === 0) horizon = 0;
    for (;;) {
      let first: Reader | undefined;
      for (const log of this.logs)
        if (log.waits && (first === undefined || isBefore(log, first))) first = log;
      if (first === undefined || timeOf(first) >= horizon) break;
      this.take(first.words, first.at);
      first.next();
    }
    for (const log of this.logs) log.release();
    return horizon;
  }
}

/** Milliseconds since 1970. */
function timeOf(log: Reader): number {
  return (log.words[log.at + O.SEC] >>> 0) * 1e3 + log.words[log.at + O.NSEC] / 1e6;
}

function isBefore(a: Reader, b: Reader): boolean {
  const sec = (a.words[a.at + O.SEC] >>> 0) - (b.words[b.at + O.SEC] >>> 0);
  return sec < 0 || (sec === 0 && a.words[a.at + O.NSEC] < b.words[b.at + O.NSEC]);
}
