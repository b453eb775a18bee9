/** Where a side is in its messages. */
export const Stage = { Head: 0, Chunk: 1, Trailer: 2 } as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

const LF = 0x0a;
const CR = 0x0d;
/** Digits of a chunk's length: no longer ones are followed. */
const MOST_DIGITS = 7;

/**
 * Follows a chunked body (RFC 9112, 7.1): a length in hexadecimal, extensions, line end, as many bytes, line
 * end; the chunk of length 0, trailers, an empty line. The object is reused.
 */
export class Chunks {
  /** Where it is now, before and after. */
  stage: Stage = Stage.Head;
  /** Bytes of the body in the chunks that begin here. */
  bytes = 0;

  /**
   * Reads the chunks and trailers that begin in bytes `o` to `end`.
   *
   * @returns bytes that they take, also behind `end`; 0 if there is not all of a line, -1 if it is none
   */
  follow(b: Uint8Array, o: number, end: number): number {
    this.bytes = 0;
    let p = o;
    while (p < end && this.stage !== Stage.Head) {
      let line = p;
      while (line < end && b[line] !== LF) line++;
      if (line === end) break;
      if (this.stage === Stage.Trailer) {
        if (line === p || (line === p + 1 && b[p] === CR)) this.stage = Stage.Head;
        p = line + 1;
        continue;
      }
      const size = lengthAt(b, p, line);
      if (size < 0) return -1;
      p = line + 1 + size;
      if (size === 0) this.stage = Stage.Trailer;
      else {
        this.bytes += size;
        p += p < end && b[p] === LF ? 1 : 2;
      }
    }
    return p - o;
  }
}

function lengthAt(b: Uint8Array, p: number, end: number): number {
  let size = 0;
  let digits = 0;
  for (let i = p; i < end; i++) {
    const digit = digitOf(b[i]);
    if (digit < 0) break;
    if (digits > 0 || digit > 0) digits++;
    if (digits > MOST_DIGITS) return -1;
    size = size * 16 + digit;
  }
  return end > p && digitOf(b[p]) >= 0 ? size : -1;
}

function digitOf(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
