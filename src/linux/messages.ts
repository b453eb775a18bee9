/**
 * Many datagrams per system call: recvmmsg(2) and sendmmsg(2).
 *
 * Every message has a slot in one mapping: its bytes, its peer's address and its ancillary data; the headers
 * that point to them are written once. 64-bit layouts: struct mmsghdr is 64 bytes (msghdr 56: name 0, namelen
 * 8, iov 16, iovlen 24, control 32, controllen 40, flags 48; then msg_len 56), struct iovec 16.
 */

import { LinuxError } from './errors.js';
import { ERRNO, errno, recvmmsg, sendmmsg } from './libc.js';
import { Mapping } from './memory.js';

const MMSGHDR = 64;
const IOVEC = 16;
const NAME = 32;

export const MSG_DONTWAIT = 0x40;
export const MSG_TRUNC = 0x20;
export const MSG_ERRQUEUE = 0x2000;

/** Ancillary data of a socket with SO_TIMESTAMPNS: a struct cmsghdr and a struct timespec, 16 bytes each. */
export const TIME_CONTROL = 32;

export class Messages {
  /** All of it: what is received lies here. */
  readonly mapping: Mapping;
  private readonly view: DataView;
  /** The part of the memory before the messages' own bytes, in words. */
  readonly words: Uint32Array;
  private readonly headers: bigint;
  /** Message bytes of every slot: slot `i` starts at {@link offset}(i). */
  readonly bytes: Uint8Array;
  private readonly names: number;
  private readonly controls: number;
  private readonly payloads: number;

  /** `capacity` slots of `size` bytes, each with `control` bytes of ancillary data (a multiple of 8). */
  constructor(
    readonly capacity: number,
    readonly size: number,
    readonly control = 0,
  ) {
    const iovecs = capacity * MMSGHDR;
    this.names = iovecs + capacity * IOVEC;
    this.controls = this.names + capacity * NAME;
    this.payloads = (this.controls + capacity * control + 63) & ~63;
    this.mapping = Mapping.anonymous(this.payloads + capacity * size);
    this.bytes = this.mapping.bytes;
    this.view = new DataView(this.mapping.buffer);
    this.words = new Uint32Array(this.mapping.buffer, 0, this.payloads >>> 2);
    this.headers = this.mapping.address;
    const base = this.mapping.address;
    for (let i = 0; i < capacity; i++) {
      const h = i * MMSGHDR;
      const v = iovecs + i * IOVEC;
      this.view.setBigUint64(h, base + BigInt(this.names + i * NAME), true);
      this.view.setBigUint64(h + 16, base + BigInt(v), true);
      this.view.setBigUint64(h + 24, 1n, true);
      if (control > 0) this.view.setBigUint64(h + 32, base + BigInt(this.controls + i * control), true);
      this.view.setBigUint64(v, base + BigInt(this.payloads + i * size), true);
      this.view.setBigUint64(v + 8, BigInt(size), true);
    }
  }

  /** Where slot `i`'s bytes start in {@link bytes}. */
  offset(i: number): number {
    return this.payloads + i * this.size;
  }

  /** Bytes received into slot `i`; more than `size` if the message was cut and MSG_TRUNC was requested. */
  length(i: number): number {
    return this.words[(i * MMSGHDR + 56) >>> 2];
  }

  /** Where slot `i`'s peer address (struct sockaddr) starts in {@link bytes}. */
  nameOffset(i: number): number {
    return this.names + i * NAME;
  }

  /** Where slot `i`'s ancillary data starts in {@link bytes}, and how much was received. */
  controlOffset(i: number): number {
    return this.controls + i * this.control;
  }

  controlLength(i: number): number {
    return this.words[(i * MMSGHDR + 40) >>> 2];
  }

  /**
   * When slot `i`'s message arrived, by the kernel's clock: seconds since 1970 in the first word, nanoseconds
   * in the third. For sockets without other ancillary data.
   */
  timeOffset(i: number): number {
    return this.controlOffset(i) + 16;
  }

  /**
   * Sets what slot `i` sends: `length` bytes from its start, to its peer address of `nameLength` bytes (0:
   * connected).
   */
  setOut(i: number, length: number, nameLength: number): void {
    const iovec = this.capacity * MMSGHDR + i * IOVEC;
    this.words[(iovec + 8) >>> 2] = length;
    this.words[(i * MMSGHDR + 8) >>> 2] = nameLength;
    this.words[(i * MMSGHDR + 40) >>> 2] = 0;
  }

  /**
   * Receives up to `count` messages.
   *
   * @returns how many, 0 if none was waiting.
   * @throws LinuxError for errors other than EAGAIN and EINTR.
   */
  receive(fd: number, count = this.capacity, flags = MSG_DONTWAIT): number {
    const w = this.words;
    for (let i = 0; i < count; i++) {
      const h = (i * MMSGHDR) >>> 2;
      w[h + 2] = NAME;
      w[h + 10] = this.control;
      w[h + 12] = 0;
    }
    const n = recvmmsg(fd, this.headers, count, flags, null);
    if (n >= 0) return n;
    const e = errno();
    if (e === ERRNO.EAGAIN || e === ERRNO.EINTR) return 0;
    throw new LinuxError('receive from a socket', e);
  }

  /**
   * Sends `count` slots from slot `first` on, as set by {@link setOut}.
   *
   * @returns how many the kernel took; if none, -errno of the first message.
   */
  send(fd: number, first: number, count: number, flags = MSG_DONTWAIT): number {
    const n = sendmmsg(fd, this.headers + BigInt(first * MMSGHDR), count, flags);
    return n >= 0 ? n : -errno();
  }

  close(): void {
    this.mapping.unmap();
  }
}
