/**
 * Many datagrams in one sendmmsg(2), each gathered from its own head and a body elsewhere in the same
 * mapping, so that packets read from a device are sent without copying.
 *
 * 64-bit layouts as in messages.ts. The peer's address follows the head in its slot.
 */
import { errno, sendmmsg } from './libc.js';
import { Mapping } from './memory.js';

const MMSGHDR = 64;
const IOVEC = 16;
const NAME = 32;
const MSG_DONTWAIT = 0x40;
const TWO_32 = 2 ** 32;

/** Bytes a head may have. */
export const HEAD = 352;
const SLOT = HEAD + NAME;

export class Gather {
  private readonly mapping: Mapping;
  private readonly words: Uint32Array;
  private readonly base: number;
  private readonly iovecs: number;
  private readonly heads: number;
  /** The room for bodies: {@link body} bytes from {@link bodyOffset} on. */
  readonly bodyOffset: number;
  /** The whole mapping. */
  readonly bytes: Uint8Array;
  /** By message: where the headers start, for sendmmsg. */
  private readonly starts: bigint[] = [];

  constructor(
    readonly capacity: number,
    readonly body: number,
  ) {
    this.iovecs = capacity * MMSGHDR;
    this.heads = this.iovecs + capacity * 2 * IOVEC;
    this.bodyOffset = this.heads + capacity * SLOT;
    this.mapping = Mapping.anonymous(this.bodyOffset + body);
    this.bytes = this.mapping.bytes;
    this.words = new Uint32Array(this.mapping.buffer, 0, this.heads >>> 2);
    this.base = Number(this.mapping.address);
    for (let i = 0; i < capacity; i++) {
      this.starts.push(this.mapping.address + BigInt(i * MMSGHDR));
      this.point((i * MMSGHDR) >>> 2, this.nameOffset(i));
      this.point((i * MMSGHDR + 16) >>> 2, this.iovecs + i * 2 * IOVEC);
      this.words[(i * MMSGHDR + 24) >>> 2] = 2;
      this.point((this.iovecs + i * 2 * IOVEC) >>> 2, this.headOffset(i));
    }
  }

  private point(word: number, offset: number): void {
    const address = this.base + offset;
    this.words[word] = address % TWO_32;
    this.words[word + 1] = Math.floor(address / TWO_32);
  }

  /** The address of a byte of the mapping, for read(2) and readv(2). */
  address(offset: number): bigint {
    return this.mapping.address + BigInt(offset);
  }

  /** Where message `i`'s head starts in {@link bytes}. */
  headOffset(i: number): number {
    return this.heads + i * SLOT;
  }

  /** Where its peer's address (struct sockaddr) belongs. */
  nameOffset(i: number): number {
    return this.heads + i * SLOT + HEAD;
  }

  /**
   * Sets message `i`: its head's length, its body in {@link bytes}, and its peer address' length (0:
   * connected).
   */
  set(i: number, headLength: number, bodyAt: number, bodyLength: number, nameLength: number): void {
    const iovec = (this.iovecs + i * 2 * IOVEC) >>> 2;
    this.words[iovec + 2] = headLength;
    this.point(iovec + 4, bodyAt);
    this.words[iovec + 6] = bodyLength;
    this.words[(i * MMSGHDR + 8) >>> 2] = nameLength;
  }

  /** What {@link set} has made of message `i`. */
  headLength(i: number): number {
    return this.words[((this.iovecs + i * 2 * IOVEC) >>> 2) + 2];
  }
  bodyAt(i: number): number {
    const iovec = ((this.iovecs + i * 2 * IOVEC) >>> 2) + 4;
    return this.words[iovec + 1] * TWO_32 + this.words[iovec] - this.base;
  }
  bodyLength(i: number): number {
    return this.words[((this.iovecs + i * 2 * IOVEC) >>> 2) + 6];
  }

  /**
   * Sends messages `first` to `end`.
   *
   * @returns how many the kernel took; if none, -errno of the first.
   */
  send(fd: number, first: number, end: number): number {
    const n = sendmmsg(fd, this.starts[first], end - first, MSG_DONTWAIT);
    return n >= 0 ? n : -errno();
  }

  close(): void {
    this.mapping.unmap();
  }
}
