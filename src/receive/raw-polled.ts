/**
 * Raw sockets without the raw-socket package: poll(2) in a thread of libuv's pool, so that this thread's
 * event loop keeps running, and recvmmsg(2) for the messages.
 */
import { LinuxError } from '../linux/errors.js';
import { clearEvent, openEvent, signalEvent } from '../linux/event.js';
import { Messages, TIME_CONTROL } from '../linux/messages.js';
import { POLLIN, PollSet } from '../linux/poll.js';
import { closeSocket, IPPROTO_GRE, noteTimes, openSocket, SOCK_RAW } from '../linux/socket.js';
import { LONGEST, type MessageTaker, type RawDescriptor, type RawLibrary } from './raw-sockets.js';

/** Messages per receive. Only the pages of a slot that a message fills are ever touched. */
const BATCH = 256;
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
/** Offset of the address in struct sockaddr_in6. */
const SIN6_ADDR = 8;

interface Watching {
  readonly take: MessageTaker;
  readonly failed: (error: Error) => void;
}

/** Raw sockets, and the poll for all of them. */
export class PolledSockets implements RawLibrary {
  private readonly watched = new Map<number, Watching>();
  /** Whether the set of sockets has changed since the current poll began, which this wakes. */
  private changed = false;
  private wake = -1;

  open(family: number): RawDescriptor {
    const fd = openSocket(family, SOCK_RAW, IPPROTO_GRE, true);
    noteTimes(fd);
    const unwatch = (): void => {
      if (this.watched.delete(fd)) this.change();
    };
    return {
      fd,
      watch: (take, failed) => {
        this.watched.set(fd, { take, failed });
        this.change();
      },
      unwatch,
      close: () => {
        unwatch();
        closeSocket(fd);
      },
    };
  }

  private change(): void {
    this.changed = true;
    if (this.wake >= 0) signalEvent(this.wake);
    else void this.receive();
  }

  /** Receives while any socket is watched. */
  private async receive(): Promise<void> {
    this.wake = openEvent();
    const messages = new Messages(BATCH, LONGEST + 1, TIME_CONTROL);
    let fds: number[] = [];
    let polls = new PollSet(1);
    while (this.watched.size > 0) {
      if (this.changed) {
        this.changed = false;
        clearEvent(this.wake);
        fds = [...this.watched.keys()];
        polls = new PollSet(1 + fds.length);
        for (const fd of [this.wake, ...fds]) polls.add(fd, POLLIN);
      }
      try {
        const polled = polls.waitAside(POLL_MS);
        // All threads of the pool may be waiting for a slow disk: receiving does not wait for them.
        while (!(await settled(polled, LATE_MS))) for (const fd of fds) this.take(fd, messages, LATE_BATCHES);
        for (let i = 0; i < fds.length; i++) if (polls.events(1 + i) !== 0) this.take(fds[i], messages, 1);
      } catch (error) {
        if (!(error instanceof LinuxError)) throw error;
        for (const { failed } of this.watched.values()) failed(error);
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    }
    closeSocket(this.wake);
    this.wake = -1;
    messages.close();
  }

  /** Hands on a socket's messages, up to a number of batches. */
  private take(fd: number, messages: Messages, batches: number): void {
    const { bytes, words } = messages;
    for (let batch = 0, n = BATCH; batch < batches && n === BATCH; batch++) {
      // The socket may have been closed while its messages were awaited.
      const watching = this.watched.get(fd);
      n = watching === undefined ? 0 : messages.receive(fd);
      for (let i = 0; i < n; i++) {
        const time = messages.timeOffset(i) >>> 2;
        const from = messages.nameOffset(i) + SIN6_ADDR;
        watching!.take(
          bytes,
          messages.offset(i),
          messages.length(i),
          bytes,
          from,
          words[time],
          words[time + 2],
        );
      }
    }
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
