/** Buffers that grow by doubling and are reused, under one bound. */

const SMALLEST_SHIFT = 11;
const CLASSES = 7;
export const LARGEST_BUFFER = 1 << (SMALLEST_SHIFT + CLASSES - 1);

/**
 * Buffers of 2 KiB to 128 KiB in powers of two; together, used and spare, they have at most `limit` bytes.
 */
export class FragmentBuffers {
  /** Bytes in buffers that exist. */
  allocated = 0;
  private readonly spare: Uint8Array[][] = Array.from({ length: CLASSES }, () => []);

  /** @param limit bytes */
  constructor(private readonly limit: number) {}

  /**
   * A buffer of at least `size` bytes (at most 128 KiB), or undefined if the bound is reached. Its content is
   * arbitrary.
   */
  take(size: number): Uint8Array | undefined {
    const kind = bufferClass(size);
    const spare = this.spare[kind].pop();
    if (spare !== undefined) return spare;
    const bytes = bufferSize(size);
    if (this.allocated + bytes > this.limit) this.drop(this.allocated + bytes - this.limit);
    if (this.allocated + bytes > this.limit) return undefined;
    this.allocated += bytes;
    return new Uint8Array(bytes);
  }

  give(buffer: Uint8Array): void {
    this.spare[bufferClass(buffer.length)].push(buffer);
  }

  /** Frees spare buffers, the largest first, until `bytes` are available or none is left. */
  private drop(bytes: number): void {
    let left = bytes;
    for (let kind = CLASSES - 1; kind >= 0 && left > 0; kind--) {
      const spare = this.spare[kind];
      while (left > 0 && spare.length > 0) {
        const size = (spare.pop() as Uint8Array).length;
        this.allocated -= size;
        left -= size;
      }
    }
  }
}

function bufferClass(size: number): number {
  const kind = 32 - Math.clz32(size - 1) - SMALLEST_SHIFT;
  return Math.max(kind, 0);
}

/** The length of the buffer for `size` bytes. */
export function bufferSize(size: number): number {
  return 1 << (bufferClass(size) + SMALLEST_SHIFT);
}
