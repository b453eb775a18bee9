/** Memory whose records begin where cache lines do. */

/** Large allocations begin 16 bytes into a page, behind the allocator's header: up to a multiple of 128. */
const ALIGNMENT = 112;

/** Zeroed words; with many of them, the first one begins a pair of cache lines. */
export function alignedWords(count: number): Int32Array {
  return new Int32Array(new ArrayBuffer(count * 4 + ALIGNMENT), ALIGNMENT, count);
}
