/**
 * What carries a channel's messages: a worker thread's port, a child process's pipe, a port between two
 * threads, or nothing but calls.
 */
import type { ChildProcess } from 'node:child_process';
import { type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { asError } from '../model/errors.js';
import type { Message } from './message.js';

/** What changes hands instead of being copied. Processes share nothing: there it is copied. */
export type Transferred = ArrayBuffer | MessagePort;

export interface Transport {
  post(message: Message, transfer?: readonly Transferred[]): void;
  /**
   * Called once, by the channel.
   *
   * @param gone told that the other side is no more, with why
   */
  listen(heard: (message: Message) => void, gone: (error: Error) => void): void;
}

/**
 * To a worker thread, from the thread that started it.
 *
 * @param wake has a worker look for messages that does not turn its event loop
 */
export function workerTransport(worker: Worker, wake: () => void = () => {}): Transport {
  return {
    post: (message, transfer = []) => {
      worker.postMessage(message, transfer);
      wake();
    },
    listen: (heard, gone) => {
      worker.on('message', heard);
      worker.on('error', (error) => gone(asError(error)));
      worker.on('exit', (code) => gone(new Error(`a thread of the program ended with exit status ${code}`)));
    },
  };
}

/** A port of this thread's: its parent's, or one end of a MessageChannel. */
export class PortTransport implements Transport {
  private heard: (message: Message) => void = () => {};

  /**
   * @param polled whether messages are only heard in {@link drain}, for a thread that does not turn its event
   * loop
   */
  constructor(
    private readonly port: MessagePort,
    private readonly polled = false,
  ) {}

  post(message: Message, transfer: readonly Transferred[] = []): void {
    this.port.postMessage(message, transfer);
  }

  listen(heard: (message: Message) => void): void {
    this.heard = heard;
    if (!this.polled) this.port.on('message', heard);
  }

  /** Hears all messages that have come. Those of several ports have no order among them. */
  drain(): void {
    for (let m = receiveMessageOnPort(this.port); m !== undefined; m = receiveMessageOnPort(this.port))
      this.heard(m.message as Message);
  }
}

/**
 * Two ends within one thread: what is posted at one is heard at the other before `post` returns. Nothing is
 * copied, and nothing changes hands. The other end has to listen by then.
 */
export function innerTransports(): readonly [Transport, Transport] {
  const heard: ((message: Message) => void)[] = [];
  const end = (mine: 0 | 1): Transport => ({
    post: (message) => heard[1 - mine](message),
    listen: (hear) => {
      heard[mine] = hear;
    },
  });
  return [end(0), end(1)];
}

/**
 * To a child process made by fork with `serialization: 'advanced'`.
 *
 * @param ended makes the error that its requests fail with, of how it ended: a signal, or `exit status 1`
 */
export function childTransport(child: ChildProcess, ended: (how: string) => Error): Transport {
  return {
    // Of a child that is gone, `close` tells.
    post: (message) => void child.send(message, () => undefined),
    listen: (heard, gone) => {
      child.on('message', heard as (message: unknown) => void);
      child.on('error', (error) => gone(ended(error.message)));
      // It comes after the last of what the child printed.
      child.on('close', (code, signal) => gone(ended(signal ?? `exit status ${code}`)));
    },
  };
}

/** From such a child to its parent. */
export function parentTransport(): Transport {
  return {
    post: (message) => {
      if (process.connected) process.send?.(message);
    },
    listen: (heard) => void process.on('message', heard as (message: unknown) => void),
  };
}
