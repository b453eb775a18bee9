/** Zstandard frames built byte by byte (RFC 8878), for files that no compressor makes. */

/**
 * The header of a frame without content size or checksum.
 *
 * @param windowLog 10 to 41
 * @param eighths added to the window
 */
export function frameHeader(windowLog: number, eighths = 0): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, ((windowLog - 10) << 3) | eighths]);
}

function block(type: number, size: number, content: Uint8Array, last: boolean): Buffer {
  const header = (size << 3) | (type << 1) | (last ? 1 : 0);
  return Buffer.concat([Buffer.from([header, header >> 8, header >> 16]), content]);
}

/** @param bytes at most 131,072 */
export function rawBlock(bytes: Uint8Array, last = false): Buffer {
  return block(0, bytes.length, bytes, last);
}

/** Raw blocks of 1024 bytes, which the smallest window allows. */
export function rawBlocks(bytes: Uint8Array): Buffer {
  const blocks: Buffer[] = [];
  for (let o = 0; o < bytes.length; o += 1024) blocks.push(rawBlock(bytes.subarray(o, o + 1024)));
  return Buffer.concat(blocks);
}

/**
 * A block of zeros in four bytes.
 *
 * @param length at most 131,072
 */
export function zeros(length: number, last = false): Buffer {
  return block(1, length, Uint8Array.of(0), last);
}

/** A compressed block of one literal, with raw literals and no sequences. */
export function literal(byte: number): Buffer {
  return block(2, 3, Uint8Array.of(1 << 3, byte, 0), false);
}

/** An empty block that ends its frame. */
export function lastBlock(): Buffer {
  return rawBlock(new Uint8Array(0), true);
}

export function skippableFrame(length: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a52);
  header.writeUInt32LE(length, 4);
  return Buffer.concat([header, Buffer.alloc(length)]);
}

export function repeated(bytes: Uint8Array, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes);
}

/** The offsets of the blocks of a frame that zstd made. */
export function blocksOf(frame: Buffer): number[] {
  const descriptor = frame[4];
  const single = (descriptor & 0x20) !== 0;
  const flag = descriptor >> 6;
  let at = 5 + (single ? 0 : 1) + (flag === 0 ? (single ? 1 : 0) : 1 << flag);
  const blocks: number[] = [];
  for (let last = false; !last; ) {
    const header = frame.readUIntLE(at, 3);
    blocks.push(at);
    last = (header & 1) !== 0;
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  return blocks;
}
