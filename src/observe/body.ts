/**
 * A body on a control connection: frames of a length (4 bytes, big endian) and that many bytes. Length 0 is
 * the end, which distinguishes a complete answer from a broken connection; after {@link FAILED} the error
 * follows, as a line of JSON.
 */
import type { Socket } from 'node:net';

const FAILED = 0xffffffff;
/** The longest frame: a writer splits longer pieces. */
const LONGEST = 1 << 20;
const LENGTH = 4;

/** An error in the middle of a body. */
export interface BodyFailure {
  readonly error: string;
  readonly exitCode: 1 | 2;
}

export class BodyWriter {
  constructor(private readonly socket: Socket) {}

  /** Sends bytes. @returns false if the client is slow to read: {@link drained} settles when it has read */
  write(bytes: Uint8Array): boolean {
    for (let o = 0; o < bytes.length; o += LONGEST) {
      const piece = bytes.subarray(o, o + LONGEST);
      this.socket.write(lengthOf(piece.length));
      this.socket.write(piece);
    }
    return !this.socket.writableNeedDrain;
  }

  /** Bytes that the client has not read, without those that the kernel holds for it. */
  get waiting(): number {
    return this.socket.writableLength;
  }

  /** Waits until the client has read what was sent, or is gone. */
  drained(): Promise<void> {
    const { socket } = this;
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  end(): void {
    this.socket.end(lengthOf(0));
  }

  /** Ends the body, and leaves the connection open for what the other side says to it. */
  endUpload(): void {
    this.socket.write(lengthOf(0));
  }

  fail(failure: BodyFailure): void {
    this.socket.write(lengthOf(FAILED));
    this.socket.end(`${JSON.stringify(failure)}\n`);
  }
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32BE(bytes);
  return length;
}

/** Reads a body from pieces of any size. */
export class BodyReader {
  /** Of the current frame: the bytes still to come, and its length as far as it is known. */
  private left = 0;
  private readonly length = Buffer.alloc(LENGTH);
  private lengthBytes = 0;
  /** After the body has failed: the part of the message that has arrived. */
  private words: Buffer[] | undefined;
  ended = false;

  /** Takes the next piece, and yields the body's bytes in it. */
  *take(piece: Buffer): Generator<Buffer> {
    for (let o = 0; o < piece.length && !this.ended; ) {
      if (this.words !== undefined) {
        this.words.push(piece.subarray(o));
        return;
      }
      if (this.left > 0) {
        const part = piece.subarray(o, o + this.left);
        this.left -= part.length;
        o += part.length;
        yield part;
        continue;
      }
      this.length[this.lengthBytes++] = piece[o++];
      if (this.lengthBytes < LENGTH) continue;
      this.lengthBytes = 0;
      const length = this.length.readUInt32BE();
      if (length === 0) this.ended = true;
      else if (length === FAILED) this.words = [];
      else this.left = length;
    }
  }

  /** The error, once the connection has ended; undefined if the body did not report one. */
  get failure(): BodyFailure | undefined {
    if (this.words === undefined) return undefined;
    try {
      return JSON.parse(Buffer.concat(this.words).toString('utf8')) as BodyFailure;
    } catch {
      return undefined;
    }
  }
}
