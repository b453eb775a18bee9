import type { PacketBatch, PacketSource } from '../../model/batch.js';
import { plural } from '../../model/words.js';
import { type ByteInput, openInput } from './byte-input.js';
import { CaptureError } from './capture-error.js';
import { GunzipInput, PeekedInput } from './decompress.js';
import { type CaptureFormat, type CaptureInterface, MAX_RECORD } from './format.js';
import { type Compression, compressionOf, formatNameOf, MAGIC_LENGTH } from './magic.js';
import { PcapFormat } from './pcap.js';
import { PcapngFormat } from './pcapng.js';
import { type BufferRing, ownBuffers, ReadAhead } from './read-ahead.js';

/** Bytes per read: large enough for few calls, small enough to stay in the cache. */
const CHUNK = 1024 * 1024;

export interface CaptureOptions {
  /** Bytes per read, 1 MiB by default. */
  readonly chunk?: number;
  /**
   * Buffers to read into, instead of the source's own two, for a caller that reads a batch's bytes after
   * asking for the next. Each is MAX_RECORD bytes longer than one read.
   */
  readonly ring?: BufferRing;
  /** Ends the reading, even while waiting for a pipe: there are no more packets then. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a capture: classic pcap or pcapng, uncompressed or in gzip or zstd, recognised by its first bytes and
 * not by its name.
 *
 * @param path a file, FIFO or device; `-` is stdin
 * @throws CaptureError if it cannot be opened or is no capture
 */
export async function openCapture(path: string, options: CaptureOptions = {}): Promise<CaptureSource> {
  const file = path === '-' ? 'stdin' : path;
  const raw = await openInput(path);
  const end = () => void raw.close();
  options.signal?.addEventListener('abort', end, { once: true });
  // Aborted while it was being opened: nobody else would end it now.
  if (options.signal?.aborted) end();
  let input = new PeekedInput(raw);
  try {
    let head = await input.peek(MAGIC_LENGTH);
    if (head.length === 0) {
      const what = options.signal?.aborted ? 'nothing came from it' : 'it is empty';
      throw new CaptureError(file, `${what}: there is no capture to read`);
    }
    const compression = compressionOf(head);
    if (compression !== undefined) {
      input = new PeekedInput(await decompressed(file, input, compression));
      head = await input.peek(MAGIC_LENGTH);
      if (compressionOf(head) !== undefined) {
        throw new CaptureError(file, 'it is compressed twice: decompress it once and read the result');
      }
    }
    const ring = options.ring ?? ownBuffers(MAX_RECORD + (options.chunk ?? CHUNK));
    const format = formatOf(file, head, compression);
    return new CaptureSource(file, input, format, compression, ring, options.signal);
  } catch (error) {
    await input.close();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', end);
  }
}

async function decompressed(file: string, input: ByteInput, compression: Compression): Promise<ByteInput> {
  if (compression === 'gzip') return new GunzipInput(file, input);
  const { ZstdInput } = await import('./zstd.js');
  return ZstdInput.open(file, input);
}

/** A capture file as a source of packets. It takes the memory of two buffers, whatever the file's size. */
export class CaptureSource implements PacketSource {
  private readonly window: ReadAhead;
  private closed = false;

  constructor(
    /** The path as given, or `stdin`. */
    readonly file: string,
    private readonly input: ByteInput,
    private readonly capture: CaptureFormat,
    readonly compression: Compression | undefined,
    ring: BufferRing,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.window = new ReadAhead(input, ring, MAX_RECORD);
    signal?.addEventListener('abort', this.end, { once: true });
  }

  private readonly end = () => void this.input.close();

  private get ended(): boolean {
    return this.closed || this.signal?.aborted === true;
  }

  get format(): 'pcap' | 'pcapng' {
    return this.capture.name;
  }

  /** The interfaces met so far, in the order of `PacketBatch.interface`. */
  get interfaces(): readonly CaptureInterface[] {
    return this.capture.interfaces;
  }

  /** Bytes of the (possibly compressed) file read so far. */
  get bytesRead(): number {
    return this.input.bytesRead;
  }

  /** The file's size in bytes; undefined for pipes and stdin. */
  get bytesTotal(): number | undefined {
    return this.input.bytesTotal;
  }

  /**
   * Fills the batch with the next packets, in the file's order.
   *
   * @throws CaptureError at damage, after every packet before it was delivered
   */
  async next(batch: PacketBatch): Promise<boolean> {
    batch.count = 0;
    const { window, capture } = this;
    while (!this.ended) {
      if (capture.damage === undefined) capture.parse(window, batch);
      if (batch.count > 0) {
        batch.bytes = window.bytes;
        return true;
      }
      const damage = capture.damage ?? (window.ended ? capture.cut(window) : undefined);
      if (damage !== undefined) {
        const where = this.compression === undefined ? '' : ' (of the uncompressed capture)';
        throw new CaptureError(
          this.file,
          `${damage.what}${where}; the packets before were read; copy the capture again if ` +
            'the original is whole',
          damage.offset,
        );
      }
      if (window.ended) return false;
      try {
        await window.more();
      } catch (error) {
        // A decompressor whose input is closed sees a truncated file.
        if (!this.ended) throw error;
      }
    }
    return false;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.signal?.removeEventListener('abort', this.end);
    await this.input.close();
  }
}

function formatOf(file: string, head: Uint8Array, compression: Compression | undefined): CaptureFormat {
  const format = formatNameOf(head);
  if (format !== undefined) return format === 'pcap' ? new PcapFormat() : new PcapngFormat();
  const within = compression === undefined ? 'it' : `what is in the ${compression} data`;
  if (head.length === 0) throw new CaptureError(file, `${within} is empty: there is no capture to read`);
  if (isCutMagic(head)) {
    throw new CaptureError(
      file,
      `the file ends inside its header (${head.length} ${plural(head.length, 'byte')}); copy ` +
        'the capture again',
      head.length,
    );
  }
  const start = [...head].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const packer = PACKERS.find(([magic]) => start.startsWith(magic));
  throw new CaptureError(
    file,
    packer === undefined
      ? `${within} is no capture (it starts with ${start}): pcap and pcapng can be read, also ` +
          'with gzip or zstd'
      : `${within} is compressed with ${packer[1]}: pipe it in with ${packer[2]} … | mirrorlake read -`,
  );
}

/** Whether up to three bytes may be the start of a capture's magic number. */
function isCutMagic(head: Uint8Array): boolean {
  return head.length < MAGIC_LENGTH && MAGICS.some((magic) => head.every((byte, i) => byte === magic[i]));
}

const MAGICS = [
  [0xa1, 0xb2, 0xc3],
  [0xd4, 0xc3, 0xb2],
  [0xa1, 0xb2, 0x3c],
  [0x4d, 0x3c, 0xb2],
  [0x0a, 0x0d, 0x0d],
];

/** Other compressions in use, by their first bytes, and their decompressors. */
const PACKERS = [
  ['fd 37 7a 58', 'xz', 'xz -dc'],
  ['42 5a 68', 'bzip2', 'bzip2 -dc'],
  ['04 22 4d 18', 'lz4', 'lz4 -dc'],
  ['50 4b 03 04', 'zip', 'unzip -p'],
] as const;
