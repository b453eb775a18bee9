/** Finds the first line in pieces of any size, at a cost proportional to its length. */
const NEWLINE = 10;

export class FirstLine {
  private bytes = Buffer.alloc(1024);
  private length = 0;

  /** @param limit the longest line, bytes */
  constructor(private readonly limit: number) {}

  /**
   * Takes the next piece.
   *
   * @returns the line without its end, and the bytes behind it; an empty line if it is too long; undefined
   * while more is to come
   */
  take(piece: Buffer): { line: Buffer; rest: Buffer; tooLong?: true } | undefined {
    const end = piece.indexOf(NEWLINE);
    const length = this.length + (end < 0 ? piece.length : end);
    if (length > this.limit) return { line: Buffer.alloc(0), rest: Buffer.alloc(0), tooLong: true };
    this.reserve(length);
    piece.copy(this.bytes, this.length, 0, length - this.length);
    this.length = length;
    if (end < 0) return undefined;
    return { line: this.bytes.subarray(0, length), rest: piece.subarray(end + 1) };
  }

  /** Doubles, so that a byte is copied at most twice, however small the pieces are. */
  private reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const bytes = Buffer.alloc(Math.max(length, 2 * this.bytes.length));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}
