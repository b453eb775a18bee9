/** Raw sockets without the raw-socket package: recvmmsg(2) for the messages. */
import { Messages, TIME_CONTROL } from '../linux/messages.js';
import { closeSocket, IPPROTO_GRE, noteTimes, openSocket, SOCK_RAW } from '../linux/socket.js';
import type { PollLoop } from './poll-loop.js';
import { LONGEST, type MessageTaker, type RawDescriptor, type RawLibrary } from './raw-sockets.js';

/** Messages per receive. Only the pages of a slot that a message fills are ever touched. */
const BATCH = 256;
/** Offset of the address in struct sockaddr_in6. */
const SIN6_ADDR = 8;

export class PolledSockets implements RawLibrary {
  private readonly messages = new Messages(BATCH, LONGEST + 1, TIME_CONTROL);

  constructor(private readonly loop: PollLoop) {}

  open(family: number): RawDescriptor {
    const fd = openSocket(family, SOCK_RAW, IPPROTO_GRE, true);
    noteTimes(fd);
    return {
      fd,
      watch: (take, failed) => this.loop.watch(fd, { read: () => this.read(fd, take), failed }),
      unwatch: () => this.loop.unwatch(fd),
      close: () => {
        this.loop.unwatch(fd);
        closeSocket(fd);
      },
    };
  }

  /** Hands on a batch of a socket's messages. @returns whether there may be more */
  private read(fd: number, take: MessageTaker): boolean {
    const { messages } = this;
    const { bytes, words } = messages;
    const n = messages.receive(fd);
    for (let i = 0; i < n; i++) {
      const time = messages.timeOffset(i) >>> 2;
      const from = messages.nameOffset(i) + SIN6_ADDR;
      take(bytes, messages.offset(i), messages.length(i), bytes, from, words[time], words[time + 2]);
    }
    return n === BATCH;
  }
}
