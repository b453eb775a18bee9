/**
 * How the threads and processes of mirrorlake talk: one side asks and is answered, or tells and goes on. What
 * is said is typed on both sides; an error comes out on the other side as the class it was thrown as. What
 * carries the messages differs (transport.ts).
 */
import { asError } from '../model/errors.js';
import type { Message } from './message.js';
import { type ErrorClasses, packError, unpackError } from './packed-error.js';
import type { Transferred, Transport } from './transport.js';

/** What one side understands. */
export interface Dialect {
  /** Requests, as functions: of what comes with one, with what is answered. */
  readonly asks: { readonly [what: string]: (value: never) => unknown };
  /** What it is told, without an answer. */
  readonly tells: { readonly [what: string]: unknown };
}

/** A side that understands nothing, and its handlers. */
export type Deaf = { readonly asks: Record<never, never>; readonly tells: Record<never, never> };
export const DEAF: Handlers<Deaf> = { asks: {}, tells: {} };

/** The value that comes with a request, and the one that answers it. */
export type AskedWith<Ask> = Ask extends (value: infer With) => unknown ? With : never;
type AnswerOf<Ask> = Ask extends (value: never) => infer Answer ? Answer : never;

/** A request, as the side that answers it sees it. */
export interface Request {
  /** Aborted when the asker wants no more, or is gone. */
  readonly signal: AbortSignal;
  /**
   * Sends a part of the answer, ahead of it.
   *
   * @returns what settles when it was taken, or when the signal is aborted
   */
  piece(bytes: Uint8Array, transfer?: readonly Transferred[]): Promise<void>;
}

/**
 * What a side does with what it is asked and told. A request whose answer is no promise is answered at once.
 */
export interface Handlers<Side extends Dialect> {
  readonly asks: {
    readonly [What in keyof Side['asks']]: (
      value: AskedWith<Side['asks'][What]>,
      request: Request,
    ) => AnswerOf<Side['asks'][What]> | Promise<AnswerOf<Side['asks'][What]>>;
  };
  readonly tells: { readonly [What in keyof Side['tells']]: (value: Side['tells'][What]) => void };
}

export interface AskOptions {
  /** Aborted: the other side is told to end it. It settles when it has. */
  readonly signal?: AbortSignal;
  /** Takes parts of the answer. The next one comes when it has settled. */
  readonly piece?: (bytes: Uint8Array) => void | Promise<void>;
  readonly transfer?: readonly Transferred[];
}

export interface ChannelOptions {
  /** Classes of errors that this side tells apart. */
  readonly errors?: ErrorClasses;
  /** Told once when the other side is gone, or has failed; every open request fails with the same error. */
  readonly ended?: (error: Error) => void;
}

interface Asked {
  readonly piece: AskOptions['piece'];
  answered(value: unknown): void;
  failed(error: Error): void;
}

interface Answering {
  readonly stop: AbortController;
  taken: () => void;
}

type AnyHandler = (value: unknown, request: Request) => unknown;

/** One end. `Here` is what this side understands, `There` what the other does. */
export class Channel<Here extends Dialect, There extends Dialect> {
  private readonly asked = new Map<number, Asked>();
  private readonly answering = new Map<number, Answering>();
  private readonly asks: ReadonlyMap<string, AnyHandler>;
  private readonly tells: ReadonlyMap<string, AnyHandler>;
  private requests = 0;
  /** Why it is over. */
  private over: Error | undefined;

  constructor(
    private readonly transport: Transport,
    handlers: Handlers<Here>,
    private readonly options: ChannelOptions = {},
  ) {
    this.asks = new Map(Object.entries(handlers.asks) as [string, AnyHandler][]);
    this.tells = new Map(Object.entries(handlers.tells) as [string, AnyHandler][]);
    transport.listen(
      (message) => this.heard(message),
      (error) => this.end(error),
    );
  }

  /** Tells the other side something. Nothing is said to a side that is gone. */
  tell<What extends keyof There['tells'] & string>(
    what: What,
    value: There['tells'][What],
    transfer?: readonly Transferred[],
  ): void {
    if (this.over === undefined) this.transport.post({ kind: 'tell', what, value }, transfer);
  }

