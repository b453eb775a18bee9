import { plural } from '../../model/words.js';
import type { ByteInput } from './byte-input.js';
import { CaptureError } from './capture-error.js';
import { ownBuffers, ReadAhead } from './read-ahead.js';
import { ZstdDecoder, ZstdError } from './zstd-decoder.js';

/** RFC 8878 section 3.1.1.2.4: no block is larger, compressed or not. */
const MAX_BLOCK = 128 * 1024;
/** The largest window that is decompressed by default: zstd's own limit (ZSTD_WINDOWLOG_LIMIT_DEFAULT). */
export const MAX_WINDOW = 2 ** 27;
const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const CHECKSUM = 4;
/** Magic, descriptor, window descriptor, dictionary id, content size: the longest frame header. */
const MAX_FRAME_HEADER = 18;
const BLOCK_HEADER = 3;
/** Bytes needed to continue: the longest unit that is parsed at once. */
const CARRY = BLOCK_HEADER + MAX_BLOCK + MAX_FRAME_HEADER;
const INPUT_CHUNK = 256 * 1024;

const BlockType = { Raw: 0, Rle: 1, Compressed: 2 } as const;

/** What comes next in the input. */
type Stage = 'frame' | 'skippable' | 'block' | 'checksum';

/**
 * Zstandard (RFC 8878): frames, including skippable ones, as one stream. Frames are parsed here, so that a
 * window too large for memory is refused before it is allocated, and so that the decoder gets at most one
 * block at a time that may be damaged: everything before the damage is read, and its position is known. It
 * takes the memory of a frame's window.
 */
export class ZstdInput implements ByteInput {
  private readonly window: ReadAhead;
  private stage: Stage = 'frame';
  private hasChecksum = false;
  /** The largest block of this frame. */
  private maxBlock = 0;
  /** Bytes of a skippable frame still to come. */
  private skipping = 0;
  /** Offset in the file of the decoder's last input. */
  private given = 0;
  private failure: CaptureError | undefined;
  private closed = false;

  private constructor(
    private readonly file: string,
    private readonly input: ByteInput,
    private readonly decoder: ZstdDecoder,
  ) {
    this.window = new ReadAhead(input, ownBuffers(CARRY + INPUT_CHUNK), CARRY);
  }

  static async open(file: string, input: ByteInput): Promise<ZstdInput> {
    return new ZstdInput(file, input, await ZstdDecoder.open(CARRY + INPUT_CHUNK));
  }

  readonly parallel = 1;

  get bytesRead(): number {
    return this.input.bytesRead;
  }

  get bytesTotal(): number | undefined {
    return this.input.bytesTotal;
  }

  async read(into: Uint8Array, from: number): Promise<number> {
    let n = from;
    try {
      while (n < into.length) {
        if (this.failure !== undefined) throw this.failure;
        if (this.closed) return 0;
        const made = this.decoder.decode(into, n);
        if (made < 0) throw this.refused(-made);
        n += made;
        // Available bytes are not held back while the rest may take long.
        if (made === 0 && !this.give() && (n > from || !(await this.more()))) break;
      }
    } catch (error) {
      if (!(error instanceof CaptureError) || n === from) throw error;
      this.failure = error;
    }
    return n - from;
  }

  /** @returns false at the end of the input, where it may end */
  private async more(): Promise<boolean> {
    const w = this.window;
    if (await w.more()) return true;
    if (this.closed || (this.stage === 'frame' && w.pos === w.end)) return false;
    throw this.damaged('the zstd data ends too early', w.offset);
  }

  /** Gives the decoder the next unit. @returns false if it is incomplete in the window */
  private give(): boolean {
    const w = this.window;
    for (;;) {
      const there = w.end - w.pos;
      switch (this.stage) {
        case 'skippable': {
          const n = Math.min(this.skipping, there);
          w.pos += n;
          this.skipping -= n;
          if (this.skipping > 0) return false;
          this.stage = 'frame';
          break;
        }
        case 'frame': {
          if (there < 8) return false;
          if ((w.view.getUint32(w.pos, true) & 0xfffffff0) >>> 0 !== SKIPPABLE_MAGIC)
            return this.giveHeader();
          this.skipping = w.view.getUint32(w.pos + 4, true);
          w.pos += 8;
          this.stage = 'skippable';
          break;
        }
        case 'block':
          return this.giveBlocks();
        case 'checksum':
          if (there < CHECKSUM) return false;
          this.giveBytes(CHECKSUM);
          this.stage = 'frame';
          return true;
      }
    }
  }

  private giveHeader(): boolean {
    const w = this.window;
    if (w.view.getUint32(w.pos, true) !== MAGIC) {
      throw this.damaged('a frame does not start with the zstd magic number', w.offset);
    }
    const descriptor = w.bytes[w.pos + 4];
    const length = frameHeaderLength(descriptor);
    if (w.end - w.pos < length) return false;
    const window = windowSize(w.bytes, w.pos);
    if (window > MAX_WINDOW) {
      throw new CaptureError(
        this.file,
        `its zstd window of ${window} bytes is larger than ${MAX_WINDOW}: decompress it ` +
          'first with zstd -d --long=31',
      );
    }
    this.maxBlock = Math.min(window, MAX_BLOCK);
    this.hasChecksum = (descriptor & 4) !== 0;
    this.giveBytes(length);
    this.stage = 'block';
    return true;
  }

  /** Gives uncompressed blocks, as many as there are, or one compressed block. */
  private giveBlocks(): boolean {
    const w = this.window;
    const b = w.bytes;
    let at = w.pos;
    let last = false;
    while (!last && w.end - at >= BLOCK_HEADER) {
      const header = b[at] | (b[at + 1] << 8) | (b[at + 2] << 16);
      const type = (header >> 1) & 3;
      const size = header >> 3;
      const simple = type === BlockType.Raw || type === BlockType.Rle;
      if (at > w.pos && (!simple || size > this.maxBlock)) break;
      if (size > this.maxBlock) {
        throw this.damaged(`a block of ${size} ${plural(size, 'byte')} is larger than any can be`, w.offset);
      }
      const length = BLOCK_HEADER + (type === BlockType.Rle ? 1 : size);
      if (w.end - at < length) break;
      at += length;
      last = (header & 1) !== 0;
      if (!simple) break;
    }
    if (at === w.pos) return false;
    this.giveBytes(at - w.pos);
    if (last) this.stage = this.hasChecksum ? 'checksum' : 'frame';
    return true;
  }

  private giveBytes(length: number): void {
    const w = this.window;
    this.given = w.offset;
    this.decoder.push(w.bytes, w.pos, w.pos + length);
    w.pos += length;
  }

  /** What the decoder's error number means for its last input. */
  private refused(error: number): CaptureError {
    switch (error) {
      case ZstdError.ChecksumWrong:
        return this.damaged('the content of a zstd frame does not have its checksum', this.given);
      case ZstdError.DictionaryWrong:
        return new CaptureError(
          this.file,
          'it was compressed with a dictionary: decompress it first with zstd -d -D DICTIONARY',
        );
      case ZstdError.MemoryAllocation:
        return new CaptureError(this.file, 'there is no memory for its zstd window');
      default:
        return this.damaged('the zstd data is damaged', this.given);
    }
  }

  private damaged(what: string, offset: number): CaptureError {
    return new CaptureError(
      this.file,
      `${what}, at byte ${offset} of the file; the packets before were read; copy it again`,
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.input.close();
    this.decoder.close();
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
