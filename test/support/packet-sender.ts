import { AF_PACKET, sockaddrLl } from '../../src/linux/address.js';
import { attachFilter } from '../../src/linux/bpf.js';
import { dropAll } from '../../src/linux/input-filter.js';
import { interfaceIndex } from '../../src/linux/interface.js';
import { ERRNO } from '../../src/linux/libc.js';
import { Messages } from '../../src/linux/messages.js';
import { POLLOUT, PollSet } from '../../src/linux/poll.js';
import { bindSocket, closeSocket, openSocket, SOCK_RAW } from '../../src/linux/socket.js';

const BATCH = 256;

/** Sends frames on an interface as fast as it accepts them: sendmmsg on a packet socket. */
export class PacketSender {
  private readonly fd: number;
  private readonly messages: Messages;
  private readonly writable = new PollSet(1);
  private queued = 0;
  sent = 0;

  /** @param longest bytes of the longest frame */
  constructor(name: string, longest = 2048) {
    this.messages = new Messages(BATCH, longest);
    const index = interfaceIndex(name);
    if (index === 0) throw new Error(`no interface ${name}`);
    this.fd = openSocket(AF_PACKET, SOCK_RAW, 0);
    attachFilter(this.fd, dropAll());
    bindSocket(this.fd, sockaddrLl(0, index), name);
    this.writable.add(this.fd, POLLOUT);
  }

  /** Queues a frame, and sends the batch when it is full. */
  add(frame: Uint8Array): void {
    this.messages.bytes.set(frame, this.messages.offset(this.queued));
    this.messages.setOut(this.queued, frame.length, 0);
    if (++this.queued === BATCH) this.flush();
  }

  flush(): void {
    let first = 0;
    while (first < this.queued) {
      const n = this.messages.send(this.fd, first, this.queued - first);
      if (n > 0) first += n;
      else if (-n === ERRNO.EAGAIN || -n === ERRNO.ENOBUFS) this.writable.wait(10);
      else throw new Error(`sending failed with errno ${-n}`);
    }
    this.sent += this.queued;
    this.queued = 0;
  }

  close(): void {
    closeSocket(this.fd);
    this.messages.close();
  }
}
