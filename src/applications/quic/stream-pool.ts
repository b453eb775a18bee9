import { CryptoStream, type StreamOwner } from './crypto-stream.js';

/** The most streams of all conversations. */
export const MOST_STREAMS = 2048;

/** Memory for streams. When all of it is in use, that of the one who has it for longest goes to the next. */
export class StreamPool {
  private readonly all: CryptoStream[] = [];
  private readonly free: CryptoStream[] = [];
  private hand = 0;

  constructor(private readonly most = MOST_STREAMS) {}

  take(owner: StreamOwner): CryptoStream {
    const stream = this.free.pop() ?? this.another();
    stream.owner = owner;
    return stream;
  }

  give(stream: CryptoStream): void {
    stream.reset();
    this.free.push(stream);
  }

  private another(): CryptoStream {
    if (this.all.length < this.most) {
      const stream = new CryptoStream();
      this.all.push(stream);
      return stream;
    }
    const stream = this.all[this.hand];
    this.hand = (this.hand + 1) % this.most;
    stream.owner?.lose(stream);
    stream.reset();
    return stream;
  }
}
