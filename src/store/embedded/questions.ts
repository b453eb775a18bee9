/**
 * Questions to the embedded engine: so many at a time, each with its limits, and each answer streamed through
 * a FIFO that the engine writes and this process reads, so that nobody holds more of it than the kernel's
 * pipe does.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { QuestionLimits } from '../../model/question-limits.js';
import { storeError } from '../clickhouse/failure.js';
import { StoreError, StoreUnavailable } from '../errors.js';
import { giveTo, type Owner } from './owner.js';
import type { ChdbProcess } from './process.js';

/** Questions that are answered at the same time, and those that may wait for their turn. */
export const QUESTIONS_AT_ONCE = 2;
export const QUESTIONS_WAITING = 32;
/** ClickHouse's error code for it. */
const TOO_MANY_QUESTIONS = 202;
/** Milliseconds for a question to end once it was told to, before the engine is started anew. */
export const KILL_PATIENCE = 10_000;
/** Milliseconds beyond its time for the engine to end a question by itself. */
const OVERTIME = 2000;

export interface AskedQuestion {
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
  readonly format: string;
  readonly color: boolean;
  readonly limits: QuestionLimits;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal | undefined;
}

export class Questions {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  /**
   * @param answers the directory of FIFOs
   * @param own those that are in use
   * @param name what people call the store
   */
  constructor(
    private readonly chdb: ChdbProcess,
    private readonly answers: string,
    private readonly own: Set<string>,
    private readonly name: string,
  ) {}

  /**
   * Asks a question. It comes back when the answer begins; what fails afterwards destroys the stream.
   *
   * @throws StatementRefused, StoreError, what the engine says is wrong
   */
  async ask(question: AskedQuestion): Promise<Readable> {
    await this.turn(question.signal);
    let answer: Answering;
    try {
      await this.chdb.ready();
    } catch (error) {
      this.next();
      throw error;
    }
    try {
      // Foreign functions take long to load, and whoever only inserts has no use for them.
      const fifos = await import('../../linux/fifo.js');
      answer = new Answering(fifos, this.answers, this.own, this.chdb.owner);
    } catch (error) {
      this.next();
      throw new StoreError(`${this.name} cannot be asked: ${(error as Error).message}`, 0, error);
    }
    const { sql, params, format, color, limits, signal } = question;
    const fifo = answer.fifo;
    let asked: Awaited<ReturnType<ChdbProcess['question']>>;
    try {
      asked = await this.chdb.question({ sql, params, format, color, limits, fifo });
    } catch (error) {
      answer.drop();
      this.next();
      throw error;
    }
    return this.watch(asked, answer, limits, signal);
  }

  /**
   * Ends a question that takes too long or that nobody waits for, and gives its place to the next when it has
   * ended.
   */
  private watch(
    asked: Awaited<ReturnType<ChdbProcess['question']>>,
    answer: Answering,
    limits: QuestionLimits,
    signal: AbortSignal | undefined,
  ): Promise<Readable> {
    let patience: NodeJS.Timeout | undefined;
    let over = false;
    const end = (why: Error): void => {
      if (over) return;
      answer.fail(why);
      asked.kill();
      patience ??= setTimeout(() => this.chdb.restart(), KILL_PATIENCE);
    };
    const late = new StoreError(
      `${this.name}: the question took longer than ${limits.seconds} s: ask for less, or ` +
        'give it more --timeout',
    );
    const timer = setTimeout(() => end(late), limits.seconds * 1000 + OVERTIME);
    const left = (): void => {
      const why: unknown = signal?.reason;
      end(
        why instanceof StoreUnavailable ? why : new StoreUnavailable('nobody waits for the answer any more'),
      );
    };
    signal?.addEventListener('abort', left);
    if (signal?.aborted === true) left();
    // Whoever reads the answer has had enough of it.
    answer.stream.on('close', left);
    void asked.ended
      .then(
        () => answer.end(),
        (error: Error) => answer.fail(storeError(error, this.name)),
      )
      .finally(() => {
        over = true;
        clearTimeout(timer);
        clearTimeout(patience);
        signal?.removeEventListener('abort', left);
        this.next();
      });
    return answer.begun;
  }

  /** Waits for a place. */
  private async turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.running < QUESTIONS_AT_ONCE) {
      this.running++;
      return;
    }
    if (this.queue.length >= QUESTIONS_WAITING)
      throw new StoreUnavailable(
        `${this.name} has ${QUESTIONS_AT_ONCE} questions to answer and ${QUESTIONS_WAITING} ` +
          'more that wait: ask again later',
        TOO_MANY_QUESTIONS,
      );
    await new Promise<void>((resolve, reject) => {
      const left = (): void => {
        this.queue.splice(this.queue.indexOf(go), 1);
        reject(new StoreUnavailable('nobody waits for the answer any more'));
      };
      const go = (): void => {
        signal?.removeEventListener('abort', left);
        resolve();
      };
      signal?.addEventListener('abort', left, { once: true });
      this.queue.push(go);
    });
  }

  /** Gives a place that has become free to who waits longest. */
  private next(): void {
    const go = this.queue.shift();
    if (go === undefined) this.running--;
    else go();
  }
}

/** An answer on its way. */
class Answering {
  readonly fifo: string;
  readonly stream: Socket;
  /** Settles when the first of it is there, or all of it. */
  readonly begun: Promise<Readable>;
  private begin: (stream: Readable) => void = () => undefined;
  private refuse: (error: Error) => void = () => undefined;
  private write: number;

  constructor(
    { makeFifo, openFifo }: typeof import('../../linux/fifo.js'),
    directory: string,
    private readonly own: Set<string>,
    owner: Owner | undefined,
  ) {
    this.fifo = join(directory, randomBytes(16).toString('hex'));
    own.add(this.fifo);
    makeFifo(this.fifo);
    let read: number;
    try {
      giveTo(owner, this.fifo);
      ({ read, write: this.write } = openFifo(this.fifo));
    } catch (error) {
      this.remove();
      throw error;
    }
    this.stream = new Socket({ fd: read, readable: true, writable: false });
    this.begun = new Promise((begin, refuse) => {
      this.begin = begin;
      this.refuse = refuse;
    });
    this.begun.catch(() => undefined);
    // What is said to a reader is said by `begun`, until it has begun.
    this.stream.on('error', () => undefined);
    this.stream.once('readable', () => this.begin(this.stream));
  }

  /** All of the answer is in the FIFO. */
  end(): void {
    this.close();
    this.begin(this.stream);
  }

  fail(error: Error): void {
    this.refuse(error);
    this.close();
    this.stream.destroy(error);
  }

  /** Nothing was asked. */
  drop(): void {
    this.close();
    this.stream.destroy();
  }

  private close(): void {
    if (this.write >= 0) closeSync(this.write);
    this.write = -1;
    this.remove();
  }

  private remove(): void {
    rmSync(this.fifo, { force: true });
    this.own.delete(this.fifo);
  }
}
