/**
 * Reads numbers of either byte order, like DataView. V8 compiles DataView accessors to plain loads only if
 * the memory is not shared; these are as fast on shared buffers.
 */
export class ByteView {
  constructor(private readonly bytes: Uint8Array) {}

  getUint16(o: number, littleEndian = false): number {
    const b = this.bytes;
    return littleEndian ? b[o] | (b[o + 1] << 8) : (b[o] << 8) | b[o + 1];
  }

  getInt32(o: number, littleEndian = false): number {
    const b = this.bytes;
    return littleEndian
      ? b[o] | (b[o + 1] << 8) | (b[o + 2] << 16) | (b[o + 3] << 24)
      : (b[o] << 24) | (b[o + 1] << 16) | (b[o + 2] << 8) | b[o + 3];
  }

  getUint32(o: number, littleEndian = false): number {
    return this.getInt32(o, littleEndian) >>> 0;
  }
}
