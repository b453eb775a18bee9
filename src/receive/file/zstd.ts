import { Decompress } from 'fzstd';
import type { ByteInput } from './byte-input.js';
import { CaptureError } from './capture-error.js';
import { PieceQueue } from './decompress.js';
import { ownBuffers, ReadAhead } from './read-ahead.js';

/** RFC 8878 section 3.1.1.2.4: no block is larger, compressed or not. */
const MAX_BLOCK = 128 * 1024;
/** The largest window that is decompressed without being asked: zstd's own limit (ZSTD_WINDOWLOG_LIMIT_DEFAULT). */
const MAX_WINDOW = 2 ** 27;
const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Magic, descriptor, window descriptor, dictionary id, content size: the longest frame header. */
const MAX_FRAME_HEADER = 18;
/** The longest piece that is parsed at once. */
const CARRY = MAX_BLOCK + MAX_FRAME_HEADER;
const INPUT_CHUNK = 256 * 1024;

/**
 * Zstandard (RFC 8878): frames, skippable ones among them, one after another as one. The frames are walked
 * here and their blocks given to fzstd one at a time, so at most one block of output waits, and a window
 * too large for memory is refused before it is allocated. Content checksums are passed over.
 */
export class ZstdInput implements ByteInput {
  private readonly window: ReadAhead;
  private readonly queue = new PieceQueue();
  private frame: Decompress | undefined;
  private hasChecksum = false;

  constructor(
    private readonly file: string,
    private readonly input: ByteInput,
  ) {
    this.window = new ReadAhead(input, ownBuffers(CARRY + INPUT_CHUNK), CARRY);
  }

  readonly parallel = 1;

  get bytesRead(): number {
    return this.input.bytesRead;
  }

  get bytesTotal(): number | undefined {
    return this.input.bytesTotal;
  }

  async read(into: Uint8Array, from: number): Promise<number> {
    while (this.queue.empty) {
      if (this.frame === undefined) {
        if (!(await this.nextFrame())) return 0;
      } else await this.nextBlock(this.frame);
    }
    return this.queue.take(into, from);
  }

  /** Reads a frame's header, or skips a skippable frame. False at the end of the input. */
  private async nextFrame(): Promise<boolean> {
    const w = this.window;
    if (w.pos === w.end && !(await w.more())) return false;
    await this.need(8);
    const magic = w.view.getUint32(w.pos, true);
    if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) {
      const length = w.view.getUint32(w.pos + 4, true);
      w.pos += 8;
      await this.skip(length);
      return true;
    }
    if (magic !== MAGIC) throw this.damaged('a frame does not start with the zstd magic number');
    const length = frameHeaderLength(w.bytes[w.pos + 4]);
    await this.need(length);
    const window = windowSize(w.bytes, w.pos);
    if (window > MAX_WINDOW) {
      throw new CaptureError(
        this.file,
        `its zstd window of ${window} bytes is larger than ${MAX_WINDOW}: decompress it first with zstd -d --long=31`,
      );
    }
    this.hasChecksum = (w.bytes[w.pos + 4] & 4) !== 0;
    this.frame = new Decompress((piece) => this.queue.push(piece));
    this.push(this.frame, length, false);
    return true;
  }

  private async nextBlock(frame: Decompress): Promise<void> {
    const w = this.window;
    await this.need(3);
    const header = w.bytes[w.pos] | (w.bytes[w.pos + 1] << 8) | (w.bytes[w.pos + 2] << 16);
    const last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (size > MAX_BLOCK) throw this.damaged(`a block of ${size} bytes is larger than any can be`);
    const RLE = 1;
    const length = 3 + (type === RLE ? 1 : size) + (last && this.hasChecksum ? 4 : 0);
    await this.need(length);
    this.push(frame, length, last);
    if (last) this.frame = undefined;
  }

  private push(frame: Decompress, length: number, final: boolean): void {
    const w = this.window;
    try {
      // fzstd may keep what it is given until the next call, when the window has moved on.
      frame.push(w.bytes.slice(w.pos, w.pos + length), final);
    } catch (error) {
      throw this.damaged('the zstd data is damaged', error);
    }
    w.pos += length;
  }

  private async need(length: number): Promise<void> {
    const w = this.window;
    while (w.end - w.pos < length) {
      if (!(await w.more())) throw this.damaged('the zstd data ends too early');
    }
  }

  private async skip(length: number): Promise<void> {
    const w = this.window;
    for (let left = length; left > 0; ) {
      if (w.pos === w.end) await this.need(1);
      const n = Math.min(left, w.end - w.pos);
      w.pos += n;
      left -= n;
    }
  }

  private damaged(what: string, cause?: unknown): CaptureError {
    return new CaptureError(
      this.file,
      `${what}, at byte ${this.window.offset} of the file; the packets before were read; copy it again`,
      undefined,
      { cause },
    );
  }

  close(): Promise<void> {
    return this.input.close();
  }
}

/** Bytes of a frame header with this descriptor, magic included (RFC 8878 section 3.1.1.1). */
function frameHeaderLength(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3];
  const flag = descriptor >> 6;
  const contentSize = flag === 0 ? (single ? 1 : 0) : 1 << flag;
  return 5 + (single ? 0 : 1) + dictionary + contentSize;
}

/** The frame's window in bytes (RFC 8878 section 3.1.1.1.2); the content's size for a single segment. */
function windowSize(b: Uint8Array, o: number): number {
  const descriptor = b[o + 4];
  if ((descriptor & 0x20) === 0) {
    const base = 2 ** (10 + (b[o + 5] >> 3));
    return base + (base / 8) * (b[o + 5] & 7);
  }
  const at = o + 5 + [0, 1, 2, 4][descriptor & 3];
  const bytes = 1 << (descriptor >> 6);
  let size = 0;
  for (let i = bytes - 1; i >= 0; i--) size = size * 256 + b[at + i];
  return bytes === 2 ? size + 256 : size;
}
