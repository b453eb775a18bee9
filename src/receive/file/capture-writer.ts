import { type FileHandle, open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { systemError } from './capture-error.js';
import { MAX_RECORD } from './format.js';

/** Where a capture's bytes go. A piece may be reused once the promise settles. */
export interface ByteOutput {
  write(piece: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file for writing, truncating it, or stdout for `-`. Throws CaptureError, as its writes do. */
export async function openOutput(path: string): Promise<ByteOutput> {
  if (path === '-') return new StreamOutput(process.stdout);
  try {
    return new FileOutput(path, await open(path, 'w'));
  } catch (error) {
    throw systemError(path, 'create it', error);
  }
}

class FileOutput implements ByteOutput {
  constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  async write(piece: Uint8Array): Promise<void> {
    try {
      for (let o = 0; o < piece.length; ) o += (await this.handle.write(piece, o)).bytesWritten;
    } catch (error) {
      throw systemError(this.path, 'write it', error);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

class StreamOutput implements ByteOutput {
  constructor(private readonly stream: Writable) {}

  write(piece: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write(piece, (error) => {
        if (error) reject(systemError('stdout', 'write it', error));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {}
}

const BUFFER = 1024 * 1024;

/**
 * The common part of both formats' writers: records are put into a buffer, which is written when full. After
 * each packet, while `full` is true, the caller awaits {@link flush} before the next one.
 */
export abstract class CaptureWriter {
  /** True if the next record may not fit. */
  full = false;
  protected readonly buffer = new Uint8Array(BUFFER + MAX_RECORD);
  protected readonly view = new DataView(this.buffer.buffer);
  protected used = 0;

  constructor(private readonly output: ByteOutput) {}

  async flush(): Promise<void> {
    const used = this.used;
    if (used > 0) await this.output.write(this.buffer.subarray(0, used));
    this.used = 0;
    this.full = false;
  }

  /** Writes the rest and closes the output. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.output.close();
    }
  }

  protected advance(length: number): void {
    this.used += length;
    this.full = this.used >= BUFFER;
  }
}