  /**
   * Asks the other side. @returns its answer; fails with what it threw, or with what the channel ended with
   */
  ask<What extends keyof There['asks'] & string>(
    what: What,
    value: AskedWith<There['asks'][What]>,
    options: AskOptions = {},
  ): Promise<AnswerOf<There['asks'][What]>> {
    if (this.over !== undefined) return Promise.reject(this.over);
    const id = ++this.requests;
    const { signal, piece, transfer } = options;
    return new Promise((resolve, reject) => {
      const cancel = (): void => this.post({ kind: 'cancel', id });
      const settled = (): void => {
        this.asked.delete(id);
        signal?.removeEventListener('abort', cancel);
      };
      this.asked.set(id, {
        piece,
        answered: (answer) => {
          settled();
          resolve(answer as AnswerOf<There['asks'][What]>);
        },
        failed: (error) => {
          settled();
          reject(error);
        },
      });
      this.transport.post({ kind: 'ask', id, what, value }, transfer);
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** Ends it from this side: open requests fail, and what still comes is not heard. `ended` is not told. */
  close(error: Error = new Error('the channel is closed')): void {
    if (this.over !== undefined) return;
    this.over = error;
    for (const { failed } of [...this.asked.values()]) failed(error);
    for (const { stop, taken } of this.answering.values()) {
      stop.abort();
      taken();
    }
  }

  /** Says that this side cannot go on. */
  fail(thrown: unknown): void {
    this.post({ kind: 'fatal', error: packError(thrown) });
  }

  private post(message: Message, transfer?: readonly Transferred[]): void {
    if (this.over === undefined) this.transport.post(message, transfer);
  }

  private end(error: Error): void {
    if (this.over !== undefined) return;
    this.close(error);
    this.options.ended?.(error);
  }

  private heard(message: Message): void {
    if (this.over !== undefined) return;
    switch (message.kind) {
      case 'tell':
        this.told(message.what, message.value);
        return;
      case 'ask':
        this.answer(message.id, message.what, message.value);
        return;
      case 'cancel': {
        const answering = this.answering.get(message.id);
        answering?.stop.abort();
        answering?.taken();
        return;
      }
      case 'piece':
        void this.take(message.id, message.bytes);
        return;
      case 'more':
        this.answering.get(message.id)?.taken();
        return;
      case 'answer':
        this.asked.get(message.id)?.answered(message.value);
        return;
      case 'failure':
        this.asked.get(message.id)?.failed(unpackError(message.error, this.options.errors));
        return;
      case 'fatal':
        this.end(unpackError(message.error, this.options.errors));
    }
  }

  private told(what: string, value: unknown): void {
    try {
      handlerOf(this.tells, what)(value, NO_REQUEST);
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  private answer(id: number, what: string, value: unknown): void {
    const answering: Answering = { stop: new AbortController(), taken: () => {} };
    this.answering.set(id, answering);
    const done = (answer: unknown): void => {
      this.answering.delete(id);
      this.post({ kind: 'answer', id, value: answer });
    };
    const failed = (error: unknown): void => {
      this.answering.delete(id);
      this.post({ kind: 'failure', id, error: packError(error) });
    };
    const { signal } = answering.stop;
    const piece: Request['piece'] = (bytes, transfer) => {
      if (signal.aborted) return Promise.resolve();
      const taken = new Promise<void>((resolve) => {
        answering.taken = resolve;
      });
      this.post({ kind: 'piece', id, bytes }, transfer);
      return taken;
    };
    try {
      const answer = handlerOf(this.asks, what)(value, { signal, piece });
      // A side that does not turn its event loop has no promises.
      if (answer instanceof Promise) answer.then(done, failed);
      else done(answer);
    } catch (error) {
      failed(error);
    }
  }

  private async take(id: number, bytes: Uint8Array): Promise<void> {
    const asked = this.asked.get(id);
    try {
      await asked?.piece?.(bytes);
      this.post({ kind: 'more', id });
    } catch (error) {
      this.post({ kind: 'cancel', id });
      asked?.failed(asError(error));
    }
  }
}

function handlerOf(handlers: ReadonlyMap<string, AnyHandler>, what: string): AnyHandler {
  const handler = handlers.get(what);
  if (handler === undefined) throw new Error(`nobody hears "${what}" on this side of the channel`);
  return handler;
}

/** For what is told: nobody waits for an answer. */
const NO_REQUEST: Request = {
  signal: new AbortController().signal,
  piece: () => Promise.resolve(),
};
