/**
 * Reads descriptors when they have something: poll(2) in a thread of libuv's pool, so that this thread's
 * event loop keeps running.
 */
import { LinuxError } from '../linux/errors.js';
import { clearEvent, openEvent, signalEvent } from '../linux/event.js';
import { POLLIN, PollSet } from '../linux/poll.js';
import { closeSocket } from '../linux/socket.js';

/** The longest poll, milliseconds: the process waits for its thread at exit. */
const POLL_MS = 100;
/**
 * If a poll is late by this many milliseconds, sockets are read without it; and how many batches of each at a
 * time.
 */
const LATE_MS = 2 * POLL_MS;
const LATE_BATCHES = 64;
/** How long polling pauses after a failure. */
const REST_MS = 1000;

export interface Watching {
  /** Reads a batch of what is there. @returns whether there may be more. @throws LinuxError */
  readonly read: () => boolean;
  readonly failed: (error: Error) => void;
}

export class PollLoop {
  private readonly watched = new Map<number, Watching>();
  /** Whether the set of descriptors has changed since the current poll began, which this wakes. */
  private changed = false;
  private wake = -1;
  private leaving: (() => void)[] = [];

  watch(fd: number, watching: Watching): void {
    this.watched.set(fd, watching);
    this.change();
  }

  unwatch(fd: number): void {
    if (this.watched.delete(fd)) this.change();
  }

  /**
   * Resolves once no poll knows descriptors that are no longer watched: until then the kernel keeps what they
   * stand for, as the port of a socket, even if they are closed.
   */
  left(): Promise<void> {
    if (this.wake < 0) return Promise.resolve();
    return new Promise((resolve) => this.leaving.push(resolve));
  }

  private change(): void {
    this.changed = true;
    if (this.wake >= 0) signalEvent(this.wake);
    else void this.run();
  }

  /** Runs while anything is watched. */
  private async run(): Promise<void> {
    this.wake = openEvent();
    let fds: number[] = [];
    let polls = new PollSet(1);
    while (this.watched.size > 0) {
      this.sayLeft();
      if (this.changed) {
        this.changed = false;
        clearEvent(this.wake);
        fds = [...this.watched.keys()];
        polls = new PollSet(1 + fds.length);
        for (const fd of [this.wake, ...fds]) polls.add(fd, POLLIN);
      }
      try {
        const polled = polls.waitAside(POLL_MS);
        // All threads of the pool may be waiting for a slow disk: reading does not wait for them.
        while (!(await settled(polled, LATE_MS))) for (const fd of fds) this.read(fd, LATE_BATCHES);
        for (let i = 0; i < fds.length; i++) if (polls.events(1 + i) !== 0) this.read(fds[i], 1);
      } catch (error) {
        if (!(error instanceof LinuxError)) throw error;
        for (const { failed } of this.watched.values()) failed(error);
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    }
    closeSocket(this.wake);
    this.wake = -1;
    this.sayLeft();
  }

  private sayLeft(): void {
    for (const resolve of this.leaving.splice(0)) resolve();
  }

  /** Reads up to a number of batches. The descriptor may no longer be watched. */
  private read(fd: number, batches: number): void {
    for (let batch = 0; batch < batches && this.watched.get(fd)?.read() === true; batch++);
  }
}

/** Whether a promise settles within this many milliseconds. @throws its rejection */
async function settled(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
