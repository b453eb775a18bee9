/**
 * One packet for a device, as it lies in memory: a header of its own, and pieces of a mapping behind it
 * (writev(2)), so that nothing is copied. 64-bit layout: struct iovec is 16 bytes, address and length.
 */
import { Mapping } from './memory.js';

/** The header's room; the vectors follow. */
const HEADER_ROOM = 16;
const IOVEC = 16;
const TWO_32 = 2 ** 32;

/** Memory that does not move: its bytes, and the address of the first. */
export interface Memory {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

export class Pieces {
  private readonly mapping: Mapping;
  private readonly words: Uint32Array;
  private readonly base: number;
  /** The header, to be filled in by the writer. */
  readonly header: Uint8Array;
  /** The address of the vectors: the header's, then one a piece. */
  readonly vectors: bigint;

  /**
   * @param memory what the pieces are of.
   * @param capacity pieces of a packet.
   * @param header bytes of the header, up to 16.
   */
  constructor(
    readonly memory: Memory,
    capacity: number,
    header: number,
  ) {
    this.mapping = Mapping.anonymous(HEADER_ROOM + (capacity + 1) * IOVEC);
    this.words = new Uint32Array(this.mapping.buffer);
    this.header = this.mapping.bytes.subarray(0, header);
    this.vectors = this.mapping.address + BigInt(HEADER_ROOM);
    this.base = Number(memory.address);
    this.vector(0, Number(this.mapping.address), header);
  }

  /** Makes piece `i`, from 0 on, `length` bytes at `at` of the memory. */
  set(i: number, at: number, length: number): void {
    this.vector(i + 1, this.base + at, length);
  }

  /** Where piece `i` starts in the memory, and its bytes. */
  offset(i: number): number {
    const w = word(i + 1);
    return this.words[w + 1] * TWO_32 + this.words[w] - this.base;
  }
  length(i: number): number {
    return this.words[word(i + 1) + 2];
  }

  unmap(): void {
    this.mapping.unmap();
  }

  private vector(i: number, address: number, length: number): void {
    const w = word(i);
    this.words[w] = address % TWO_32;
    this.words[w + 1] = Math.floor(address / TWO_32);
    this.words[w + 2] = length;
  }
}

function word(i: number): number {
  return (HEADER_ROOM + i * IOVEC) >>> 2;
}
