/** Typed arrays in one block of shared memory, which other threads read without a copy. */

/** Every section begins at a multiple of this, so that it can hold numbers of any width. */
const ALIGNMENT = 8;
/** Of a section, in front of all of them: where it begins, and its bytes. */
const ENTRY = 2;

/** Copies arrays into one block, in their order. */
export function packSections(arrays: readonly (Int32Array | Uint8Array)[]): SharedArrayBuffer {
  let end = aligned(arrays.length * ENTRY * 4);
  const directory = arrays.map(({ byteLength }) => {
    const start = end;
    end = aligned(end + byteLength);
    return [start, byteLength];
  });
  const memory = new SharedArrayBuffer(end);
  new Uint32Array(memory).set(directory.flat());
  arrays.forEach(({ buffer, byteOffset, byteLength }, i) => {
    new Uint8Array(memory, directory[i][0]).set(new Uint8Array(buffer, byteOffset, byteLength));
  });
  return memory;
}

/** A section as the numbers of 32 bits that it was packed of. */
export function intsIn(memory: SharedArrayBuffer, section: number): Int32Array {
  const [start, length] = new Uint32Array(memory, section * ENTRY * 4, ENTRY);
  return new Int32Array(memory, start, length / 4);
}

/** A section as bytes. */
export function bytesIn(memory: SharedArrayBuffer, section: number): Uint8Array {
  const [start, length] = new Uint32Array(memory, section * ENTRY * 4, ENTRY);
  return new Uint8Array(memory, start, length);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
