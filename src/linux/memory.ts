/**
 * Memory outside of the JavaScript heap: mappings of files and sockets, and plain pages that the kernel may
 * point into.
 */

import { LinuxError } from './errors.js';
import { errno, MAP_FAILED, mmap, munmap, viewOf } from './libc.js';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_ANONYMOUS = 0x20;
const MAP_LOCKED = 0x2000;
const MAP_POPULATE = 0x8000;

/** A mapping, readable and writable. Its views must not be touched after {@link Mapping.unmap}. */
export class Mapping {
  readonly bytes: Uint8Array;
  readonly buffer: ArrayBuffer;

  private constructor(
    readonly address: bigint,
    readonly length: number,
  ) {
    this.buffer = viewOf(address, length);
    this.bytes = new Uint8Array(this.buffer);
  }

  /** Zeroed pages at an address that does not move: for iovecs, message headers, packet buffers. */
  static anonymous(length: number): Mapping {
    return Mapping.map(length, MAP_PRIVATE | MAP_ANONYMOUS, -1, 'map memory');
  }

  /**
   * The memory a descriptor shares with the kernel (a packet socket's rings).
   *
   * @param offset which of its memories, if it has several (AF_XDP)
   */
  static shared(fd: number, length: number, offset = 0): Mapping {
    const locked = MAP_SHARED | MAP_LOCKED | MAP_POPULATE;
    const address = mmap(null, length, PROT_READ | PROT_WRITE, locked, fd, offset);
    if (address !== MAP_FAILED) return new Mapping(address, length);
    // Locking is limited by RLIMIT_MEMLOCK; ring pages are the kernel's own and are never paged out anyway.
    return Mapping.map(length, MAP_SHARED | MAP_POPULATE, fd, 'map the receive ring', offset);
  }

  private static map(length: number, flags: number, fd: number, attempt: string, offset = 0): Mapping {
    const address = mmap(null, length, PROT_READ | PROT_WRITE, flags, fd, offset);
    if (address === MAP_FAILED) throw new LinuxError(attempt, errno());
    return new Mapping(address, length);
  }

  unmap(): void {
    munmap(this.address, this.length);
  }
}
