import { close, constants, fstat, open, read } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { CaptureError, systemError } from './capture-error.js';

/** Bytes in order, pulled: from a file, a pipe, or a decompressor. */
export interface ByteInput {
  /**
   * Reads at least one byte into `into` from index `from` up to its end.
   *
   * @returns bytes read, 0 at the end of the input or once it was closed. Throws CaptureError.
   */
  read(into: Uint8Array, from: number): Promise<number>;
  /**
   * How many reads may be under way at once; the bytes are in the order of the calls. 1: call again only
   * after the last has settled.
   */
  readonly parallel: number;
  /** Bytes taken from the file or pipe itself, before decompression. */
  readonly bytesRead: number;
  /** Its size in bytes, undefined if unknown. */
  readonly bytesTotal: number | undefined;
  close(): Promise<void>;
}

const openFd = promisify(open);
const readFd = promisify(read);
const closeFd = promisify(close);
const statFd = promisify(fstat);

/**
 * Opens a path, or stdin for `-`. Pipes, FIFOs and sockets are polled, so that they can be closed at any time
 * even if nobody writes; files and devices are read in blocks on the thread pool.
 */
export async function openInput(path: string): Promise<ByteInput> {
  const stdin = path === '-';
  const file = stdin ? 'stdin' : path;
  let fd = 0;
  try {
    // Without O_NONBLOCK, opening a FIFO would block a thread until somebody writes.
    if (!stdin) fd = await openFd(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await statFd(fd);
    if (stat.isFIFO() || stat.isSocket()) return new PipeInput(file, fd);
    if (stdin && isatty(fd)) {
      throw new CaptureError(file, 'it is a terminal: pipe a capture into it, or name a file');
    }
    if (stat.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    return new FileInput(file, fd, stdin, stat.isFile() ? stat.size : undefined);
  } catch (error) {
    if (fd > 0) await closeFd(fd);
    throw error instanceof CaptureError ? error : systemError(file, 'open it', error);
  }
}

/** For files. A disk with several requests is faster, and the wait for one hides behind the others. */
const PARALLEL_READS = 3;

/** A file or a device. */
class FileInput implements ByteInput {
  bytesRead = 0;
  readonly parallel: number;
  private closed = false;
  /** Where the next read begins, and where a read met the end. */
  private position = 0;
  private end = Number.POSITIVE_INFINITY;
  /** The reads so far: later ones get their result after them. */
  private before: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly fd: number,
    private readonly isStdin: boolean,
    readonly bytesTotal: number | undefined,
  ) {
    // The initial position is known only for a file opened here.
    this.parallel = bytesTotal !== undefined && !isStdin ? PARALLEL_READS : 1;
  }

  async read(into: Uint8Array, from: number): Promise<number> {
    if (this.closed) return 0;
    const at = this.position;
    this.position += into.length - from;
    const before = this.before;
    const reading = this.parallel > 1 ? this.readWhole(into, from, at) : this.readSome(into, from, null);
    this.before = Promise.allSettled([before, reading]);
    try {
      const n = await reading;
      await before;
      // A file that grows meanwhile still ends where its end was first seen.
      if (at >= this.end) return 0;
      if (this.parallel > 1 && from + n < into.length) this.end = at + n;
      this.bytesRead += n;
      return n;
    } catch (error) {
      throw systemError(this.file, `read it at byte ${this.parallel > 1 ? at : this.bytesRead}`, error);
    }
  }

  /** Fills `into` from its index `from`, unless the file ends first. */
  private async readWhole(into: Uint8Array, from: number, at: number): Promise<number> {
    let n = 0;
    while (from + n < into.length) {
      const more = await this.readSome(into, from + n, at + n);
      if (more === 0) break;
      n += more;
    }
    return n;
  }

  private async readSome(into: Uint8Array, from: number, at: number | null): Promise<number> {
    return (await readFd(this.fd, into, from, into.length - from, at)).bytesRead;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.before;
    if (!this.isStdin) await closeFd(this.fd);
  }
}

/** A pipe, FIFO or stream socket. */
class PipeInput implements ByteInput {
  bytesRead = 0;
  readonly bytesTotal = undefined;
  readonly parallel = 1;
  private readonly socket: Socket;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private chunk: Uint8Array = new Uint8Array(0);
  private closed = false;

  constructor(
    private readonly file: string,
    fd: number,
  ) {
    this.socket = new Socket({ fd, readable: true, writable: false });
    this.chunks = this.socket[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array, from: number): Promise<number> {
    if (this.chunk.length === 0) {
      try {
        const next = await this.chunks.next();
        if (next.done === true) return 0;
        this.chunk = next.value;
      } catch (error) {
        if (this.closed) return 0;
        throw systemError(this.file, `read it at byte ${this.bytesRead}`, error);
      }
    }
    const n = Math.min(this.chunk.length, into.length - from);
    into.set(this.chunk.subarray(0, n), from);
    this.chunk = this.chunk.subarray(n);
    this.bytesRead += n;
    return n;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.socket.destroy();
  }
}
