/** Gathers packets, so that many are handed on at once. */
import { BATCH_CAPACITY, LinkType, PacketBatch } from '../model/batch.js';

/** Bytes gathered before they are handed on; there is room for one more packet. */
const ARENA = 1 << 20;
/** The longest packet: an IP packet, and headers that are made for it. */
const ROOM = (1 << 16) + 128;
/** The longest time a packet waits for others, milliseconds. */
const GATHER_MS = 2;

export class PacketArena {
  readonly bytes = new Uint8Array(ARENA + ROOM);
  /** Where the next packet starts; there is room for one. */
  used = 0;
  /** What was added. */
  packets = 0;
  length = 0;
  private readonly batch = new PacketBatch();
  private timer: NodeJS.Timeout | undefined;

  /** @param take takes the gathered packets; their bytes are reused afterwards */
  constructor(private readonly take: (batch: PacketBatch) => void) {}

  /** Takes the IP packet from {@link used} up to `end`. */
  add(end: number, sec: number, nsec: number): void {
    const b = this.batch;
    const i = b.count++;
    const length = end - this.used;
    b.offset[i] = this.used;
    b.captured[i] = b.length[i] = length;
    b.sec[i] = sec;
    b.nsec[i] = nsec;
    b.linkType[i] = LinkType.Raw;
    b.interface[i] = 0;
    this.used = end;
    this.packets++;
    this.length += length;
    if (b.count === BATCH_CAPACITY || this.used >= ARENA) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Hands on what there is. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch.count === 0) return;
    this.batch.bytes = this.bytes;
    this.take(this.batch);
    this.batch.count = 0;
    this.used = 0;
  }
}
